"""Makes a model folder of a run or of a published checkpoint, or an ONNX file or a checkpoint for PyTorch of either."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from launch._numbers import positive
from mangagan.pretrained.shipped import checkpoint

EXAMPLES = """
examples:
  python launch/export.py model runs/pix2pix_manga-laptop my-colorizer
  python launch/export.py model runs/pix2pix_manga-laptop my-colorizer-16 --dtype=bfloat16 --license=apache-2.0
  python launch/export.py model runs/colorizer_base my-base --dtype=float16 --steps=6000,8000 --notes=notes.md \\
      --credit="Pepper&Carrot: CC-BY-4.0, David Revoy (www.peppercarrot.com)"
  python launch/export.py onnx my-colorizer my-colorizer.onnx
  python launch/export.py reference runs/pix2pix_manga latest_net_G.pth --layout=pix2pix_unet256_bn
  python launch/export.py reference runs/cyclegan_manga G_A.safetensors --layout=cyclegan_resnet9_in --net=to_target
  python launch/export.py import siggraph17.pth siggraph17 --layout=siggraph17 --set=task.mask_center=0
  python launch/export.py import G_A.pth G_B.pth cyclegan --layout=cyclegan_resnet9_in

A model folder holds model.safetensors (the averaged generator), config.json, README.md (a model card) and, where the
licence of the weights is known, LICENSE, with whom they owe. `base` is the model of the package, a folder of your own
is ./base. An ONNX file holds a colouriser for pages of any size; launch/colorize.py runs it without JAX.
"""
# What a trained network does not depend on.
_TOLD = {"data.source", "task.vividness"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; the exit code: 0 done, 2 a mistake in what was asked."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (ValueError, OSError, ImportError) as error:
        print("error:", *str(error).split(), file=sys.stderr)
        return 2
    return 0


def _model(options: argparse.Namespace) -> None:
    from mangagan.overrides import override, parse
    from mangagan.pretrained.model_folder import check_free
    from mangagan.train.run_history import read_history
    from mangagan.train.runs import load_run

    check_free(options.output)
    told = parse(options.set)
    if others := sorted(told.keys() - _TOLD):
        known = " and ".join(sorted(_TOLD))
        raise ValueError(f"--set={others[0]}=...: of a run that was trained only {known} can be told otherwise")
    experiment, variables = load_run(options.run, options.steps)
    experiment = override(experiment, told)
    history = read_history(options.run, experiment, options.steps)
    if len(options.steps) > 1 or "task.vividness" in told:
        # The run has judged and shown what it painted itself.
        history = replace(history, evaluations=(), picture=None)
    _write(options, experiment, variables, history)


def _import(options: argparse.Namespace) -> None:
    from hashlib import sha256

    from mangagan.interop.reference.convert import import_reference
    from mangagan.overrides import override, parse
    from mangagan.pretrained.card import History
    from mangagan.pretrained.model_folder import check_free

    check_free(options.output)
    experiment, variables = import_reference(options.files, options.layout)
    experiment = override(experiment, parse(options.set))
    files = [f"`{file.name}` (SHA-256 {sha256(file.read_bytes()).hexdigest()})" for file in options.files]
    origin = f"The weights of {' and '.join(files)}, of layout {options.layout}."
    _write(options, experiment, variables, History(origin))


def _reference(options: argparse.Namespace) -> None:
    from mangagan.interop.reference.convert import export_reference
    from mangagan.train.load import load_trained

    if options.file.exists():
        raise FileExistsError(f"{options.file} exists already and is kept; choose another name or move it away")
    export_reference(options.file, options.layout, *load_trained(options.trained), options.net)
    print(f"{options.net} as {options.layout}: {options.file}")


def _onnx(options: argparse.Namespace) -> None:
    from mangagan.infer.onnx_export import export_onnx
    from mangagan.train.load import load_trained

    if options.file.suffix != ".onnx":
        raise ValueError(f"{options.file} should end in .onnx")
    if options.file.exists():
        raise FileExistsError(f"{options.file} exists already and is kept; choose another name or move it away")
    difference = export_onnx(options.file, *load_trained(options.trained))
    print(f"ONNX in {options.file}: what ONNX Runtime paints differs from JAX by {difference:.1e} at most")


def _write(options, experiment, variables, history) -> None:  # type: ignore[no-untyped-def]
    from mangagan.data.sources.folders import OWN
    from mangagan.pretrained.card import CARD, PICTURE, model_card
    from mangagan.pretrained.licenses import LICENSE, license_text, weights_license
    from mangagan.pretrained.model_folder import save_model

    name = options.output.absolute().name
    # Of pictures in a folder only its owner knows the licence.
    known = [line for line in history.licences if not (options.credit and line in OWN)]
    notes = options.notes.read_text("utf-8") if options.notes else ""
    history = replace(history, licences=[*known, *options.credit], notes=notes)
    license = weights_license(options.license, history.licences)
    card = model_card(name, experiment, variables, history, dtype=options.dtype, license=license)
    terms = license_text(name, license, history.licences)
    files = {CARD: card.encode(), LICENSE: terms.encode(), PICTURE: history.picture or b""}
    beside = {file: content for file, content in files.items() if content}
    save_model(options.output, experiment, variables, dtype=options.dtype, beside=beside)
    print(f"model in {options.output}")
    shown = f", and {PICTURE} shows pages that it never learned from" if history.picture else ""
    print(f"Read {CARD} before you publish it: it names data.source={experiment.data.source}{shown}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch/export.py",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="model | onnx | reference | import")
    model = commands.add_parser("model", help="a run becomes a model folder")
    model.add_argument("run", type=Path, metavar="RUN", help="the --workdir of a training")
    model.add_argument(
        "--steps",
        type=lambda text: list(dict.fromkeys(map(positive, text.split(",")))),
        default=[],
        metavar="N,N",
        help="the mean of the averaged weights after these steps, of which there are checkpoints (default: the newest)",
    )
    _add_model_options(model, _model)
    onnx = commands.add_parser("onnx", help="a run or a model of a colouriser becomes a file for ONNX Runtime")
    onnx.add_argument("trained", type=checkpoint, metavar="RUN_OR_MODEL")
    onnx.add_argument("file", type=Path, metavar="FILE.onnx")
    onnx.set_defaults(command=_onnx)
    reference = commands.add_parser("reference", help="a run or a model becomes a checkpoint of its reference code")
    reference.add_argument("trained", type=checkpoint, metavar="RUN_OR_MODEL")
    reference.add_argument("file", type=Path, metavar="FILE", help=".pth (needs PyTorch) or .safetensors")
    reference.add_argument("--layout", required=True, metavar="NAME", help="which reference; a wrong name lists all")
    reference.add_argument(
        "--net", default="generator", help="which generator, where there are two: to_target, to_input"
    )
    reference.set_defaults(command=_reference)
    back = commands.add_parser("import", help="checkpoints of reference code become a model folder")
    back.add_argument("files", type=Path, nargs="+", metavar="FILE", help="for CycleGAN two: grey to color, and back")
    back.add_argument("--layout", required=True, metavar="NAME", help="which reference; a wrong name lists all")
    _add_model_options(back, _import)
    return parser


def _add_model_options(parser: argparse.ArgumentParser, command) -> None:  # type: ignore[no-untyped-def]
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="a new folder")
    parser.add_argument(
        "--dtype", choices=("float32", "bfloat16", "float16"), default="float32", help="of the stored parameters"
    )
    several = {"action": "append", "default": []}
    parser.add_argument(
        "--set",
        **several,
        metavar="key.path=value",
        help="changes the model's experiment, and the card with it: data.source=NAME where a path says nothing to "
        "others; task.vividness=1.2 for more chroma; task.mask_center=0 for SIGGRAPH17 weights converted from Caffe",
    )
    parser.add_argument("--license", metavar="ID", help="of the weights, as the Hugging Face Hub names it")
    parser.add_argument(
        "--credit", **several, metavar="TEXT", help="whose pictures it learned from, with their licence"
    )
    notes = "Markdown for the card: figures of your own, and what the model does badly"
    parser.add_argument("--notes", type=Path, metavar="FILE.md", help=notes)
    parser.set_defaults(command=command)


if __name__ == "__main__":
    sys.exit(main())
