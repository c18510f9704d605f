"""Under which licence a model's weights stand, and whom they owe."""

from __future__ import annotations

import re
from collections.abc import Sequence

LICENSE = "LICENSE"
UNKNOWN = "unknown"
# What an archive calls the licence whose terms go on to what is made of its pages.
_SHARED_ALIKE = "CC-BY-SA-4.0"
_CREATIVE_COMMONS = re.compile(r"cc-(by(?:-nc)?(?:-nd|-sa)?)-([\d.]+)")


def weights_license(chosen: str | None, licences: Sequence[str]) -> str:
    """The Hub's name of the weights' licence: the chosen one, or what follows from those of what they learned from.

    That is cc-by-sa-4.0 where some pages are shared alike, and "unknown" otherwise.
    """
    return chosen or (_SHARED_ALIKE.lower() if any(_SHARED_ALIKE in one for one in licences) else UNKNOWN)


def license_text(name: str, license: str, licences: Sequence[str]) -> str:
    """LICENSE of a model folder: the licence, where its text is, and whom the weights owe; "" where it is unknown."""
    if license == UNKNOWN:
        return ""
    creative = _CREATIVE_COMMONS.fullmatch(license.lower())
    place = f": https://creativecommons.org/licenses/{creative[1]}/{creative[2]}/" if creative else ""
    lines = [f"The weights of the model {name} (model.safetensors) are licensed {license.upper()}{place}"]
    if licences:
        lines += ["", "They owe these authors, under these licences:", ""]
    return "\n".join([*lines, *(f"- {licence}" for licence in licences), ""])
