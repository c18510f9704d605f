"""Evaluate a colouriser on held-out pages."""

from __future__ import annotations

from mangagan.config import Experiment
from mangagan.evaluate.colorization.evaluation_pages import open_evaluation_pages
from mangagan.evaluate.colorization.session import EvaluationOptions, EvaluationSession
from mangagan.evaluate.devices import local_devices
from mangagan.evaluate.predictor import Predictor
from mangagan.evaluate.protocol import Protocol
from mangagan.evaluate.result import Result
from mangagan.tasks.base import Variables


def evaluate_colorizer(
    name: str, experiment: Experiment, variables: Variables, protocol: Protocol, options: EvaluationOptions
) -> Result:
    """Evaluate a generator on grey pages. Nothing is written but pictures, if `options` says so.

    Args:
        name: The name of the run.
        experiment: Its experiment.
        variables: The generator's variables.
        protocol: Which pages, and how they are shown.
        options: Which pictures are kept, and which metrics are computed.

    Raises:
        ValueError: The task does not colour pages, there are no pages, or too few for FID.
    """
    if experiment.task.kind != "colorize":
        raise ValueError(
            f"{name} takes pages in color ({type(experiment.task).__name__}): only colourisers of grey pages are "
            "evaluated here"
        )
    pages, devices = open_evaluation_pages(protocol, experiment.data), local_devices()
    session = EvaluationSession(pages.labels, devices, options)
    predictor = Predictor(experiment.task.predict, variables, devices)
    session.evaluate(pages, predictor.predict)
    return Result(
        name=name,
        protocol=pages.described(),
        cost=predictor.cost(),
        skipped=dict(pages.skipped),
        **session.result_fields(pages.unverified),
    )
