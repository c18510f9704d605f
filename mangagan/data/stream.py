"""The stream of batches: batch i is a function of the seed and i alone, so a step number is all the state it has."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import grain
import numpy as np
from absl import flags
from jaxtyping import Int

from mangagan.data.archive import Archive, Record, Records
from mangagan.data.damage import Damage, Spoil, Undamaged
from mangagan.data.drawing import Drawing
from mangagan.data.drawn import DrawnByName, Redraw
from mangagan.data.entries import Split
from mangagan.data.palettes import DrawPalette, NoPalettes, PagePalettes, steering
from mangagan.data.recolor import Recolor
from mangagan.data.staging import exit_with_parent
from mangagan.data.transforms import Cut, CutAnywhere, CutMiddle, Decode, Form, Input, Role, ToArrays

Batch = dict[str, Any]


@dataclass(frozen=True)
class Data:
    """Which pages the network sees, and how."""

    source: str = "comics:2000"  # see mangagan.data.sources for all kinds
    # Works that are not learned from, "E15,E16", or patterns of names of pages, "E1*"; "": a tenth of the works.
    held_out: str = ""
    input: Input = "gray"
    drawing: Drawing = field(default_factory=Drawing)  # how inputs are drawn, where `input` is "drawn"
    damage: Damage = field(default_factory=Undamaged)  # what is done to the input
    palettes: NoPalettes | PagePalettes = field(default_factory=NoPalettes)  # that come with a page
    instances: bool = False  # also number the regions that the page's lines enclose
    paired: bool = True  # False: input and target are drawn from the set independently
    size: int = 256  # side in pixels of the square picture the network sees
    window: int = 512  # side in page pixels of the square that is cut out and scaled to `size`
    octaves: float = 0.0  # the window is up to so many octaves larger or smaller, all scales equally likely
    jitter: float = 0.1  # the window's side varies uniformly by this share
    flip: bool = True
    batch_size: int = 1  # of one step, over all devices and hosts
    workers: int = 2  # processes that decode; 0: in this process. Never changes the batches.

    def __post_init__(self) -> None:
        least = {"size": 1, "window": 1, "batch_size": 1, "workers": 0}
        wrong = [f"data.{name}={getattr(self, name)}" for name, low in least.items() if getattr(self, name) < low]
        if not 0 <= self.octaves <= 8:
            raise ValueError(f"data.octaves={self.octaves}: it is 0 to 8")
        if wrong or not 0 <= self.jitter < 1:
            raise ValueError(
                f"{', '.join(wrong) or f'data.jitter={self.jitter}'}: sizes are 1 or more, data.workers 0 or more, "
                "data.jitter at least 0 and below 1"
            )


# Decoding a page takes longer than most else done to it: where all processes together can keep a set's decoded pages in
# so much memory, they do.
KEPT_BYTES = 2 * 2**30
# What a drawn input is made of; most pages have no black and white of their own.
_DRAWN: tuple[tuple[Role, Form], ...] = (("input", "color"), ("own", "bw"))


@dataclass(frozen=True)
class _Domain:
    """Chosen pages of a split, and what is decoded of them."""

    records: Records
    numbers: tuple[int, ...]
    forms: tuple[tuple[Role, Form], ...]
    decoded_bytes: int

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: int) -> Record:
        return self.records[self.numbers[index]]


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
    Of inputs that are damaged there are "mask" or "sigma" [b h w 1] as well, see `mangagan.data.damage`, and
    "palette" [b n] where pages come with one, see `mangagan.data.palettes`.
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
    domains = _domains(data, archive, split)
    least = data.batch_size if augment else 1
    for domain in domains:
        _check_length(domain, data, archive, split, least)
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
    return _closing(_loaded(chosen, data.workers))


def steps_per_epoch(data: Data, archive: Archive) -> int:
    """Training batches in a pass over the pages; unpaired, over the larger domain. Raises ValueError like `batches`."""
    _check(data)
    domains = _domains(data, archive, "train")
    for domain in domains:
        _check_length(domain, data, archive, "train", data.batch_size)
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


def _steps(domains: Sequence[_Domain], data: Data) -> int:
    return max(map(len, domains)) // data.batch_size


def _domains(data: Data, archive: Archive, split: Split) -> list[_Domain]:
    """One domain that gives both roles, or an input domain and a target domain."""
    records, sizes = archive.split(split), [page["size"] for page in archive.pages(split)]
    color, bw, both = (archive.domains[split][form] for form in ("color", "bw", "both"))

    def domain(pages: Int[np.ndarray, " n"], *forms: tuple[Role, Form]) -> _Domain:
        bytes_a_pixel = {"color": 3, "bw": 1, "any": 3}
        has = {"color": set(color.tolist()), "bw": set(bw.tolist()), "any": set(pages.tolist())}
        decoded = sum(
            bytes_a_pixel[form] * sizes[page][0] * sizes[page][1]
            for form in {form for _, form in forms}
            for page in has[form].intersection(pages.tolist())
        )
        return _Domain(records, tuple(pages.tolist()), forms, decoded)

    if data.paired and data.input == "drawn":
        return [domain(color, ("target", "color"), *_DRAWN)]
    if data.paired and data.input != "bw":
        return [domain(color, ("target", "color"))]
    if data.paired:
        return [domain(both, ("input", "bw"), ("target", "color"))]
    inputs = {
        "bw": domain(bw, ("input", "bw")),
        "color": domain(color, ("input", "color")),
        "drawn": domain(color, *_DRAWN),
    }
    either = domain(np.union1d(bw, color), ("input", "any"))
    return [inputs.get(data.input, either), domain(color, ("target", "color"))]


def _check_length(domain: _Domain, data: Data, archive: Archive, split: Split, least: int) -> None:
    if len(domain) >= least:
        return
    asked = " and ".join(f"{role} {form}" for role, form in domain.forms)
    counts = ", ".join(f"{len(pages)} {form}" for form, pages in archive.domains[split].items())
    advice = (
        f"lower data.batch_size={data.batch_size} or add pages"
        if len(domain)
        else f"change data.input={data.input} or data.paired={data.paired}, or choose another data.source"
    )
    raise ValueError(
        f"{archive.directory.name}: split {split} has {len(domain)} pages that give {asked}, "
        f"and {least} are needed (it has {counts}): {advice}"
    )


def _augmented(domain: _Domain, data: Data, seed: int) -> grain.MapDataset:
    decode = Decode(domain.forms, keep=domain.decoded_bytes * max(data.workers, 1) <= KEPT_BYTES)
    cut = CutAnywhere(_cut(data), data.jitter, data.flip, data.octaves)
    pages = grain.MapDataset.source(domain).seed(seed).shuffle().repeat().map(decode)
    windows = pages.random_map(cut)
    if _is_drawn(domain):
        windows = windows.random_map(Redraw(data.drawing, data.size))
    return windows.map(_to_arrays(data))


def _cut(data: Data) -> Cut:
    return Cut(data.size, data.window, fine=("input", "own") if data.input == "drawn" else ())


def _is_drawn(domain: _Domain) -> bool:
    return set(_DRAWN) <= set(domain.forms)


def _palettes(domain: _Domain, data: Data, seed: int, augment: bool, length: int) -> grain.MapDataset:
    """The palettes of the pages that `_augmented` or `_plain` gives of a domain in color, in the same order."""
    table = steering(domain.records, domain.numbers, joined=data.source.startswith("joined:"))
    pages = grain.MapDataset.source(table)
    if not augment:
        return pages.repeat()[:length].map(table.of_work)
    draw = np.random.SeedSequence([seed, 1]).generate_state(1)[0]
    return pages.seed(seed).shuffle().repeat().random_map(DrawPalette(table, data.palettes), seed=int(draw))


def _to_arrays(data: Data) -> ToArrays:
    return ToArrays(data.input, data.instances)


def _plain(domain: _Domain, data: Data, length: int) -> grain.MapDataset:
    pages = grain.MapDataset.source(domain).repeat()[:length]
    decode, cut = Decode(domain.forms), CutMiddle(_cut(data))
    if _is_drawn(domain):
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


def _loaded(dataset: grain.MapDataset, workers: int) -> Any:
    """An iterator that reads a few batches ahead, in worker processes if there are any."""
    threads = 1 if workers else 2
    ahead = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=2 * threads)
    batches = dataset.to_iter_dataset(ahead)
    if workers:
        # Grain asks whether the command line was parsed by absl; ours is not.
        flags.FLAGS.mark_as_parsed()
        options = grain.MultiprocessingOptions(num_workers=workers, per_worker_buffer_size=2)
        batches = batches.mp_prefetch(options, worker_init_fn=_start_worker)
    return iter(batches)


def _start_worker(index: int, count: int) -> None:
    del index, count
    os.environ["JAX_PLATFORMS"] = "cpu"  # a worker never claims an accelerator
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the one that trains saves first
    exit_with_parent()


def _closing(iterator: Any) -> Generator[Batch, None, None]:
    try:
        yield from iterator
    finally:
        iterator.close()
