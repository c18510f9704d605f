"""Artificial evaluated runs."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mangagan.evaluate.result import PageMetrics, PagePictures, Result, result_file, write_result
from mangagan.report.evaluated_runs import open_runs

PROTOCOL = {"name": "256", "data": "folder:pages", "works": [], "size": [256, 256], "seed": 0}


@pytest.fixture
def made_run(tmp_path):
    """Writes a run's folder: pages of works, metrics from a seed that are worse by `worse`, pictures of four pages."""

    def made(
        name="one", *, seed=0, worse=0.0, works=8, kinds=("gray",), protocol=None, pictures=True, metrics=None, **more
    ):
        folder, rng = tmp_path / name, np.random.default_rng(seed)
        noise = np.random.default_rng(99).normal(size=(works, 2, len(kinds)))
        pages = [
            PageMetrics(f"w{work}/{page}.png", f"w{work}", kind, _metrics(noise[work, page, side], worse, rng, metrics))
            for work in range(works)
            for page in range(2)
            for side, kind in enumerate(kinds)
        ]
        protocol = PROTOCOL | (protocol or {})
        file = result_file(folder, protocol["name"])
        kept = [_pictures(file.parent, page, seed) for page in pages[:: len(pages) // 4][:4]] if pictures else []
        cost = {"parameters": 1_234_567, "seconds_per_page": 0.25, "peak_memory_bytes": 3 * 2**28}
        write_result(file, Result(name, protocol, tuple(pages), **({"cost": cost, "pictures": tuple(kept)} | more)))
        settings = {"task.generator": "UNet", "data.batch_size": 4, "data.size": 96, "data.window": 640}
        start = {"devices": ["cpu"], "versions": {"jax": "0.10.2"}}
        (folder / "experiment.json").write_text(json.dumps(settings | {"train.seed": seed}))
        (folder / "environment.jsonl").write_text(json.dumps(start) + "\n")
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in _lines(worse)))
        return folder

    return made


def _metrics(noise, worse, rng, names):
    metrics = {
        "psnr": float(24 + noise - worse),
        "ssim": float(0.9 + 0.01 * rng.normal()),
        "ciede2000": float(10 + noise + worse + 0.01 * rng.normal()),
        "colorfulness": float(20 + noise),
    }
    return {name: metrics[name] for name in names or metrics}


def _pictures(folder, page, seed):
    paths, name = {}, page.name.replace("/", "__")
    for shade, role in enumerate(("input", "output", "truth")):
        paths[role] = f"{page.kind}/{name}.{role}.jpg"
        (folder / page.kind).mkdir(parents=True, exist_ok=True)
        color = (60 * shade, 40 * seed % 256, 120)
        Image.new("RGB", (48, 64), color).save(folder / paths[role], quality=90)
    return PagePictures(page.name, page.work, page.kind, "spread", **paths)


def _lines(worse):
    for step in range(50, 301, 50):
        yield {"step": step, "loss/generator": 20 / step + worse, "loss/l1": 0.1, "time/step_seconds": 0.2}
        if step % 100 == 0:
            yield {"step": step, "evaluation/ciede2000": 12 + worse - step / 300, "evaluation/ciede2000_input": 14.0}


@pytest.fixture
def three(made_run):
    places = [
        made_run(name, seed=place + 1, worse=2.0 * place) for place, name in enumerate(("first", "second", "third"))
    ]
    return open_runs(places)


_EVIL = '</script></title><script>x()</script><img src=x onerror="x()"> & |*b*|'


@pytest.fixture
def hostile(made_run):
    """Two runs whose names and texts would be markup if they were not escaped."""
    runs = []
    for place, name in enumerate(('<img src=x onerror="x()">', "b & *c* | &lt; [d](e)")):
        (run,) = open_runs([made_run(name, seed=place, worse=place, kinds=("gray", "bw"))])
        result, named = run.result, dict(name=_EVIL, work=_EVIL)
        first = replace(result.pages[0], **named, metrics=result.pages[0].metrics | {_EVIL: 1.0})
        result = replace(
            result,
            protocol=result.protocol | {_EVIL: _EVIL, "data": _EVIL},
            pages=(first, *result.pages[1:]),
            pictures=tuple(replace(page, **named) for page in result.pictures),
            skipped={_EVIL: _EVIL},
            left_out={_EVIL: _EVIL},
        )
        lines = [*run.log, {"step": 300, f"loss/{_EVIL}": 1.0, f"evaluation/{_EVIL}": 2.0}]
        settings = {**run.settings, _EVIL: f"{_EVIL}{place}", "task.generator": _EVIL}
        start = {"devices": [_EVIL], "versions": {"jax": _EVIL}, "git": _EVIL}
        runs.append(replace(run, result=result, log=lines, settings=settings, environment=start))
    return runs


@pytest.fixture
def evil_text():
    """The text that occurs everywhere in the runs of `hostile`."""
    return _EVIL


@pytest.fixture
def restorers(made_run):
    """Two runs that fill holes, with the trivial fill that both share and a coarse stage of each."""
    kinds = ("1-10 %", "10-20 %")

    def outputs(worse):
        return tuple(
            PageMetrics(f"w{work}/{page}.png", f"w{work}", kind, {"psnr": 20.0 + work - worse, "l1": 0.1 + worse / 100})
            for work in range(8)
            for page in range(2)
            for kind in kinds
        )

    def run(name, worse, seed):
        baselines = {"mean colour": outputs(5.0), "coarse": outputs(2.0 + worse)}
        protocol = {"name": "holes", "window": 512}
        more = {"pictures": False, "baselines": baselines, "task": "inpaint"}
        return made_run(name, seed=seed, worse=worse, kinds=kinds, protocol=protocol, metrics=("psnr", "ssim"), **more)

    return open_runs([run("small", 1.5, 1), run("large", 0.0, 2)])
