"""`mangagan studio`: colour, inpaint and denoise pages in a browser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.command import command_parser, run
from mangagan.pretrained import DEFAULT, resolve_checkpoint

if TYPE_CHECKING:
    from mangagan.studio.stages import Tools

# A secret that nobody guesses.
_TOKEN_LETTERS = 16
_EXAMPLES = """
page.png
kite.cbz --inpaint=runs/restore_inpaint --denoise=runs/restore_denoise
scans --port=8000 --no-browser
"""
_NOTES = """
Needs `pip install "mangagan[studio]"`. It prints an address with a token, and opens it in the browser. Pages, folders,
CBZ, ZIP, PDF and CBR files are opened where they lie, or dropped into the browser; they are never changed. Projects,
with every edit and finished page, lie in the user's data folder: a closed browser or a killed server loses nothing.

It answers to this computer alone. With --host of another address, anybody in the network who has the token may use it,
and what is sent is not encrypted: --token must be given then.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    description = "Colour, inpaint and denoise pages and volumes in a browser on this computer."
    parser = command_parser("studio", description, _EXAMPLES, _NOTES)
    parser.add_argument("sources", nargs="*", type=Path, metavar="FILE", help="pages, folders, archives or PDFs")
    models = parser.add_argument_group("models")
    color_help = f"the folder of a run or a model, or an .onnx file (default: {DEFAULT})"
    models.add_argument("--checkpoint", default=DEFAULT, type=resolve_checkpoint, metavar="RUN", help=color_help)
    models.add_argument("--inpaint", type=Path, metavar="RUN", help="a model that fills holes")
    models.add_argument("--denoise", type=Path, metavar="RUN", help="a model that removes noise")
    server = parser.add_argument_group("server")
    server.add_argument("--port", type=int, default=0, metavar="N", help="default: a free one")
    server.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this computer alone")
    server.add_argument("--token", default="", help="a secret of 16 letters or more (default: a new one at each start)")
    server.add_argument("--no-browser", action="store_true", help="print the address alone")
    server.add_argument("--projects", type=Path, metavar="DIR", help="default: in the user's data folder")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_args(argv)
    return run("studio", lambda: _studio(options))


def _studio(options: argparse.Namespace) -> None:
    _check(options)
    try:
        from mangagan.studio.server import Address, serve
    except ImportError as error:
        raise ImportError(f'{error}: the studio needs pip install "mangagan[studio]"', name=error.name) from error
    from mangagan.studio.library import projects_folder

    folder = (options.projects or projects_folder()).expanduser()
    address = Address(options.host, options.port, options.token)
    serve(_tools(options), folder, options.sources, address, _tell, not options.no_browser)


def _check(options: argparse.Namespace) -> None:
    if options.host in ("", "0.0.0.0"):
        raise ValueError("--host: name one address of this computer, by which others reach it")
    if not options.host.startswith("127.") and len(options.token) < _TOKEN_LETTERS:
        raise ValueError(
            f"--host={options.host}: others in the network can reach this address: give them a --token of "
            f"{_TOKEN_LETTERS} letters or more"
        )
    if options.token and len(options.token) < _TOKEN_LETTERS:
        raise ValueError(f"--token is a secret of {_TOKEN_LETTERS} letters or more")
    if not 0 <= options.port < 2**16:
        raise ValueError(f"--port={options.port}: ports are numbers from 0 to {2**16 - 1}")
    for source in options.sources:
        if not source.expanduser().exists():
            raise ValueError(f"there is no file or folder {source}")


def _tools(options: argparse.Namespace) -> Tools:
    import mangagan
    from mangagan.infer.colorizer import Colorizer
    from mangagan.infer.restore.denoiser import Denoiser
    from mangagan.infer.restore.inpainter import Inpainter
    from mangagan.studio.stages import Tools

    color = mangagan.load(options.checkpoint)
    inpaint = mangagan.load(options.inpaint) if options.inpaint else None
    denoise = mangagan.load(options.denoise) if options.denoise else None
    if not isinstance(color, Colorizer):
        raise ValueError(f"--checkpoint={options.checkpoint} does not colour pages")
    if not (inpaint is None or isinstance(inpaint, Inpainter)):
        raise ValueError(f"--inpaint={options.inpaint} does not fill holes")
    if not (denoise is None or isinstance(denoise, Denoiser)):
        raise ValueError(f"--denoise={options.denoise} does not remove noise")
    files = (options.checkpoint, options.inpaint, options.denoise)
    color_name, inpaint_name, denoise_name = (file.resolve().name if file else "" for file in files)
    return Tools(color, inpaint, denoise, (color_name, inpaint_name, denoise_name))


def _tell(url: str) -> None:
    print(f"the studio is at {url}\nCtrl-C ends it; everything that is finished is kept", flush=True)
