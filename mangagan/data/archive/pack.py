"""The second stage of a build: pack staged pages into ArrayRecord files by TFDS, without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds


def pack(numbers: dict[str, list[int]], read: Callable[[int], dict[str, Any]], folder: Path) -> Path:
    """Write a TFDS data set and return its folder.

    Args:
        numbers: the page numbers of each split, in the order of the records.
        read: returns the record of a page number.
        folder: in which the data set gets a folder of its own.
    """
    tfds.disable_progress_bar()
    builder = Pages(data_dir=folder, numbers=numbers, read=read)
    # TFDS would print that it downloads data of unknown size.
    with redirect_stdout(StringIO()):
        builder.download_and_prepare(download_config=tfds.download.DownloadConfig(try_download_gcs=False))
    return Path(builder.data_dir)


class Pages(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Pages with name, work, and the bytes of the coloured and the black-and-white form, empty where it is missing.

    The name of the class and its version are part of the paths inside an archive: they must not change.
    """

    VERSION = tfds.core.Version("1.0.0")
    # There are no downloads, hence no checksums beside this code; TFDS would need importlib_resources to look for them.
    code_path = None

    def __init__(self, *, numbers: dict[str, list[int]], read: Callable[[int], dict[str, Any]], **options: Any):
        self._numbers, self._read = numbers, read
        super().__init__(file_format="array_record", **options)

    def _info(self) -> tfds.core.DatasetInfo:
        text = tfds.features.Text()
        features = {"name": text, "work": text, "color": np.object_, "bw": np.object_}
        # Without shuffling, records keep the order of the manifest.
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features), disable_shuffling=True
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[tuple[int, dict[str, Any]]]]:
        return {split: self._generate_examples(numbers) for split, numbers in self._numbers.items() if numbers}

    def _generate_examples(self, numbers: list[int]) -> Iterator[tuple[int, dict[str, Any]]]:
        for number in numbers:
            yield number, self._read(number)
