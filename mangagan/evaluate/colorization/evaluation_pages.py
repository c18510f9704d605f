"""The pages of an archive on which runs are evaluated: the input and the truth of each."""

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
from mangagan.evaluate.protocol import Protocol, evenly_spaced, match_patterns
from mangagan.evaluate.result import InputKind
from mangagan.images.names import natural_key

Label = tuple[str, InputKind]
UNVERIFIED = "a check that the run was not trained on any of these pages"
UNUSED = "pages of the run's own source that could not be used"
# The forms that a page must have for a kind of input.
_FORMS: Mapping[InputKind, tuple[str, ...]] = {"gray": ("color",), "bw": ("color", "bw")}


@dataclass(frozen=True)
class Page:
    """The input of a page, without a batch axis, and the page in its true colours."""

    name: str
    work: str
    kind: InputKind
    source: Float[np.ndarray, "h w 1"]  # in [-1, 1]
    truth: UInt8[np.ndarray, "h w 3"]
    instances: Int[np.ndarray, "h w"] | None = None

    @property
    def inputs(self) -> dict[str, np.ndarray]:
        """The inputs of a predictor, by their names."""
        return {"input": self.source} | ({} if self.instances is None else {"instances": self.instances})


class Place(NamedTuple):
    """A page of the archive: its split and number, its entry in the manifest, and its kinds of input."""

    split: Split
    number: int
    entry: dict[str, Any]
    kinds: tuple[InputKind, ...]


# Tells whether a run was trained on a page.
WasTrained = Callable[[Place], bool]


@dataclass(frozen=True)
class Pages:
    """The pages on which a protocol evaluates a run; each page once for each kind of input that it has."""

    archive: Archive
    places: tuple[Place, ...]
    protocol: Protocol
    data: Data  # the run's own
    unverified: Mapping[str, str] = field(default_factory=dict)  # what could not be checked: reasons, for `left_out`
    skipped: Mapping[str, str] = field(default_factory=dict)  # files of a source that was asked for: reasons

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
        """The name and the kind of each page, in order, without reading a page."""
        return [(place.entry["name"], kind) for place in self.places for kind in place.kinds]

    def described(self) -> dict[str, Any]:
        """Return everything that the metrics depend on apart from the network, for `Result.protocol`."""
        protocol, data = self.protocol, self.data
        entries, kinds = [place.entry for place in self.places], [kind for _, kind in self.labels]
        window = {"window": data.window} if protocol.name == "training" else {}
        return described(protocol, protocol.data or data.source, protocol.size(data), entries, kinds) | window

    def _page(self, record: Record, kind: InputKind) -> Page:
        forms: tuple[tuple[Role, Form], ...] = (("target", "color"), *((("input", "bw"),) if kind == "bw" else ()))
        images = self.protocol.fitted(Decode(forms).map(record), self.data)
        return page_of(record.name, record.work, kind, images, ToArrays(instances=self.data.instances))


def open_evaluation_pages(protocol: Protocol, data: Data) -> Pages:
    """Open the pages on which a protocol evaluates a run.

    Pages of the training set are refused: the very same files, from whatever source. For a source other than the run's
    own this can be checked only while the archive of the training set is in the cache; otherwise `unverified` says so.

    Args:
        protocol: Which pages, and how they are shown.
        data: The data that the run was trained on.

    Raises:
        ValueError: There is no page, no such work, or the run was trained on the pages.
    """
    source = protocol.data or data.source
    own = same_source(source, data.source)
    archive = open_archive(source, held_out=data.held_out if own else "")
    known = archive if own else find_archive(data.source, held_out=data.held_out)
    was_trained = _in_train if own else _trained_on(known)
    places = evenly_spaced(_wanted(archive, protocol, protocol.kinds_of(data), was_trained), protocol.pages)
    if not places:
        forms = {"gray": "in color", "bw": "in color with its ink and tones"}
        kinds = " or ".join(forms[kind] for kind in protocol.kinds_of(data))
        raise ValueError(
            f"{source} has no page {kinds} among the works {'asked for' if protocol.works else 'held out'}"
        )
    unverified = {} if known else {UNVERIFIED: f"{data.source}, on which it was trained, is not in the cache"}
    # Nobody asked for the pages of the training, and most of them were not held out: a note is enough.
    skipped = {file["name"]: file["reason"] for file in archive.report["skipped"]}
    if skipped and not protocol.data:
        unverified[UNUSED] = f"{len(skipped)} files; `mangagan prepare --source={source}` names them"
    return Pages(archive, tuple(places), protocol, data, unverified, skipped if protocol.data else {})


def page_of(name: str, work: str, kind: InputKind, images: Images, to_arrays: ToArrays) -> Page:
    """Return the page of images: "target" in colour, and "input" if the page has an ink version."""
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
    """Return the part of `Result.protocol` that all evaluations by a protocol share.

    Args:
        protocol: The protocol.
        source: The source of the pages.
        size: Height and width of all pages; None: their own.
        entries: Name, work and hashes of each page.
        kinds: The kinds of input.
    """
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


def _wanted(archive: Archive, protocol: Protocol, kinds: Sequence[InputKind], was_trained: WasTrained) -> list[Place]:
    """The pages of the requested works, or of the held-out ones, that have one of the kinds of input."""
    places = [
        Place(split, number, entry, tuple(kind for kind in kinds if all(entry[form] for form in _FORMS[kind])))
        for split in get_args(Split)
        for number, entry in enumerate(archive.pages(split))
    ]
    # In the order of works, so that a few evenly spaced pages are of many works, however the archive mixes them.
    places = sorted((place for place in places if place.kinds), key=lambda place: natural_key(place.entry["work"]))
    wanted = [place for place in places if place.split == "validation"]
    if protocol.works:
        labels = [(place.entry["name"], place.entry["work"]) for place in places]
        wanted = list(compress(places, match_patterns(protocol.works, labels, archive.manifest["source"])))
    _check_new(wanted, places, was_trained)
    return wanted


def _check_new(wanted: Sequence[Place], places: Sequence[Place], was_trained: WasTrained) -> None:
    """Raise ValueError if a run was trained on a requested page."""
    if known := {place.entry["work"] for place in wanted if was_trained(place)}:
        rest = {place.entry["work"] for place in places if not was_trained(place)}
        listed, free = (", ".join(sorted(works, key=natural_key)) for works in (known, rest - known or rest))
        raise ValueError(f"the run was trained on {listed}; it can be evaluated on {free or 'other data'}")


def _in_train(place: Place) -> bool:
    return place.split == "train"


def _trained_on(archive: Archive | None) -> WasTrained:
    """Tell whether a run that was trained on an archive has seen a page of another one: the very file."""
    hashes = {page["color"] for page in archive.pages("train")} if archive else set()
    return lambda place: place.entry["color"] in hashes
