"""The pages of a split that provide the inputs and the targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from mangagan.data.archive.archive import Archive, Record, Records
from mangagan.data.settings import Data
from mangagan.data.sources.entries import Split
from mangagan.data.stream.transforms import Form, Role

# Roles that a drawn input needs; most pages have no black-and-white form of their own.
_DRAWN: tuple[tuple[Role, Form], ...] = (("input", "color"), ("own", "bw"))


@dataclass(frozen=True)
class Domain:
    """Selected pages of a split, and the forms that are decoded of them; `decoded_bytes` is their size in memory."""

    records: Records
    numbers: tuple[int, ...]
    forms: tuple[tuple[Role, Form], ...]
    decoded_bytes: int

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: int) -> Record:
        return self.records[self.numbers[index]]

    @property
    def is_drawn(self) -> bool:
        """Whether inputs are drawn from its pages."""
        return set(_DRAWN) <= set(self.forms)


def domains_of(data: Data, archive: Archive, split: Split) -> list[Domain]:
    """Return one domain for both roles (paired), or an input domain and a target domain (unpaired)."""
    records, sizes = archive.split(split), [page["size"] for page in archive.pages(split)]
    color, bw, both = (archive.domains[split][form] for form in ("color", "bw", "both"))

    def domain(pages: Int[np.ndarray, " n"], *forms: tuple[Role, Form]) -> Domain:
        bytes_per_pixel = {"color": 3, "bw": 1, "any": 3}
        pages_with = {"color": set(color.tolist()), "bw": set(bw.tolist()), "any": set(pages.tolist())}
        # Estimated from the manifest, without decoding.
        decoded = sum(
            bytes_per_pixel[form] * sizes[page][0] * sizes[page][1]
            for form in {form for _, form in forms}
            for page in pages_with[form].intersection(pages.tolist())
        )
        return Domain(records, tuple(pages.tolist()), forms, decoded)

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
    # Unpaired grey inputs may come from pages without colour, too.
    either = domain(np.union1d(bw, color), ("input", "any"))
    return [inputs.get(data.input, either), domain(color, ("target", "color"))]


def check_length(domain: Domain, data: Data, archive: Archive, split: Split, required: int) -> None:
    """Check that a domain has enough pages.

    Raises:
        ValueError: where it has fewer than `required`; the message has advice.
    """
    if len(domain) >= required:
        return
    roles = " and ".join(f"{role} {form}" for role, form in domain.forms)
    counts = ", ".join(f"{len(pages)} {form}" for form, pages in archive.domains[split].items())
    advice = (
        f"lower data.batch_size={data.batch_size} or add pages"
        if len(domain)
        else f"change data.input={data.input} or data.paired={data.paired}, or choose another data.source"
    )
    raise ValueError(
        f"{archive.directory.name}: split {split} has {len(domain)} pages that give {roles}, "
        f"and {required} are needed (it has {counts}): {advice}"
    )
