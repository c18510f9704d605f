"""Builds the archive of a source of pages and says what is in it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mangagan.data.archive.archive import Archive

EXAMPLES = """
examples:
  python launch/prepare.py --source=comics:2000 --sheet=comics.png
  python launch/prepare.py --source=folder:~/manga/color
  python launch/prepare.py --source=joined:folder:~/manga/color+comics:240+drawings:200 --input=drawn --sheet=drawn.png
  python launch/prepare.py --source=folder:~/manga/color --palette=mood.json
  python launch/prepare.py --source=unseen:12 --pictures=unseen
  python launch/prepare.py --source=zip:~/manga/volumes
  python launch/prepare.py --source=pairs:~/manga/bw,~/manga/color
  python launch/prepare.py --source=hf:MichaelP84/manga-colorization-dataset

Training builds its archive by itself; this command shows beforehand what it will see.
"""
_SKIPS_SHOWN = 20


def main(argv: Sequence[str] | None = None) -> int:
    """Builds or opens an archive, prints its summary, writes a contact sheet if asked; returns the exit status."""
    options = _parser().parse_args(argv)
    # Worker processes import this module: what is heavy is imported here.
    from mangagan.data.archive.archive import open_archive
    from mangagan.data.archive.contact_sheet import contact_sheet, drawn_sheet
    from mangagan.data.archive.unpack import unpack

    try:
        if options.input == "drawn" and not options.sheet:
            raise ValueError("--input=drawn says what is on a contact sheet: give --sheet=FILE, too")
        cache = options.cache and options.cache.expanduser()
        archive = open_archive(options.source, held_out=options.held_out, cache=cache)
        print("\n".join(_summary(archive)))
        if options.sheet:
            (drawn_sheet if options.input == "drawn" else contact_sheet)(archive).save(options.sheet)
            print(f"contact sheet  {options.sheet}")
        if options.palette:
            _write_palette(archive, options.palette)
            print(f"palette        {options.palette}")
        if options.pictures:
            print(f"pictures       {unpack(archive, options.pictures)} in {options.pictures}")
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _write_palette(archive: Archive, file: Path) -> None:
    from mangagan.data.stream.page_palettes import steering
    from mangagan.images.atomic import write_aside
    from mangagan.infer.guidance.palette_file import palette_text
    from mangagan.palette import merged, named_colors

    pages = archive.domains["train"]["color"].tolist()
    if not pages:
        raise ValueError("no page that is learned from is in colour: there is no palette")
    palette = merged(steering(archive.split("train"), pages).palettes)
    if not named_colors(palette):
        raise ValueError("the pages that are learned from are all but white: there is no palette")
    write_aside(file, palette_text(palette).encode())


def _parser() -> argparse.ArgumentParser:
    from mangagan.data.sources.open_source import KINDS

    kinds = "\n".join(f"  {meaning}" for _, meaning in KINDS.values())
    parser = argparse.ArgumentParser(
        prog="prepare.py",
        description=f"{__doc__}\n\nsources:\n{kinds}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--source", required=True, metavar="KIND:ARGUMENT", help="where the pages come from")
    parser.add_argument(
        "--held-out", default="", metavar="WORKS", help="works kept for validation, or patterns of page names: E15,E16"
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where archives are kept (default: $MANGAGAN_CACHE)")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="also write a contact sheet, colour above grey")
    parser.add_argument(
        "--palette", type=Path, metavar="FILE", help="also write the mean palette of the pages learned from, as JSON"
    )
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="also write the colour pages as picture files")
    parser.add_argument(
        "--input", choices=("gray", "drawn"), default="gray", help="below the colour: the page in grey, or drawn inputs"
    )
    return parser


def _summary(archive) -> list[str]:
    manifest, report = archive.manifest, archive.report
    lines = [f"archive        {archive.directory}", f"fingerprint    {archive.fingerprint}"]
    for split, domains in archive.domains.items():
        pages = archive.pages(split)
        counts = ", ".join(f"{len(numbers)} {domain}" for domain, numbers in domains.items())
        lines.append(f"{split:<15}{len(pages)} pages of {len({page['work'] for page in pages})} works: {counts}")
    held_out = sorted({page["work"] for page in archive.pages("validation")})
    lines.append(f"held out       {_listed(held_out)}")
    lines += [f"note           {note}" for note in manifest["notes"]]
    lines += [f"licence        {licence}" for licence in manifest["licences"]]
    skipped = report["skipped"]
    lines.append(f"skipped        {len(skipped)} (all in {archive.directory / 'report.json'})")
    return lines + [f"  {skip['name']}: {skip['reason']}" for skip in skipped[:_SKIPS_SHOWN]]


def _listed(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(name or "(no title)" for name in names[:most]) + more


if __name__ == "__main__":
    sys.exit(main())
