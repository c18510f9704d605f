"""Public sources: the built-in comics, parquet sets of the Hugging Face hub, and COCO 2017."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache, partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from PIL import Image

from mangagan.data.sources.entries import (
    Entry,
    Label,
    Pictures,
    Source,
    Split,
    color_page,
    natural,
    paired_page,
    picture_files,
)
from mangagan.data.sources.folders import OWN, listing, load_color
from mangagan.images.decode import Unusable, encode_png

COMICS_PAGES = 2000
UNSEEN_PAGES = 60
DRAWINGS = 400
# Apart, or page n of each would have the others' words and figures in the same places.
COMICS_SEED, UNSEEN_SEED, DRAWINGS_SEED = 0, 1, 2
_COLUMNS = ("bw_image", "color_image")
_COCO = "coco/2017"
_COCO_LICENCE = "COCO 2017, cocodataset.org: annotations CC BY 4.0; photographs under the Flickr terms of each"


def comics(argument: str) -> Source:
    """Pages composed from openly licensed art, in ink + tone and colour. Raises ValueError for a count that is none."""
    return _composed("comics", ("compose", "WORKS", COMICS_SEED), argument or str(COMICS_PAGES))


def unseen(argument: str) -> Source:
    """Pages of twelve works that comics have no page of, all of them held out. Raises ValueError as `comics` does.

    Casts, things, animals, screens, slants, gutters, borders and bleeds are their own; rows of panels, places and
    styles of drawing are those of comics.
    """
    return _composed("unseen", ("compose", "UNSEEN", UNSEEN_SEED), argument or str(UNSEEN_PAGES))


def drawings(argument: str) -> Source:
    """Single things, animals and people of the works that comics are of, large. Raises ValueError as `comics` does."""
    return _composed("drawings", ("draw", "WORKS", DRAWINGS_SEED), argument or str(DRAWINGS))


def _composed(kind: str, how: tuple[str, str, int], argument: str) -> Source:
    if not re.fullmatch(r"[1-9]\d*", argument):
        raise ValueError(f'"{argument}" in {kind}:{argument} is no number of pages, as in {kind}:240')
    pages = int(argument)
    from mangagan.data import comics as art

    # New code and new art compose new pages.
    files = sorted(path for folder in art.__path__ for path in Path(folder).rglob("*.py"))
    code = sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    packages = sorted({package for *_, package in art.LICENCES})
    versions = " ".join(f"{package}={version(package)}" for package in packages)
    licences = [f"{title}: {licence}, {author} (package {package})" for title, licence, author, package in art.LICENCES]

    def entries() -> list[Entry]:
        return [Entry(Label(f"{number:05}", ""), partial(_compose, *how, number)) for number in range(pages)]

    return Source(f"{pages}", f"{pages} {how[-1]} {code} {versions}", tuple(licences), entries)


def _compose(hand: str, works: str, seed: int, number: int) -> Pictures:
    from mangagan.data import comics as art

    page = getattr(art, hand)(getattr(art, works), seed, number)
    color, bw = (encode_png(Image.fromarray(pixels)) for pixels in (page.color, page.bw))
    height, width = page.bw.shape
    return Pictures((height, width), color, bw, Label(page.name, page.work, page.split))


def hugging_face(argument: str) -> Source:
    """Parquet files with the columns bw_image and color_image, in a folder or of a data set on the Hugging Face hub.

    Made for MichaelP84/manga-colorization-dataset. Raises ValueError where a folder has no parquet file.
    """
    root = Path(argument).expanduser()
    if not root.is_dir():
        licence = f"see https://huggingface.co/datasets/{argument}"
        return Source(argument, argument, (licence,), lambda: _rows(_download(argument)))
    names = _parquet_files(root)
    return Source(root.resolve().name, listing(root, names), OWN, lambda: _rows(root))


def _download(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ValueError(f"hf:{name} needs huggingface_hub: pip install -e '.[hub]'") from error
    try:
        return Path(snapshot_download(name, repo_type="dataset", allow_patterns=["*.parquet"]))
    except (OSError, ValueError) as error:
        raise ValueError(f"hf:{name} is no folder, and downloading it failed: {error}") from error


def _parquet_files(root: Path) -> list[str]:
    names = sorted((path.relative_to(root).as_posix() for path in root.rglob("*.parquet")), key=natural)
    if not names:
        raise ValueError(f"there is no parquet file in {root}")
    return names


def _rows(root: Path) -> list[Entry]:
    names = _parquet_files(root)
    held_out = any(_parquet_split(name) == "validation" for name in names)
    return [entry for name in names for entry in _file_rows(root / name, name, held_out)]


def _file_rows(path: Path, name: str, held_out: bool) -> Iterator[Entry]:
    parquet = _parquet(path)
    missing = [column for column in _COLUMNS if column not in parquet.schema_arrow.names]
    if missing:
        raise ValueError(f"{path} lacks {missing}: its columns are {parquet.schema_arrow.names}")
    split = _parquet_split(name) if held_out else None
    for group in range(parquet.num_row_groups):
        for row in range(parquet.metadata.row_group(group).num_rows):
            yield Entry(Label(f"{name}/{group}-{row:05}", "", split), partial(_load_row, path, group, row))


def _parquet_split(name: str) -> Split:
    return "validation" if re.match(r"(validation|valid|val|test)\b", name.rsplit("/", 1)[-1]) else "train"


def _load_row(path: Path, group: int, row: int) -> Pictures:
    columns = _row_group(path, group)
    bw, color = (columns[column][row].as_py() for column in _COLUMNS)
    return paired_page(_cell_bytes(bw), _cell_bytes(color))


def _cell_bytes(cell: dict[str, Any] | None) -> bytes:
    if not cell or not cell.get("bytes"):
        raise Unusable("the row holds no picture")
    return cell["bytes"]


@lru_cache(maxsize=1)
def _row_group(path: Path, group: int) -> dict[str, Any]:
    table = _parquet(path).read_row_group(group, columns=list(_COLUMNS))
    return {column: table.column(column) for column in _COLUMNS}


def _parquet(path: Path) -> Any:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ValueError("parquet files need pyarrow: pip install -e '.[hub]'") from error
    return ParquetFile(path, memory_map=True)


def coco(argument: str) -> Source:
    """The photographs of COCO 2017: a folder of them, or "tfds" to download and read them with TensorFlow Datasets."""
    if argument == "tfds":
        return Source("2017", "tfds coco/2017", (_COCO_LICENCE,), _coco_examples)
    root = Path(argument).expanduser().resolve()
    names = picture_files(root)
    return Source(root.name, listing(root, names), (_COCO_LICENCE,), lambda: _coco_files(root, names))


def _coco_files(root: Path, names: list[str]) -> list[Entry]:
    splits: dict[str, Split | None] = {
        name: "validation" if "val2017" in name.split("/") else "train" for name in names
    }
    if "validation" not in splits.values():
        splits = dict.fromkeys(names)
    # Every photograph is a work of its own.
    return [Entry(Label(name, name, splits[name]), partial(load_color, root / name)) for name in names]


def _coco_examples() -> list[Entry]:
    splits: tuple[Split, ...] = ("train", "validation")
    return [
        Entry(Label(f"{split}/{n:06}", f"{split}/{n:06}", split), partial(_load_coco, split, n))
        for split in splits
        for n in range(len(_coco_split(split)))
    ]


def _load_coco(split: Split, number: int) -> Pictures:
    return color_page(_coco_split(split)[number]["image"])


@lru_cache
def _coco_split(split: Split) -> Any:
    import tensorflow_datasets as tfds

    return _coco_builder().as_data_source(split, decoders={"image": tfds.decode.SkipDecoding()})


def _coco_builder() -> Any:
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.read_only_builder import builder_from_files

    try:
        return builder_from_files(_COCO, file_format="array_record")
    except tfds.core.DatasetNotFoundError:
        pass
    try:
        builder = tfds.builder(_COCO, file_format="array_record")
    except ImportError as error:
        # Reading needs no TensorFlow, but the recipe of this one set in TFDS does.
        advice = "install tensorflow once to download it, or name a folder with train2017 and val2017: coco:DIR"
        raise ValueError(f"coco:tfds: {_COCO} is not prepared on this machine; {advice}") from error
    builder.download_and_prepare()
    return builder
