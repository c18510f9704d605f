"""Plans and results made by hand, and runs that train nothing."""

import pytest

from mangagan.evaluate.protocol import Protocol
from mangagan.evaluate.result import PageMetrics, Result
from mangagan.sweep.sweep_plan import Plan, Run


@pytest.fixture
def planned():
    """A plan of labels and seeds whose experiments say next to nothing."""

    def made(labels, seeds=(0,), baseline=None, steps=10):
        runs = [(label, seed) for seed in seeds for label in labels]
        experiment = {"train.steps": steps}
        return Plan(
            "a sweep",
            tuple(Run(n, label, seed, experiment) for n, (label, seed) in enumerate(runs, start=1)),
            Protocol("256"),
            baseline,
        )

    return made


@pytest.fixture
def judged():
    """A result of CIEDE2000 by work and page, each a number; metrics: others that all pages have."""

    def made(works, name="run", kind="gray", data="comics:20", protocol=None, metrics=None, **more):
        pages = tuple(
            PageMetrics(f"{work}/{n}", work, kind, {"ciede2000": value} | (metrics or {}))
            for work, values in works.items()
            for n, value in enumerate(values)
        )
        described = {"name": "256", "data": data, "works": sorted(works), "pages": len(pages)} | (protocol or {})
        return Result(name, described, pages, **more)

    return made
