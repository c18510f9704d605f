"""A run that colors pages, judged on pages held out."""

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
    """What a generator with these variables makes of grey pages.

    Nothing is written but pictures, where `options` says so. Raises ValueError for an experiment that does not color
    pages, where there are no pages to judge by, and where they are too few for FID.
    """
    if experiment.data.input == "color":
        raise ValueError(
            f"{name} takes pages in color ({type(experiment.task).__name__}), and what is judged here is how grey ones "
            "are colored"
        )
    pages, devices = open_evaluation_pages(protocol, experiment.data), local_devices()
    sitting = EvaluationSession(pages.labels, devices, options)
    predictor = Predictor(experiment.task.predict, variables, devices)
    sitting.evaluate(pages, predictor.painted)
    return Result(
        name=name,
        protocol=pages.described(),
        cost=predictor.cost(),
        **sitting.found(pages.unverified),
    )
