"""Result files of earlier versions, as files of today.

Two things have changed: "figures" of a page are "metrics", and restorers, whose files were nested by picture and
degradation, have a `Result` as colourisers have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mangagan.data.sources.entries import works

Json = dict[str, Any]
# The output of a network that fills holes; all other outputs in old files are baselines.
_REFINED = "refined"


def upgrade(content: Json) -> Json:
    """Return the content of a result's file with the keys of today; other content is returned as it is."""
    if not isinstance(content, dict):
        return content
    if "by_picture" in content:
        return _upgrade_restoration(content)
    # Files of today have "metrics", and none has both.
    return content | {"pages": [_renamed(page) for page in content.get("pages", [])]} if "pages" in content else content


def _renamed(page: Json) -> Json:
    return {("metrics" if key == "figures" else key): value for key, value in page.items()}


def _upgrade_restoration(content: Json) -> Json:
    """Return the file of a restorer: {picture: {degradation: {"input", "output"} or {fill: metrics}}}."""
    pictures: Mapping[str, Mapping[str, Mapping[str, Any]]] = content["by_picture"]
    work, pages = works(list(pictures)), []
    baselines: dict[str, list[Json]] = {}
    for name, by_kind in pictures.items():
        for kind, found in by_kind.items():
            page = {"name": name, "work": work[name], "kind": kind}
            if "output" in found:
                pages.append(page | {"metrics": {"psnr": found["output"], "psnr_input": found["input"]}})
                continue
            for fill, metrics in found.items():
                # L1 was written in % of white.
                values = metrics | {"l1": metrics["l1"] / 100}
                (pages if fill == _REFINED else baselines.setdefault(fill, [])).append(page | {"metrics": values})
    return {
        "name": content["checkpoint"],
        "protocol": {"name": content["task"].lower()} | content["protocol"],
        "pages": pages,
        "skipped": content["skipped"],
        "pictures": [],
        "baselines": baselines,
        "task": content["task"].lower(),
    }
