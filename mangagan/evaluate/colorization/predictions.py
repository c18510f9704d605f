"""Evaluate pictures of any other program, as a run is evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from mangagan.data.archive.archive import Record
from mangagan.data.settings import Data
from mangagan.data.sources.entries import PageImages, color_page, paired_page
from mangagan.data.sources.source_files import picture_files
from mangagan.data.stream.transforms import Decode, Form, Role, ToArrays
from mangagan.evaluate.colorization.evaluation_pages import Label, Page, described, page_of
from mangagan.evaluate.colorization.session import EvaluationOptions, EvaluationSession
from mangagan.evaluate.devices import local_devices
from mangagan.evaluate.protocol import Protocol, evenly_spaced
from mangagan.evaluate.result import InputKind, Result
from mangagan.evaluate.true_pages import TruePage, true_pages, unusable_files
from mangagan.images.decode import opened_image, read_picture
from mangagan.images.encode import ORIENTATION
from mangagan.images.errors import UnusableFile
from mangagan.images.files import read_file
from mangagan.images.limits import MAX_MEMBER_BYTES
from mangagan.images.names import natural_key

_SHOWN = 6
# From this EXIF orientation on, a picture is turned by a quarter.
_ON_ITS_SIDE = 5


def evaluate_predictions(
    predictions: Path, truth: Path, protocol: Protocol, options: EvaluationOptions, *, source: Path | None = None
) -> Result:
    """Evaluate the pictures of one folder against those of the same names in another; suffixes may differ.

    Pictures that cannot be used, and pages whose truth is black and white, are skipped; `protocol.pages` counts the
    others, as for a run.

    Args:
        predictions: The folder of the predicted pictures.
        truth: The folder of the true pages.
        protocol: Which pages, and at which size.
        options: Which pictures are kept, and which metrics are computed.
        source: A folder of ink versions, if these were the inputs; otherwise the inputs are the luminance of the truth.

    Raises:
        ValueError: A folder is missing, a name is in one folder only, sizes differ under the protocol "native", the
            protocol is "training", or no page, or too few for FID, are left.
    """
    folder, devices = _Folders(predictions, truth, source, protocol), local_devices()
    session = EvaluationSession(folder.labels, devices, options)
    session.evaluate(folder, lambda pages: devices.stacked([folder.picture(page) for page in pages]))
    if not folder.entries:
        raise ValueError(f"no page of {truth} can be evaluated: {_listed(map(': '.join, folder.skipped.items()))}")
    return Result(
        name=predictions.resolve().name,
        protocol=folder.described(),
        skipped=folder.skipped,
        **session.result_fields(),
    )


def source_of(truth: Path, source: Path | None) -> str:
    """Return the source of pages on which a run is comparable with such pictures."""
    return f"folder:{truth}" if source is None else f"pairs:{source},{truth}"


class _Folders:
    """The pages of the folders, and their pictures while they are evaluated."""

    def __init__(self, predictions: Path, truth: Path, source: Path | None, protocol: Protocol) -> None:
        if protocol.name == "training":
            raise ValueError('"training" names the crops of a run; evaluate pictures by native, 512x800 or 256')
        self._source, self._protocol = source, protocol
        self._pages = true_pages(truth, protocol.works)
        self._folders = {"predictions": predictions, "truth": truth} | ({"source": source} if source else {})
        self._files = {role: _by_stem(folder) for role, folder in self._folders.items()}
        self._kind: InputKind = "bw" if source else "gray"
        self.entries: list[dict[str, Any]] = []
        self.skipped: dict[str, str] = unusable_files(truth)
        for folder in filter(None, (predictions, source)):
            self.skipped |= {f"{folder}/{name}": reason for name, reason in unusable_files(folder).items()}
        self._pictures: dict[str, UInt8[np.ndarray, "h w 3"]] = {}
        if protocol.pages is not None:
            self._pages = evenly_spaced([truth for truth in self._pages if self._is_usable(truth)], protocol.pages)
        self._check_names()
        self._check_sizes()

    @property
    def labels(self) -> list[Label]:
        """The name and the kind of each page; some may be skipped later."""
        return [(self._name(truth), self._kind) for truth in self._pages]

    def __iter__(self) -> Iterator[Page]:
        for truth in self._pages:
            try:
                page = self._page(truth)
            except (UnusableFile, OSError) as reason:
                self.skipped[self._name(truth)] = str(reason)
            else:
                yield page

    def picture(self, page: Page) -> UInt8[np.ndarray, "h w 3"]:
        """Return the picture of the page that was yielded last."""
        return self._pictures.pop(page.name)

    def described(self) -> dict[str, Any]:
        """Return everything that the metrics depend on apart from the pictures, for `Result.protocol`."""
        place = source_of(self._folders["truth"], self._source)
        return described(self._protocol, place, self._protocol.size(Data()), self.entries, [self._kind])

    def _name(self, truth: TruePage) -> str:
        """The name of the page in an archive of the same folders."""
        return truth.name if self._source is None else _stem(truth.name)

    def _page(self, truth: TruePage) -> Page:
        name, page = self._name(truth), self._true_page(truth)
        forms: tuple[tuple[Role, Form], ...] = (("target", "color"), *((("input", "bw"),) if page.bw else ()))
        images = Decode(forms).map(Record(name, truth.work, page.color, page.bw))
        try:
            picture = read_picture(self._bytes("predictions", truth.name))[0].convert("RGB")
        except UnusableFile as reason:
            raise UnusableFile(f"its picture in {self._folders['predictions']}: {reason}") from reason
        fitted = self._protocol.fitted(images, Data())
        self._pictures[name] = np.asarray(self._protocol.fitted({"target": picture}, Data())["target"])
        hashes = {
            form: sha256(data).hexdigest() if data else None for form, data in (("color", page.color), ("bw", page.bw))
        }
        self.entries.append({"name": name, "work": truth.work} | hashes)
        return page_of(name, truth.work, self._kind, fitted, ToArrays("gray"))

    def _true_page(self, truth: TruePage) -> PageImages:
        """The page as an archive has it. Raises UnusableFile if it is not in colour."""
        color = truth.content()
        page = color_page(color) if self._source is None else paired_page(self._bytes("source", truth.name), color)
        if not page.color:
            raise UnusableFile("the true page is black and white: it has no colours to compare with")
        return page

    def _is_usable(self, truth: TruePage) -> bool:
        """Whether the page can be used; if not, the reason is noted."""
        try:
            self._true_page(truth)
        except (UnusableFile, OSError) as reason:
            self.skipped[self._name(truth)] = str(reason)
            return False
        return True

    def _bytes(self, role: str, name: str) -> bytes:
        """The file of a name, whatever its suffix. Raises UnusableFile if the folder has none."""
        if _stem(name) not in self._files[role]:
            raise UnusableFile(f"there is no picture of this name in {self._folders[role]}")
        return read_file(self._folders[role] / self._files[role][_stem(name)], MAX_MEMBER_BYTES)

    def _check_names(self) -> None:
        wanted, truth = {_stem(truth.name) for truth in self._pages}, self._folders["truth"]
        for role, files in self._files.items():
            if missing := wanted - files.keys():
                raise ValueError(f"{self._folders[role]} lacks {_listed(missing)}, which {truth} has")
        if surplus := self._files["predictions"].keys() - self._files["truth"].keys():
            raise ValueError(f"{truth} has no truth of {_listed(surplus)} in {self._folders['predictions']}")

    def _check_sizes(self) -> None:
        """Compare the sizes in the file headers, before anything is computed."""
        wrong, files = [], self._files
        for truth in self._pages if self._protocol.name == "native" else ():
            stem = _stem(truth.name)
            one, other = (_size(self._folders[role] / files[role][stem]) for role in ("predictions", "truth"))
            if one and other and one != other:
                wrong.append(f"{files['predictions'][stem]} of {one[0]} x {one[1]} for {other[0]} x {other[1]}")
        if wrong:
            raise ValueError(
                f"pictures in {self._folders['predictions']} are not as large (w x h) as in {self._folders['truth']}: "
                f"{_listed(wrong)}; the protocols 512x800 and 256 bring both to one size"
            )


def _by_stem(folder: Path) -> dict[str, str]:
    """The names of pictures by their stems. Raises ValueError if two are equal."""
    found: dict[str, str] = {}
    for name in picture_files(folder).names:
        if _stem(name) in found:
            raise ValueError(f"{folder} has both {found[_stem(name)]} and {name}; keep one of them")
        found[_stem(name)] = name
    return found


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0]


def _size(file: Path) -> tuple[int, int] | None:
    """Width and height of the upright picture; None for a file with an unreadable header, which will be skipped."""
    with suppress(UnusableFile), opened_image(read_file(file, MAX_MEMBER_BYTES)) as picture:
        turned = picture.getexif().get(ORIENTATION, 1) >= _ON_ITS_SIDE
        return picture.size[::-1] if turned else picture.size
    return None


def _listed(names: Iterable[str]) -> str:
    lines = sorted(names, key=natural_key)
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return ", ".join(lines[:_SHOWN]) + more
