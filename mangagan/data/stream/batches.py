"""The stream of batches: batch i is a function of the seed and i alone, so a step number is all the state it has."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import grain
import numpy as np

from mangagan.data.archive.archive import Archive
from mangagan.data.degradation.degrade import Spoil, Undamaged
from mangagan.data.settings import Data
from mangagan.data.sources.entries import Split
from mangagan.data.stream.domains import Domain, check_length, domains_of
from mangagan.data.stream.loading import loaded
from mangagan.data.stream.page_palettes import DrawPalette, PagePalettes, steering
from mangagan.data.stream.recolor import Recolor
from mangagan.data.stream.redraw import DrawnByName, Redraw
from mangagan.data.stream.transforms import Cut, CutAnywhere, CutMiddle, Decode, ToArrays

Batch = dict[str, Any]
# Decoding a page takes longer than most else done to it: where all processes together can keep a set's decoded pages in
# so much memory, they do.
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
    """Batches from number `start` on: "input" [b h w 1] (in color [b h w 3]) and "target" [b h w 3], as ToArrays makes.

    Drawn inputs are drawn anew for every sample with `augment`, and by the page's name alone without.
    Of inputs that are damaged there are "mask" or "sigma" [b h w 1] as well, see `degradation.degrade`, and
    "palette" [b n] where pages come with one, see `mangagan.data.stream.page_palettes`.
    With `augment` the pages come in random order, forever or for so many epochs, in windows drawn at random.
    Without, each page comes once, in order, its middle window; the last batch may be smaller, and unpaired the
    shorter domain starts over. `process` is (index, count) of the hosts that share each batch; b is one host's
    share. Closing the generator stops its worker processes.
    Raises ValueError where the archive has not enough pages of the forms asked for, or the damage cannot be.
    """
    index, count = process
    if data.batch_size % count:
        raise ValueError(f"data.batch_size={data.batch_size} cannot be shared by {count} processes")
    _check(data)
    domains = domains_of(data, archive, split)
    least = data.batch_size if augment else 1
    for domain in domains:
        check_length(domain, data, archive, split, least)
    seeds = [int(np.random.SeedSequence([seed, n]).generate_state(1)[0]) for n in range(len(domains) + 1)]
    length = max(map(len, domains))
    parts = [
        _augmented(domain, data, one) if augment else _plain(domain, data, length)
        for domain, one in zip(domains, seeds, strict=False)
    ]
    if isinstance(data.palettes, PagePalettes):
        parts.append(_palettes(domains[-1], data, seeds[len(domains) - 1], augment, length))
    examples = grain.experimental.ZipMapDataset(parts).map(_merged)
    if augment and isinstance(data.palettes, PagePalettes) and data.palettes.recolored:
        examples = examples.random_map(Recolor(data.palettes.recolored), seed=seeds[0])
    if data.damage != Undamaged():
        examples = examples.random_map(Spoil(data.damage), seed=seeds[-1])
    if count > 1:
        examples = _HostShare(examples, data.batch_size, process)
    stop = epochs * _steps(domains, data) if epochs is not None and augment else None
    chosen = examples.batch(data.batch_size // count, drop_remainder=augment, batch_fn=_stacked)[start:stop]
    return loaded(chosen, data.workers)


def steps_per_epoch(data: Data, archive: Archive) -> int:
    """Training batches in a pass over the pages; unpaired, over the larger domain. Raises ValueError like `batches`."""
    _check(data)
    domains = domains_of(data, archive, "train")
    for domain in domains:
        check_length(domain, data, archive, "train", data.batch_size)
    return _steps(domains, data)


class _HostShare(grain.MapDataset):
    """One host's block of each global batch: joined in the hosts' order the blocks are the batch of a single host."""

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
        batch, place = divmod(index, self._share)
        return self._parent[batch * self._batch + self._first + place]


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
    cut = CutAnywhere(_cut(data), data.jitter, data.flip, data.octaves)
    pages = grain.MapDataset.source(domain).seed(seed).shuffle().repeat().map(decode)
    windows = pages.random_map(cut)
    if domain.is_drawn:
        windows = windows.random_map(Redraw(data.drawing, data.size))
    return windows.map(_to_arrays(data))


def _cut(data: Data) -> Cut:
    return Cut(data.size, data.window, fine=("input", "own") if data.input == "drawn" else ())


def _palettes(domain: Domain, data: Data, seed: int, augment: bool, length: int) -> grain.MapDataset:
    """The palettes of the pages that `_augmented` or `_plain` gives of a domain in color, in the same order."""
    table = steering(domain.records, domain.numbers, joined=data.source.startswith("joined:"))
    pages = grain.MapDataset.source(table)
    if not augment:
        return pages.repeat()[:length].map(table.of_work)
    draw = np.random.SeedSequence([seed, 1]).generate_state(1)[0]
    return pages.seed(seed).shuffle().repeat().random_map(DrawPalette(table, data.palettes), seed=int(draw))


def _to_arrays(data: Data) -> ToArrays:
    return ToArrays(data.input, data.instances)


def _plain(domain: Domain, data: Data, length: int) -> grain.MapDataset:
    pages = grain.MapDataset.source(domain).repeat()[:length]
    decode, cut = Decode(domain.forms), CutMiddle(_cut(data))
    if domain.is_drawn:
        windows = pages.map(DrawnByName(decode, cut, Redraw(data.drawing, data.size)))
    else:
        windows = pages.map(decode).map(cut)
    return windows.map(_to_arrays(data))


def _merged(parts: tuple[Batch, ...]) -> Batch:
    # An input domain comes first; its arrays stand against those that the target domain derives.
    return {role: array for part in reversed(parts) for role, array in part.items()}


def _stacked(examples: Sequence[Batch]) -> Batch:
    # Grain's own stacking leaves shared memory behind when its workers are stopped.
    return {role: np.stack([example[role] for example in examples]) for role in examples[0]}
