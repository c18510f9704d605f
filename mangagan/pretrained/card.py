"""The model card: README.md of a model folder, in the format of the Hugging Face Hub."""

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
    """What is known of how a model was trained.

    Attributes:
        origin: A sentence: which weights these are.
        command: The command that trains the model again.
        environment: The last line of a run's `environment.jsonl`.
        evaluations: The lines of its `metrics.jsonl` with metrics of held-out pages.
        training_set: A sentence on the training set.
        licences: Authors and licences of the training set, a line each.
        picture: The run's last sample grid, a PNG.
        notes: Markdown by the model's authors: metrics of their own, known weaknesses.
    """

    origin: str
    command: str = ""
    environment: Mapping[str, Any] = field(default_factory=dict)
    evaluations: Sequence[Mapping[str, float]] = ()
    training_set: str = ""
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
    """Return the card of a model: Markdown behind a YAML front matter.

    Args:
        name: The model's name, which is that of its folder.
        experiment: The model's experiment.
        variables: The generator's variables, or their shapes.
        history: How the model was trained.
        dtype: Dtype of the stored parameters.
        license: The chosen licence; see `weights_license`.
    """
    license = weights_license(license, history.licences)
    sections = {
        f"# {name}": _description(experiment, variables, history, dtype),
        "## Use": usage(name, experiment, trained_here=bool(history.training_set)),
        "## Metrics": _metrics(experiment, history),
        "## Training set and licences": _training_set(history, license),
        "## Reproduce": _reproduce(history),
    }
    body = [line for title, lines in sections.items() if lines for line in (title, "", *lines, "")]
    if history.notes:
        index = body.index("## Training set and licences")
        body[index:index] = [history.notes.strip(), ""]
    return "\n".join([*_front_matter(experiment, license), "", *body])


def _front_matter(experiment: Experiment, license: str) -> list[str]:
    scheme, _, source = experiment.data.source.partition(":")
    # Only the name of a data set on the Hub is allowed under `datasets`; a local path would be refused, and be public.
    on_the_hub = scheme == "hf" and re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", source)
    # A JSON string is a YAML string too, whatever it contains.
    lines = [f"license: {json.dumps(license)}", "library_name: mangagan", "pipeline_tag: image-to-image", "tags:"]
    lines += [f"- {tag}" for tag in ("jax", "flax", "gan", "colorization", "manga")]
    lines += ["datasets:", f"- {json.dumps(source)}"] if on_the_hub else []
    return ["---", *lines, "---"]


def _description(experiment: Experiment, variables: Variables, history: History, dtype: str) -> list[str]:
    task = experiment.task
    count = sum(leaf.size for leaf in jax.tree.leaves(variables.params))
    summary = (inspect.getdoc(inspect.getmodule(task)) or type(task).__name__).partition("\n")[0]
    rows = [
        ("task", f"`{type(task).__name__}`"),
        ("generator", f"`{type(task.generator).__name__}`, {count:,} parameters, stored as {dtype}"),
    ]
    legend = "Held-out pages: input, output of the newest weights, output of the averaged weights (this model), truth"
    return [
        summary,
        "",
        f"{history.origin} Made with mangagan, in JAX and Flax; `config.json` has every value of the experiment.",
        "",
        *_table(("", ""), rows),
        *(["", f"![{legend}]({PICTURE})"] if history.picture else []),
    ]


def _metrics(experiment: Experiment, history: History) -> list[str]:
    if not history.evaluations:
        return []
    train, last = experiment.train, history.evaluations[-1]
    sign, word = (-1, "highest") if train.keep_best in HIGHEST_IS_BEST else (1, "lowest")
    # Lines may lack the metric, where a run was continued with another `keep_best`; those never win.
    best = min(history.evaluations, key=lambda line: sign * line.get(train.keep_best, sign * float("inf")))
    names = [name for name in last if name.startswith("evaluation/")]
    rows = [(name.removeprefix("evaluation/"), *(_number(line.get(name)) for line in (last, best))) for name in names]
    protocol = (
        f"Averaged weights (decay {train.ema_decay:g}), on the centre crops of at most {train.evaluation_pages} pages "
        f"from held-out works of `{experiment.data.source}`: CIEDE2000 to the truth (`_input`: of the grey input; "
        "`gain`: the share by which it fell), PSNR in dB, `l1` of sRGB in [0, 1], mean chroma in CIE Lab; means over "
        f"pages of means over pixels. Best is the {word} `{train.keep_best}`."
    )
    head = ("", f"last, step {last.get('step')}", f"best, step {best.get('step')}")
    return [*_table(head, rows), "", protocol]


def _training_set(history: History, license: str) -> list[str]:
    terms = (
        "No licence was chosen for the weights: who publishes them chooses one."
        if license == UNKNOWN
        else f"Licence of the weights: {license}."
    )
    credits = [
        "",
        f"Credits{', also for the pages in the picture above' if history.picture else ''}:",
        "",
        *(f"- {licence}" for licence in history.licences),
    ]
    return [
        history.training_set or "The training set is not known.",
        "",
        terms,
        *(credits if history.licences else []),
    ]


def _reproduce(history: History) -> list[str]:
    environment = history.environment
    commit, versions = environment.get("git") or "", environment.get("versions") or {}
    changed = [f"The code of {commit.removesuffix('-dirty')} had uncommitted changes.", ""]
    checkout = [f"git checkout {commit.removesuffix('-dirty')}"] if commit else []
    packages = ", ".join(f"{package} {number}" for package, number in versions.items())
    line = f"Python {environment.get('python')}, {packages}; devices: {', '.join(environment.get('devices', []))}."
    return [
        *(["```", *checkout, history.command, "```", ""] if history.command else []),
        *(changed if commit.endswith("-dirty") else []),
        *([line] if environment else []),
    ]


def _number(metric: float | None) -> str:
    return "" if metric is None else f"{metric:.4g}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles, *lines = [list(row) for row in (head, *rows)]
    return ["| " + " | ".join(line) + " |" for line in (titles, ["---"] * len(titles), *lines)]
