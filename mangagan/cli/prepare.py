"""`mangagan prepare`: build the archive of a data source and show what is in it."""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.command import command_parser, run
from mangagan.images.names import printable, shown

if TYPE_CHECKING:
    from PIL.Image import Image

    from mangagan.data.archive.archive import Archive

_EXAMPLES = """
--source=folder:~/manga/color --held-out=E15,E16 --sheet=sheet.png
--source=joined:folder:~/manga/color+comics:240+drawings:200 --input=drawn --sheet=drawn.png
--source=pairs:~/manga/bw,~/manga/color --cache=/data/archives
"""
_SKIPS_SHOWN = 20


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    from mangagan.data.sources.open_source import KINDS

    sources = "\n".join(f"  {meaning}" for _, meaning in KINDS.values())
    notes = (
        f"sources:\n{sources}\n\nTraining builds its archive by itself; this command shows beforehand what is in it."
    )
    description = "Build the archive of a data source and print what is in it."
    parser = command_parser("prepare", description, _EXAMPLES, notes)
    what = parser.add_argument_group("archive")
    what.add_argument("--source", required=True, metavar="KIND:ARGUMENT", help="where the pages come from")
    what.add_argument(
        "--held-out", default="", metavar="WORKS", help="works kept for validation, or patterns of page names: E15,E16"
    )
    what.add_argument("--cache", type=Path, metavar="DIR", help="where archives are kept (default: $MANGAGAN_CACHE)")
    files = parser.add_argument_group("files to write")
    files.add_argument("--sheet", type=Path, metavar="FILE", help="a contact sheet: colour above, input below")
    files.add_argument(
        "--input", choices=("gray", "drawn"), default="gray", help="the input on the sheet (default: gray)"
    )
    files.add_argument("--palette", type=Path, metavar="FILE", help="the mean palette of the training set, as JSON")
    files.add_argument("--pictures", type=Path, metavar="DIR", help="the colour pages as picture files")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_intermixed_args(argv)
    return run("prepare", lambda: _prepare(options))


def _prepare(options: argparse.Namespace) -> None:
    from mangagan.data.archive.archive import open_archive
    from mangagan.data.archive.contact_sheet import contact_sheet, drawn_sheet
    from mangagan.data.archive.unpack import unpack

    if options.input == "drawn" and not options.sheet:
        raise ValueError("--input=drawn chooses the input on a contact sheet: give --sheet=FILE, too")
    # Before the work of hours, and before anything is written.
    _check_outputs(options)
    cache = options.cache and options.cache.expanduser()
    archive = open_archive(options.source, held_out=options.held_out, cache=cache)
    print("\n".join(map(printable, _summary(archive))))
    if options.sheet:
        _write_sheet((drawn_sheet if options.input == "drawn" else contact_sheet)(archive), options.sheet)
        print(f"contact sheet  {options.sheet}")
    if options.palette:
        _write_palette(archive, options.palette)
        print(f"palette        {options.palette}")
    if options.pictures:
        print(f"pictures       {unpack(archive, options.pictures)} in {options.pictures}")


def _check_outputs(options: argparse.Namespace) -> None:
    from mangagan.data.sources.open_source import source_inputs, source_paths
    from mangagan.images.output_file import check_output, contains, is_picture

    sheet, palette, pictures = options.sheet, options.palette, options.pictures
    if sheet:
        _sheet_format(sheet)
        check_output(sheet, "a picture", is_picture, source_inputs(options.source))
    if palette:
        check_output(palette, "a palette", contains(b'"colors"'), source_inputs(options.source))
    for path in source_paths(options.source) if pictures else ():
        if path.is_dir() and pictures.resolve().is_relative_to(path.resolve()):
            raise ValueError(f"--pictures={pictures} would lie among the pages of {path}: choose another folder")


def _sheet_format(file: Path) -> str:
    from PIL import Image as formats

    formats.init()
    kind = formats.EXTENSION.get(file.suffix.lower(), "")
    if kind not in formats.SAVE:
        raise ValueError(f"--sheet={file} has a suffix of no picture: name it .png or .jpg")
    return kind


def _write_sheet(sheet: Image, file: Path) -> None:
    from mangagan.images.atomic import write_atomically

    buffer = io.BytesIO()
    sheet.save(buffer, _sheet_format(file))
    write_atomically(file, buffer.getvalue())


def _write_palette(archive: Archive, file: Path) -> None:
    from mangagan.data.stream.page_palettes import palette_table
    from mangagan.images.atomic import write_atomically
    from mangagan.infer.guidance.palette_file import palette_text
    from mangagan.palette import merge_palettes, named_colors

    pages = archive.domains["train"]["color"].tolist()
    if not pages:
        raise ValueError("no page of the training set is in colour: there is no palette")
    palette = merge_palettes(palette_table(archive.split("train"), pages).palettes)
    if not named_colors(palette):
        raise ValueError("the pages of the training set are almost white: there is no palette")
    write_atomically(file, palette_text(palette).encode())


def _summary(archive: Archive) -> list[str]:
    manifest, skipped = archive.manifest, archive.report["skipped"]
    lines = [f"archive        {archive.directory}", f"fingerprint    {archive.fingerprint}"]
    for split, domains in archive.domains.items():
        pages = archive.pages(split)
        counts = ", ".join(f"{len(numbers)} {domain}" for domain, numbers in domains.items())
        lines.append(f"{split:<15}{len(pages)} pages of {len({page['work'] for page in pages})} works: {counts}")
    held_out = sorted({page["work"] for page in archive.pages("validation")})
    lines.append(f"held out       {_listed(held_out)}")
    lines += [f"note           {note}" for note in manifest["notes"]]
    lines += [f"licence        {licence}" for licence in manifest["licences"]]
    lines.append(f"skipped        {len(skipped)} (all in {archive.directory / 'report.json'})")
    lines += [f"  {shown(skip['name'])}: {skip['reason']}" for skip in skipped[:_SKIPS_SHOWN]]
    if others := archive.report["others"]:
        lines.append(f"other files    {len(others)}, which are no pages (all in the same file)")
    return lines


def _listed(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown(name) or "(no title)" for name in names[:most]) + more
