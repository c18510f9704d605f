"""Evaluate a restorer on the held-out pages of its own training, damaged as there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float
from tqdm import tqdm

from mangagan.color import from_bytes, to_bytes
from mangagan.config import Experiment
from mangagan.data.archive.archive import Archive, open_archive
from mangagan.data.settings import Data
from mangagan.data.stream.batches import Batch, batches
from mangagan.evaluate.colorization.evaluation_pages import described
from mangagan.evaluate.metrics.pixels import mean_absolute_error, mean_ciede2000, psnr
from mangagan.evaluate.predictor import count_used_parameters
from mangagan.evaluate.protocol import Protocol, evenly_spaced
from mangagan.evaluate.result import PageMetrics, Result
from mangagan.evaluate.validation import without_target
from mangagan.images.names import natural_key
from mangagan.overrides import describe
from mangagan.tasks.base import Variables

Entry = dict[str, Any]


def evaluate_restorer(name: str, experiment: Experiment, variables: Variables, protocol: Protocol) -> Result:
    """Evaluate a generator on the centre crops of damaged pages, rounded to 8 bits.

    The damage is part of the protocol: runs with another one are not comparable.

    Args:
        name: The name of the run.
        experiment: Its experiment.
        variables: The generator's variables.
        protocol: The protocol "training"; see `damaged_entries` for the pages, and for what is raised.
    """
    data, predict = experiment.data, jax.jit(experiment.task.predict)
    archive = open_archive(data.source, held_out=data.held_out)
    chosen, parameters = damaged_entries(protocol, data, archive), 0
    metrics_of: dict[int, PageMetrics] = {}
    for number, page in tqdm(_pages(data, archive, chosen), total=len(chosen), unit="page"):
        inputs, entry = without_target(page), chosen[number]
        parameters = parameters or count_used_parameters(experiment.task.predict, variables, inputs)
        metrics = _metrics(predict(variables, inputs), page)
        metrics_of[number] = PageMetrics(entry["name"], entry["work"], "damaged", metrics)
    return Result(
        name,
        _described(protocol, data, list(chosen.values())),
        tuple(metrics_of[number] for number in chosen),
        cost={"parameters": parameters},
    )


def damaged_entries(protocol: Protocol, data: Data, archive: Archive) -> dict[int, Entry]:
    """Return the manifest's entries of the pages for evaluating a restorer, by their index among the held-out pages.

    They are at most `protocol.pages` pages, spread evenly over the works.

    Args:
        protocol: The protocol "training".
        data: The data of the run.
        archive: Its archive.

    Raises:
        ValueError: No page is held out, or the protocol is another one, or names data or works.
    """
    if protocol.name != "training" or protocol.data or protocol.works:
        raise ValueError(
            "restorers are evaluated by the protocol training, on the held-out pages of a run's own data; "
            f"{protocol} is for colourisers"
        )
    entries = [archive.pages("validation")[number] for number in archive.domains["validation"]["color"]]
    if not entries:
        raise ValueError(f"{data.source} has no page held out")
    by_work = sorted(enumerate(entries), key=lambda page: natural_key(page[1]["work"]))
    return dict(evenly_spaced(by_work, protocol.pages))


def _pages(data: Data, archive: Archive, chosen: dict[int, Entry]) -> Iterator[tuple[int, Batch]]:
    """Yield the chosen pages one at a time, each with its index."""
    pages = batches(
        replace(data, paired=True, batch_size=1, workers=0), archive, split="validation", seed=0, augment=False
    )
    yield from ((number, page) for number, page in zip(range(max(chosen) + 1), pages, strict=False) if number in chosen)
    pages.close()


def _metrics(picture: Float[Array, "1 h w 3"], page: Batch) -> dict[str, float]:
    return {name: float(values[0]) for name, values in _compared(picture, page["input"], page["target"]).items()}


@jax.jit
def _compared(
    picture: Float[Array, "1 h w 3"], damaged: Float[Array, "1 h w 3"], truth: Float[Array, "1 h w 3"]
) -> dict[str, Float[Array, "1"]]:
    picture, damaged = (from_bytes(to_bytes(jnp.asarray(values))) for values in (picture, damaged))
    return {
        "psnr": psnr(picture, truth),
        "psnr_input": psnr(damaged, truth),
        "l1": mean_absolute_error(picture, truth),
        "ciede2000": mean_ciede2000(picture, truth),
    }


def _described(protocol: Protocol, data: Data, entries: list[Entry]) -> dict[str, Any]:
    common = described(protocol, data.source, (data.size, data.size), entries, ["damaged"])
    return common | {"window": data.window, **describe(data.damage, "damage."), "damage": type(data.damage).__name__}
