"""COCO 2017 as a source: photographs in a folder, or downloaded with TensorFlow Datasets."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from mangagan.data.sources.entries import Entry, PageImages, PageLabel, Source, Split, color_page
from mangagan.data.sources.folders import load_color
from mangagan.data.sources.source_files import SourceFiles, picture_files, source_path

_COCO = "coco/2017"
_COCO_LICENCE = "COCO 2017, cocodataset.org: annotations CC BY 4.0; photographs under the Flickr terms of each"


def coco(argument: str) -> Source:
    """Return the photographs of COCO 2017 as a source.

    Args:
        argument: The path of a folder of them, or "tfds" to download and read them with TensorFlow Datasets.

    Raises:
        ValueError: There is no such folder.
    """
    if argument == "tfds":
        return Source("2017", "tfds coco/2017", (_COCO_LICENCE,), _coco_examples)
    files = picture_files(source_path(argument))
    return Source(
        files.root.name, files.listing, (_COCO_LICENCE,), lambda: _coco_files(files), lambda: files.other_files()
    )


def _coco_files(files: SourceFiles) -> list[Entry]:
    splits: dict[str, Split | None] = {
        name: "validation" if "val2017" in name.split("/") else "train" for name in files.names
    }
    if "validation" not in splits.values():
        splits = dict.fromkeys(files.names)
    # Photographs are unrelated, so every one is a work of its own.
    found = [
        Entry(PageLabel(name, name, split), partial(load_color, files.root / name)) for name, split in splits.items()
    ]
    return [*found, *files.fault_entries()]


def _coco_examples() -> list[Entry]:
    splits: tuple[Split, ...] = ("train", "validation")
    return [
        Entry(PageLabel(f"{split}/{n:06}", f"{split}/{n:06}", split), partial(_load_coco, split, n))
        for split in splits
        for n in range(len(_coco_split(split)))
    ]


def _load_coco(split: Split, number: int) -> PageImages:
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
        # Reading needs no TensorFlow, but the TFDS builder of this data set does.
        advice = "install tensorflow once to download it, or name a folder with train2017 and val2017: coco:DIR"
        raise ValueError(f"coco:tfds: {_COCO} is not prepared on this machine; {advice}") from error
    builder.download_and_prepare()
    return builder
