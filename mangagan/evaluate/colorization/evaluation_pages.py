"""Pages of an archive as they are judged: what a run is given of each, and the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import compress
from typing import Any, NamedTuple, get_args

import numpy as np
from jaxtyping import Float, Int, UInt8

from mangagan.data.archive.archive import Archive, Record, find_archive, open_archive
from mangagan.data.settings import Data
from mangagan.data.sources.entries import Split
from mangagan.data.sources.open_source import same_source
from mangagan.data.stream.transforms import Decode, Form, Images, Role, ToArrays
from mangagan.evaluate.metrics.features import SIDE
from mangagan.evaluate.protocol import Protocol, chosen, spread
from mangagan.evaluate.result import InputKind
from mangagan.images.names import natural_key

Label = tuple[str, InputKind]
UNVERIFIED = "a check that the run has learned from none of these pages"
# What a page must have to be shown as a kind of input.
_FORMS: Mapping[InputKind, tuple[str, ...]] = {"gray": ("color",), "bw": ("color", "bw")}


@dataclass(frozen=True)
class Page:
    """What a run is given of a page, without the axis of a batch, and the page in its true colors."""

    name: str
    work: str
    kind: InputKind
    source: Float[np.ndarray, "h w 1"]  # in [-1, 1]
    truth: UInt8[np.ndarray, "h w 3"]
    instances: Int[np.ndarray, "h w"] | None = None

    @property
    def inputs(self) -> dict[str, np.ndarray]:
        """What a predictor takes, by its name."""
        return {"input": self.source} | ({} if self.instances is None else {"instances": self.instances})


class Place(NamedTuple):
    """Where a page lies in the archive, what the manifest says of it, and the kinds of input that it is judged with."""

    split: Split
    number: int
    entry: dict[str, Any]
    kinds: tuple[InputKind, ...]


# Whether a run has learned from a page.
Learned = Callable[[Place], bool]


@dataclass(frozen=True)
class Pages:
    """The pages that a protocol judges a run by; each page once for each kind of input that it has."""

    archive: Archive
    places: tuple[Place, ...]
    protocol: Protocol
    data: Data  # the run's own
    unverified: Mapping[str, str] = field(default_factory=dict)  # what could not be checked: reasons, for `left_out`

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[Page]:
        records = {split: self.archive.split(split) for split in get_args(Split)}
        for place in self.places:
            record = records[place.split][place.number]
            for kind in place.kinds:
                yield self._page(record, kind)

    @property
    def labels(self) -> list[Label]:
        """Name and kind of each page, in their order, without reading any."""
        return [(place.entry["name"], kind) for place in self.places for kind in place.kinds]

    def described(self) -> dict[str, Any]:
        """All that metrics of these pages depend on beside the run, for `Result.protocol`."""
        protocol, data = self.protocol, self.data
        entries, kinds = [place.entry for place in self.places], [kind for _, kind in self.labels]
        window = {"window": data.window} if protocol.name == "training" else {}
        return described(protocol, protocol.data or data.source, protocol.size(data), entries, kinds) | window

    def _page(self, record: Record, kind: InputKind) -> Page:
        forms: tuple[tuple[Role, Form], ...] = (("target", "color"), *((("input", "bw"),) if kind == "bw" else ()))
        images = self.protocol.fitted(Decode(forms).map(record), self.data)
        return page_of(record.name, record.work, kind, images, ToArrays(instances=self.data.instances))


def open_evaluation_pages(protocol: Protocol, data: Data) -> Pages:
    """The pages that the protocol judges a run by that learned from `data`.

    Raises ValueError where there are none, for a work that there is not, and for pages that the run has learned from:
    the very same files, from whatever source. Of another source than the run's own that can be told only where the
    archive that the run has learned from is in the cache; else `unverified` says so.
    """
    source = protocol.data or data.source
    own = same_source(source, data.source)
    archive = open_archive(source, held_out=data.held_out if own else "")
    known = archive if own else find_archive(data.source, held_out=data.held_out)
    learned = _in_train if own else _learned(known)
    places = spread(_wanted(archive, protocol, protocol.kinds_of(data), learned), protocol.pages)
    if not places:
        forms = {"gray": "in color", "bw": "in color with its ink and tones"}
        kinds = " or ".join(forms[kind] for kind in protocol.kinds_of(data))
        raise ValueError(
            f"{source} has no page {kinds} among the works {'asked for' if protocol.works else 'held out'}"
        )
    unverified = {} if known else {UNVERIFIED: f"{data.source}, which it has learned from, is not in the cache"}
    return Pages(archive, tuple(places), protocol, data, unverified)


def page_of(name: str, work: str, kind: InputKind, images: Images, to_arrays: ToArrays) -> Page:
    """The page of pictures: "target" in color, and "input" where the page has ink of its own."""
    arrays = to_arrays.map(images)
    truth = np.asarray(images["target"].convert("RGB"))
    return Page(name, work, kind, arrays["input"], truth, arrays.get("instances"))


def described(
    protocol: Protocol,
    source: str,
    size: tuple[int, int] | None,
    entries: Sequence[Mapping[str, Any]],
    kinds: Iterable[InputKind],
) -> dict[str, Any]:
    """What of a protocol holds for all who are judged by it; entries: name, work and hashes of each page."""
    known = [[entry[key] for key in ("name", "work", "color", "bw")] for entry in entries]
    return {
        "name": protocol.name,
        "data": source,
        "works": sorted({entry["work"] for entry in entries}, key=natural_key),
        "pages": len(entries),
        "sha256": sha256(repr(known).encode()).hexdigest(),
        "kinds": list(dict.fromkeys(kinds)),
        "size": None if size is None else list(size),
        "seed": protocol.seed,
        "perceptual_side": SIDE,
    }


def _wanted(archive: Archive, protocol: Protocol, kinds: Sequence[InputKind], learned: Learned) -> list[Place]:
    """Pages of the works asked for, of those held out where none are, that can be shown as one of the kinds."""
    places = [
        Place(split, number, entry, tuple(kind for kind in kinds if all(entry[form] for form in _FORMS[kind])))
        for split in get_args(Split)
        for number, entry in enumerate(archive.pages(split))
    ]
    # Work by work, so that few pages, evenly spread, are of many works, however the archive mixes them.
    places = sorted((place for place in places if place.kinds), key=lambda place: natural_key(place.entry["work"]))
    wanted = [place for place in places if place.split == "validation"]
    if protocol.works:
        labels = [(place.entry["name"], place.entry["work"]) for place in places]
        wanted = list(compress(places, chosen(protocol.works, labels, archive.manifest["source"])))
    _check_new(wanted, places, learned)
    return wanted


def _check_new(wanted: Sequence[Place], places: Sequence[Place], learned: Learned) -> None:
    """Raises ValueError where a run has learned from pages that are wanted."""
    if known := {place.entry["work"] for place in wanted if learned(place)}:
        rest = {place.entry["work"] for place in places if not learned(place)}
        listed, free = (", ".join(sorted(works, key=natural_key)) for works in (known, rest - known or rest))
        raise ValueError(f"the run has learned from {listed}; it can be judged by {free or 'other data'}")


def _in_train(place: Place) -> bool:
    return place.split == "train"


def _learned(archive: Archive | None) -> Learned:
    """Whether a run that learned from an archive has seen a page of another: the very file."""
    hashes = {page["color"] for page in archive.pages("train")} if archive else set()
    return lambda place: place.entry["color"] in hashes
