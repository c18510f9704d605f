"""The stream of batches: batch i is a function of the seed and i alone, so the step number is its only state."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from typing import Any

import grain
import numpy as np

from mangagan.data.archive.archive import Archive
from mangagan.data.degradation.degrade import Degrade, Undamaged
from mangagan.data.settings import Data
from mangagan.data.sources.entries import Split
from mangagan.data.stream.domains import Domain, check_length, domains_of
from mangagan.data.stream.loading import prefetch
from mangagan.data.stream.page_palettes import PagePalettes, SamplePalette, palette_table
from mangagan.data.stream.page_use import jitter_warning
from mangagan.data.stream.recolor import Recolor
from mangagan.data.stream.redraw import DrawnByName, Redraw
from mangagan.data.stream.transforms import CenterCrop, Crop, Decode, RandomCrop, ToArrays

log = logging.getLogger(__name__)

Batch = dict[str, Any]
# Decoding takes most of the time of an example. Decoded pages are kept where all processes together need at most this
# much memory for them.
KEPT_BYTES = 2 * 2**30


def batches(
    data: Data,
    archive: Archive,
    *,
    split: Split,
    seed: int,
    start: int = 0,
    process: tuple[int, int] = (0, 1),
    augment: bool = True,
    epochs: int | None = None,
) -> Generator[Batch, None, None]:
    """Return batches of a split; closing the generator stops its worker processes.

    A batch has "input" [b h w 1] ([b h w 3] in colour) and "target" [b h w 3], both in [-1, 1]; "mask" or "sigma"
    [b h w 1] of degraded inputs (see `degradation.degrade`); "palette" [b n] (see `page_palettes`); and "instances"
    [b h w].

    Args:
        data: the configuration.
        archive: its pages.
        split: "train" or "validation".
        seed: of all random choices.
        start: the number of the first batch.
        process: (index, count) of the hosts that share each batch; b is the share of one host.
        augment: True shuffles the pages, crops them at random, and draws inputs anew for every example, endlessly or
            for `epochs`. False returns each page once, in order, cropped in the middle and drawn by its name alone; the
            last batch may be smaller, and the shorter of two unpaired domains starts over.
        epochs: the number of epochs with `augment`; None is endless.

    Raises:
        ValueError: where the archive has not enough pages of the forms that are needed, or the configuration is
            invalid.
    """
    index, count = process
    if data.batch_size % count:
        raise ValueError(f"data.batch_size={data.batch_size} cannot be shared by {count} processes")
    _check(data)
    domains = domains_of(data, archive, split)
    required = data.batch_size if augment else 1
    for domain in domains:
        check_length(domain, data, archive, split, required)
    if augment and index == 0 and (warning := jitter_warning(data, domains, archive)):
        log.warning(warning)
    # One seed per domain, and one for the degradation.
    seeds = [int(np.random.SeedSequence([seed, n]).generate_state(1)[0]) for n in range(len(domains) + 1)]
    length = max(map(len, domains))
    parts = [
        _augmented(domain, data, one) if augment else _plain(domain, data, length)
        for domain, one in zip(domains, seeds, strict=False)
    ]
    if isinstance(data.palettes, PagePalettes):
        parts.append(_palettes(domains[-1], data, seeds[len(domains) - 1], augment, length))
    # Unpaired domains are shuffled with different seeds; the zip then draws independent pairs.
    examples = grain.experimental.ZipMapDataset(parts).map(_merge)
    if augment and isinstance(data.palettes, PagePalettes) and data.palettes.recolored:
        examples = examples.random_map(Recolor(data.palettes.recolored), seed=seeds[0])
    if data.damage != Undamaged():
        examples = examples.random_map(Degrade(data.damage), seed=seeds[-1])
    # Before batching: each host reads and decodes its own share only.
    if count > 1:
        examples = _HostShare(examples, data.batch_size, process)
    stop = epochs * _steps(domains, data) if epochs is not None and augment else None
    chosen = examples.batch(data.batch_size // count, drop_remainder=augment, batch_fn=_stack)[start:stop]
    return prefetch(chosen, data.workers)


def steps_per_epoch(data: Data, archive: Archive) -> int:
    """Return the number of batches per epoch, unpaired of the larger domain. Raises ValueError like `batches`."""
    _check(data)
    domains = domains_of(data, archive, "train")
    for domain in domains:
        check_length(domain, data, archive, "train", data.batch_size)
    return _steps(domains, data)


class _HostShare(grain.MapDataset):
    """The block of one host of each global batch; concatenated in the order of the hosts, the blocks are the batch."""

    def __init__(self, parent: grain.MapDataset, batch_size: int, process: tuple[int, int]) -> None:
        super().__init__(parent)
        index, count = process
        self._batch, self._share = batch_size, batch_size // count
        self._first = index * self._share

    def __len__(self) -> int:
        return len(self._parent) // self._batch * self._share

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.slice(index)
        batch, offset = divmod(index, self._share)
        return self._parent[batch * self._batch + self._first + offset]


def _check(data: Data) -> None:
    data.damage.check()
    if data.input == "drawn":
        data.drawing.check()
    if isinstance(data.palettes, PagePalettes):
        data.palettes.check()


def _steps(domains: Sequence[Domain], data: Data) -> int:
    return max(map(len, domains)) // data.batch_size


def _augmented(domain: Domain, data: Data, seed: int) -> grain.MapDataset:
    decode = Decode(domain.forms, keep=domain.decoded_bytes * max(data.workers, 1) <= KEPT_BYTES)
    crop = RandomCrop(_crop(data), data.jitter, data.flip, data.octaves)
    pages = grain.MapDataset.source(domain).seed(seed).shuffle().repeat().map(decode)
    crops = pages.random_map(crop)
    if domain.is_drawn:
        crops = crops.random_map(Redraw(data.drawing, data.size))
    return crops.map(_to_arrays(data))


def _crop(data: Data) -> Crop:
    return Crop(data.size, data.window, fine=("input", "own") if data.input == "drawn" else ())


def _palettes(domain: Domain, data: Data, seed: int, augment: bool, length: int) -> grain.MapDataset:
    """Return the palettes of the pages of a coloured domain, in the same order as `_augmented` or `_plain`."""
    table = palette_table(domain.records, domain.numbers, joined=data.source.startswith("joined:"))
    pages = grain.MapDataset.source(table)
    if not augment:
        return pages.repeat()[:length].map(table.of_work)
    # Another seed than that of the crops, which would correlate crops and palettes.
    draw = np.random.SeedSequence([seed, 1]).generate_state(1)[0]
    return pages.seed(seed).shuffle().repeat().random_map(SamplePalette(table, data.palettes), seed=int(draw))


def _to_arrays(data: Data) -> ToArrays:
    return ToArrays(data.input, data.instances)


def _plain(domain: Domain, data: Data, length: int) -> grain.MapDataset:
    pages = grain.MapDataset.source(domain).repeat()[:length]
    decode, crop = Decode(domain.forms), CenterCrop(_crop(data))
    if domain.is_drawn:
        crops = pages.map(DrawnByName(decode, crop, Redraw(data.drawing, data.size)))
    else:
        crops = pages.map(decode).map(crop)
    return crops.map(_to_arrays(data))


def _merge(parts: tuple[Batch, ...]) -> Batch:
    # The input domain is first; its arrays replace the inputs that the target domain derives.
    return {role: array for part in reversed(parts) for role, array in part.items()}


def _stack(examples: Sequence[Batch]) -> Batch:
    # Grain's own stacking leaks shared memory when its workers are stopped.
    return {role: np.stack([example[role] for example in examples]) for role in examples[0]}
