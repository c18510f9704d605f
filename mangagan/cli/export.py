"""`mangagan export`: make a model folder, an ONNX file or a PyTorch checkpoint of a run, or import a checkpoint."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.command import command_parser, help_texts, positives, run
from mangagan.pretrained import resolve_checkpoint

if TYPE_CHECKING:
    from mangagan.config import Experiment
    from mangagan.pretrained.card import History
    from mangagan.tasks.base import Variables

_EXAMPLES = """
model runs/pix2pix_manga-laptop my-colorizer --license=apache-2.0
onnx my-colorizer my-colorizer.onnx
reference runs/cyclegan_manga G_A.safetensors --layout=cyclegan_resnet9_in --net=to_target
"""
_NOTES = """
A model folder holds model.safetensors (the averaged generator), config.json, README.md (a model card) and, if the
licence of the weights is known, LICENSE with the credits. `base` is the model of the package; a folder of your own
with this name is ./base. An ONNX file holds a colouriser for pages of any size; `mangagan colorize` runs it without
JAX.

exit code: 0 done; 2 a mistake in the arguments
"""
_MODEL_EXAMPLES = """
runs/pix2pix_manga-laptop my-colorizer
runs/pix2pix_manga-laptop my-colorizer-16 --dtype=bfloat16 --license=apache-2.0
runs/colorizer_base my-base --steps=6000,8000 --notes=notes.md --credit="Title: CC-BY-4.0, its author"
"""
_ONNX_EXAMPLES = """
my-colorizer my-colorizer.onnx
runs/pix2pix_manga-laptop pix2pix.onnx
base base.onnx
"""
_REFERENCE_EXAMPLES = """
runs/pix2pix_manga latest_net_G.pth --layout=pix2pix_unet256_bn
runs/cyclegan_manga G_A.safetensors --layout=cyclegan_resnet9_in --net=to_target
my-hinted siggraph17.pth --layout=siggraph17
"""
_IMPORT_EXAMPLES = """
siggraph17.pth siggraph17 --set=task.mask_center=0
G_A.pth G_B.pth cyclegan
latest_net_G.pth pix2pix --layout=pix2pix_unet256_bn --license=mit
latest_net_G.pth unet128 --set=task.generator.dropout=0
"""
_IMPORT_NOTES = """
Levels, blocks, features, channels and norms of a generator are derived from the names and shapes of its tensors;
names may begin with `module.` or `_orig_mod.`. What tensors cannot tell is as in the reference, and may be changed:
  the dropout of a U-Net is 0.5 (--set=task.generator.dropout=0);
  without norms and biases there is no norm (--set=task.generator.norm=InstanceNorm);
  a ResNet of RGB is one of the two of CycleGAN (--set=task=Paired if it was trained with pairs).
"""
# What may be changed for a network that is trained: it does not depend on them.
_FREE_KEYS = {"data.source", "task.vividness"}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command, with one parser below it for each form."""
    description = "Make a model folder, an ONNX file or a PyTorch checkpoint of a run, or import a checkpoint."
    parser = command_parser("export", description, _EXAMPLES, _NOTES)
    forms = parser.add_subparsers(title="forms", required=True, metavar="FORM", dest="form")
    for name, (text, description, examples, add_options) in _FORMS.items():
        texts = help_texts(f"export {name}", description, examples, _FORM_NOTES.get(name, ""))
        add_options(forms.add_parser(name, help=text, **texts))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_args(argv)
    return run("export", lambda: options.export(options))


def _model(options: argparse.Namespace) -> None:
    from mangagan.overrides import override, parse
    from mangagan.pretrained.model_folder import check_free
    from mangagan.train.run_history import read_history
    from mangagan.train.runs import load_run

    check_free(options.output)
    changes = parse(options.set)
    if others := sorted(changes.keys() - _FREE_KEYS):
        free = " and ".join(sorted(_FREE_KEYS))
        raise ValueError(f"--set={others[0]}=...: of a trained run only {free} can be changed")
    experiment, variables = load_run(options.run, options.steps)
    experiment = override(experiment, changes)
    history = read_history(options.run, experiment, options.steps)
    if len(options.steps) > 1 or "task.vividness" in changes:
        # The run's metrics and pictures are of another network than the one that is exported.
        history = replace(history, evaluations=(), picture=None)
    _publish(options, experiment, variables, history)


def _import(options: argparse.Namespace) -> None:
    from hashlib import file_digest

    from mangagan.interop.reference.convert import import_checkpoints
    from mangagan.overrides import parse
    from mangagan.pretrained.card import History
    from mangagan.pretrained.model_folder import check_free

    check_free(options.output)
    experiment, variables, layout = import_checkpoints(options.files, options.layout, parse(options.set))
    digests = []
    for file in options.files:
        with file.open("rb") as content:
            digests.append(f"`{file.name}` (SHA-256 {file_digest(content, 'sha256').hexdigest()})")
    print(f"layout: {layout}")
    origin = f"The weights of {' and '.join(digests)}, of layout {layout}."
    _publish(options, experiment, variables, History(origin))


def _reference(options: argparse.Namespace) -> None:
    from mangagan.interop.reference.convert import export_reference
    from mangagan.train.load import load_trained

    _check_new(options.file)
    export_reference(options.file, options.layout, *load_trained(options.trained), options.net)
    print(f"{options.net} as {options.layout}: {options.file}")


def _onnx(options: argparse.Namespace) -> None:
    from mangagan.infer.onnx_export import export_onnx
    from mangagan.train.load import load_trained

    if options.file.suffix != ".onnx":
        raise ValueError(f"{options.file} should end in .onnx")
    _check_new(options.file)
    difference = export_onnx(options.file, *load_trained(options.trained))
    print(f"ONNX in {options.file}: predictions of ONNX Runtime and JAX differ by at most {difference:.1e}")


def _publish(options: argparse.Namespace, experiment: Experiment, variables: Variables, history: History) -> None:
    from mangagan.pretrained.card import CARD, PICTURE
    from mangagan.pretrained.publish import publish_model

    publish_model(
        options.output,
        experiment,
        variables,
        history,
        dtype=options.dtype,
        license=options.license,
        credits=options.credit,
        notes=options.notes.read_text("utf-8") if options.notes else "",
    )
    print(f"model in {options.output}")
    shown = f", and {PICTURE} shows held-out pages" if history.picture else ""
    print(f"Read {CARD} before you publish it: it names data.source={experiment.data.source}{shown}.")


def _check_new(file: Path) -> None:
    if file.exists():
        raise FileExistsError(f"{file} exists already and is kept; choose another name or move it away")


def _add_model(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("model")
    what.add_argument("run", type=Path, metavar="RUN", help="the --workdir of `mangagan train`")
    what.add_argument(
        "--steps",
        type=positives,
        default=[],
        metavar="N,N",
        help="average the weights of the checkpoints after these steps (default: the newest checkpoint)",
    )
    _add_publication(parser, what, _model)


def _add_import(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("model")
    what.add_argument("files", type=Path, nargs="+", metavar="FILE", help="for CycleGAN two: grey to colour, and back")
    layout_help = "which reference, of any size (default: found from the tensors; needed where two fit)"
    what.add_argument("--layout", metavar="NAME", help=layout_help)
    _add_publication(parser, what, _import)


def _add_onnx(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("model")
    what.add_argument(
        "trained", type=resolve_checkpoint, metavar="RUN_OR_MODEL", help="the folder of a run or of a model"
    )
    what.add_argument("file", type=Path, metavar="FILE.onnx", help="a new file")
    parser.set_defaults(export=_onnx)


def _add_reference(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("model")
    what.add_argument(
        "trained", type=resolve_checkpoint, metavar="RUN_OR_MODEL", help="the folder of a run or of a model"
    )
    what.add_argument("file", type=Path, metavar="FILE", help="a new .pth (needs PyTorch) or .safetensors file")
    _add_layout(what)
    what.add_argument("--net", default="generator", help="which generator of two: to_target or to_input")
    parser.set_defaults(export=_reference)


def _add_layout(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--layout", required=True, metavar="NAME", help="which reference; a wrong name lists all")


def _add_publication(
    parser: argparse.ArgumentParser, what: argparse._ArgumentGroup, export: Callable[[argparse.Namespace], None]
) -> None:
    what.add_argument("output", type=Path, metavar="OUTPUT", help="a new folder")
    what.add_argument(
        "--dtype", choices=("float32", "bfloat16", "float16"), default="float32", help="how parameters are stored"
    )
    what.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="key.path=value",
        help="change the model's experiment, and its card: data.source=NAME to hide a path; task.vividness=1.2 for "
        "more chroma; task.mask_center=0 for SIGGRAPH17 weights converted from Caffe",
    )
    card = parser.add_argument_group("card")
    card.add_argument("--license", metavar="ID", help="of the weights, as the Hugging Face Hub names it")
    card.add_argument(
        "--credit", action="append", default=[], metavar="TEXT", help="whose pictures it was trained on, and licence"
    )
    card.add_argument("--notes", type=Path, metavar="FILE.md", help="Markdown: your own metrics, known weaknesses")
    parser.set_defaults(export=export)


_FORM_NOTES = {"import": _IMPORT_NOTES}
# By name: a few words for the list of forms, a sentence, examples, and what adds the options.
_FORMS: dict[str, tuple[str, str, str, Callable[[argparse.ArgumentParser], None]]] = {
    "model": ("a model folder, from a run", "Make a model folder of a run.", _MODEL_EXAMPLES, _add_model),
    "onnx": (
        "a file for ONNX Runtime, from a colouriser",
        "Make a file for ONNX Runtime of a run or a model that colours pages.",
        _ONNX_EXAMPLES,
        _add_onnx,
    ),
    "reference": (
        "a checkpoint for the reference code, from a run or a model",
        "Make a checkpoint for the published reference code of a run or a model.",
        _REFERENCE_EXAMPLES,
        _add_reference,
    ),
    "import": (
        "a model folder, from checkpoints of the reference code",
        "Make a model folder of checkpoints of the published reference code.",
        _IMPORT_EXAMPLES,
        _add_import,
    ),
}
