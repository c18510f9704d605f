"""The licence of a model's weights, and the credits that it requires."""

from __future__ import annotations

import re
from collections.abc import Sequence

LICENSE = "LICENSE"
UNKNOWN = "unknown"
# As archives name it: whatever is made of such pages must be shared under the same licence.
_SHARE_ALIKE = "CC-BY-SA-4.0"
_CREATIVE_COMMONS = re.compile(r"cc-(by(?:-nc)?(?:-nd|-sa)?)-([\d.]+)")


def weights_license(chosen: str | None, credits: Sequence[str]) -> str:
    """Return the Hub's identifier of the licence of the weights.

    Args:
        chosen: The licence that the publisher chose, which is taken as it is.
        credits: The authors and licences of the training set, a line each.

    Returns:
        The chosen licence; without one "cc-by-sa-4.0" where part of the training set demands it, else "unknown".
    """
    return chosen or (_SHARE_ALIKE.lower() if any(_SHARE_ALIKE in line for line in credits) else UNKNOWN)


def license_text(name: str, license: str, credits: Sequence[str]) -> str:
    """Return the text of a model folder's LICENSE: the licence, where it is found, and the credits.

    Args:
        name: The model's name.
        license: The Hub's identifier of the licence.
        credits: The authors and licences of the training set, a line each.

    Returns:
        The text; "" for an unknown licence.
    """
    if license == UNKNOWN:
        return ""
    # Only Creative Commons licences have an address that follows from their name.
    creative_commons = _CREATIVE_COMMONS.fullmatch(license.lower())
    url = (
        f": https://creativecommons.org/licenses/{creative_commons[1]}/{creative_commons[2]}/"
        if creative_commons
        else ""
    )
    lines = [f"The weights of the model {name} (model.safetensors) are licensed {license.upper()}{url}"]
    if credits:
        lines += ["", "They are made from the work of these authors, under these licences:", ""]
    return "\n".join([*lines, *(f"- {line}" for line in credits), ""])
