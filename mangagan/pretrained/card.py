"""The model card: README.md of a model folder, in the form that the Hugging Face Hub reads."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax

from mangagan.config import HIGHEST_IS_BEST, Experiment
from mangagan.pretrained.licenses import UNKNOWN, weights_license
from mangagan.pretrained.usage import usage
from mangagan.tasks.base import Variables

CARD, PICTURE = "README.md", "samples.png"


@dataclass(frozen=True)
class History:
    """How a model came to be, as far as it is known.

    origin: a sentence. command: what trains it again. environment: the last line of a run's `environment.jsonl`.
    evaluations: the lines of its `metrics.jsonl` that judge held-out pages. pages: a sentence on what it learned from;
    licences: theirs. picture: its last grid, a PNG. notes: what its makers say of it beside, Markdown: figures of their
    own, what it does badly.
    """

    origin: str
    command: str = ""
    environment: Mapping[str, Any] = field(default_factory=dict)
    evaluations: Sequence[Mapping[str, float]] = ()
    pages: str = ""
    licences: Sequence[str] = ()
    picture: bytes | None = None
    notes: str = ""


def model_card(
    name: str,
    experiment: Experiment,
    variables: Variables,
    history: History,
    *,
    dtype: str = "float32",
    license: str | None = None,
) -> str:
    """The card of a model, Markdown behind a YAML front matter; `license`: see `weights_license`."""
    license = weights_license(license, history.licences)
    sections = {
        f"# {name}": _what(experiment, variables, history, dtype),
        "## Use": usage(name, experiment, learned=bool(history.pages)),
        "## Figures": _figures(experiment, history),
        "## Pages and licences": _pages(history, license),
        "## Train again": _again(history),
    }
    body = [line for title, lines in sections.items() if lines for line in (title, "", *lines, "")]
    if history.notes:
        place = body.index("## Pages and licences")
        body[place:place] = [history.notes.strip(), ""]
    return "\n".join([*_front_matter(experiment, license), "", *body])


def _front_matter(experiment: Experiment, license: str) -> list[str]:
    kind, _, source = experiment.data.source.partition(":")
    on_the_hub = kind == "hf" and re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", source)
    # A string of JSON is one of YAML too, whatever is in it.
    lines = [f"license: {json.dumps(license)}", "library_name: mangagan", "pipeline_tag: image-to-image", "tags:"]
    lines += [f"- {tag}" for tag in ("jax", "flax", "gan", "colorization", "manga")]
    lines += ["datasets:", f"- {json.dumps(source)}"] if on_the_hub else []
    return ["---", *lines, "---"]


def _what(experiment: Experiment, variables: Variables, history: History, dtype: str) -> list[str]:
    task = experiment.task
    count = sum(leaf.size for leaf in jax.tree.leaves(variables.params))
    about = (inspect.getdoc(inspect.getmodule(task)) or type(task).__name__).partition("\n")[0]
    rows = [
        ("task", f"`{type(task).__name__}`"),
        ("generator", f"`{type(task.generator).__name__}`, {count:,} parameters, stored as {dtype}"),
    ]
    legend = "Held-out pages: input, output of the newest weights, of their average (these), truth"
    return [
        about,
        "",
        f"{history.origin} Made with mangagan, in JAX and Flax; `config.json` has every value of the experiment.",
        "",
        *_table(("", ""), rows),
        *(["", f"![{legend}]({PICTURE})"] if history.picture else []),
    ]


def _figures(experiment: Experiment, history: History) -> list[str]:
    if not history.evaluations:
        return []
    train, last = experiment.train, history.evaluations[-1]
    sign, word = (-1, "highest") if train.keep_best in HIGHEST_IS_BEST else (1, "lowest")
    best = min(history.evaluations, key=lambda line: sign * line.get(train.keep_best, sign * float("inf")))
    names = [name for name in last if name.startswith("evaluation/")]
    rows = [(name.removeprefix("evaluation/"), *(_number(line.get(name)) for line in (last, best))) for name in names]
    protocol = (
        f"Of the averaged weights (decay {train.ema_decay:g}), on the middle windows of at most "
        f"{train.evaluation_pages} pages from works held out of `{experiment.data.source}`: CIEDE2000 to the truth "
        "(`_input`: of the bare input; `gain`: the share by which it fell), PSNR in dB, `l1` of sRGB in [0, 1], mean "
        f"chroma in CIE Lab; means over pages of means over pixels. Best is the {word} `{train.keep_best}`."
    )
    head = ("", f"last, step {last.get('step')}", f"best, step {best.get('step')}")
    return [*_table(head, rows), "", protocol]


def _pages(history: History, license: str) -> list[str]:
    terms = (
        "No licence was chosen for the weights: who publishes them chooses one."
        if license == UNKNOWN
        else f"Licence of the weights: {license}."
    )
    credits = [
        "",
        f"Whom it owes{', for the pages in the picture above, too' if history.picture else ''}:",
        "",
        *(f"- {licence}" for licence in history.licences),
    ]
    return [
        history.pages or "Which pages it learned from is not known.",
        "",
        terms,
        *(credits if history.licences else []),
    ]


def _again(history: History) -> list[str]:
    about = history.environment
    commit, versions = about.get("git") or "", about.get("versions") or {}
    changed = [f"The code of {commit.removesuffix('-dirty')} had been changed without a commit.", ""]
    checkout = [f"git checkout {commit.removesuffix('-dirty')}"] if commit else []
    listed = ", ".join(f"{package} {number}" for package, number in versions.items())
    surroundings = f"Python {about.get('python')}, {listed}; devices: {', '.join(about.get('devices', []))}."
    return [
        *(["```", *checkout, history.command, "```", ""] if history.command else []),
        *(changed if commit.endswith("-dirty") else []),
        *([surroundings] if about else []),
    ]


def _number(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.4g}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles, *lines = [list(row) for row in (head, *rows)]
    return ["| " + " | ".join(line) + " |" for line in (titles, ["---"] * len(titles), *lines)]
