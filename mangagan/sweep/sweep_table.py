"""Write a sweep's findings into its folder, as Markdown for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from mangagan.evaluate.metrics.metric import METRICS, bare_input_text
from mangagan.evaluate.result import input_title
from mangagan.evaluate.statistics.significance import LEVEL, MetricDifference, caution, p_text
from mangagan.evaluate.table import escape_markdown, markdown_table
from mangagan.images.atomic import write_atomically
from mangagan.sweep.findings import TESTED, Cell, Findings, Row

# The metrics of the Markdown table; the JSON file has all.
COLUMNS = (
    "ciede2000",
    "psnr",
    "psnr_ab",
    "ssim",
    "lpips_alex",
    "ab_histogram",
    "vfd",
    "fid",
    "consistency",
    "ink",
    "colorfulness",
)


def write_tables(folder: Path, findings: Findings) -> Path:
    """Write `table.md` and `table.json`, and return the first. Equal findings give equal files, to the bit."""
    content = json.dumps(asdict(findings), indent=1, allow_nan=False) + "\n"
    write_atomically(folder / "table.json", content.encode())
    write_atomically(folder / "table.md", markdown(findings).encode())
    return folder / "table.md"


def markdown(findings: Findings) -> str:
    """Return a table for each kind of input, the significant differences, and the missing runs as Markdown."""
    parts = [f"# {escape_markdown(findings.title)}\n", _header(findings)]
    for kind in dict.fromkeys(row.kind for row in findings.rows):
        rows = [row for row in findings.rows if row.kind == kind]
        parts += [f"## Input: {input_title(kind)}\n", _table(rows), _below(rows)]
        parts += [_differences(findings.differences[kind]), _caution(findings.differences[kind])]
    if findings.missing:
        parts += ["## Without a result\n", "".join(f"- {name}\n" for name in findings.missing)]
    return "\n".join(filter(None, parts))


def _header(findings: Findings) -> str:
    if not findings.rows:
        return "No run has a result yet.\n"
    protocol, seeds = findings.protocol, findings.seeds
    works = protocol.get("works", ())
    count = f"{protocol['pages']} pages" if "pages" in protocol else "Pages"
    titles = f" of {len(works)} works" if isinstance(works, Sequence) and works else ""
    data = escape_markdown(str(protocol.get("data", "?")))
    header = f"{count}{titles} held out of {data}, evaluated by protocol {protocol.get('name', '?')}"
    if "window" in protocol:
        header += f", in crops of {protocol['window']} pixels scaled to {protocol['size'][0]}"
    if len(seeds) == 1:
        return (
            f"{header}. One seed, {seeds[0]}: means over pages, in brackets their 95 % intervals over works. "
            "Significance is that of these trained networks, not of training them again.\n"
        )
    listed = ", ".join(map(str, seeds))
    return (
        f"{header}. Seeds {listed}: means over pages and seeds, ± half of their 95 % interval over seeds (Student).\n"
    )


def _table(rows: Sequence[Row]) -> str:
    names = [name for name in COLUMNS if any(name in row.metrics for row in rows)]
    best = {name: _best(name, rows) for name in names}
    lines = []
    for row in rows:
        cells = [_cell(name, row.metrics.get(name), row.label in best[name]) for name in names]
        parameters = "-" if row.parameters is None else f"{row.parameters:,}"
        lines.append([row.label + ("*" if row.other else ""), str(len(row.seeds)), *cells, parameters])
    return markdown_table(["run", "seeds", *(METRICS[name].heading for name in names), "parameters"], lines)


def _below(rows: Sequence[Row]) -> str:
    means = {name: cell.mean for row in rows if not row.other for name, cell in row.metrics.items()}
    lines = list(filter(None, [bare_input_text(means)]))
    lines += (
        [f"Colourfulness of the truth: {means['colorfulness_truth']:.2f}."] if "colorfulness_truth" in means else []
    )
    lines += [f"\\* {row.label} is not compared: {escape_markdown('; '.join(row.other))}." for row in rows if row.other]
    return "".join(f"{line}\n\n" for line in lines)[:-1]


def _differences(differences: Sequence[MetricDifference]) -> str:
    if not differences:
        return ""
    metrics = ", ".join(METRICS[name].title for name in TESTED if any(one.metric == name for one in differences))
    significant = [one for one in differences if one.significant]
    count = f"{len(significant)} of {len(differences)} differences ({metrics})"
    header = (
        f"{count} are significant at {LEVEL:.0%}: Student's t, "
        "paired over works and seeds, corrected after Holm for all differences of a metric in this table.\n"
    )
    return header + "".join(f"\n- {_described(one)}" for one in significant) + ("\n" if significant else "")


def _caution(differences: Sequence[MetricDifference]) -> str:
    warning = caution(min(one.comparison.works for one in differences)) if differences else ""
    return f"{warning}\n" if warning else ""


def _described(difference: MetricDifference) -> str:
    metric, found = METRICS[difference.metric], difference.comparison
    one, other, sign = difference.one, difference.other, 1
    if found.difference * (metric.better or 1) < 0:
        one, other, sign = other, one, -1
    low, high = sorted(sign * limit for limit in (found.low, found.high) if limit is not None) or (None, None)
    size = f"{metric.format(sign * found.difference, '+')} {metric.interval(low, high, '+')}".rstrip()
    return (
        f"{metric.title}: `{one}` is {'better' if metric.better else 'higher'} than `{other}`: "
        f"{size}, {p_text(difference.p)}"
    )


def _cell(name: str, cell: Cell | None, bold: bool) -> str:
    if cell is None:
        return "-"
    metric = METRICS[name]
    mean = f"**{metric.format(cell.mean)}**" if bold else metric.format(cell.mean)
    if cell.low is None or cell.high is None:
        return mean
    half = f"± {metric.format((cell.high - cell.low) / 2)}"
    return f"{mean} {half if len(cell.seeds) > 1 else metric.interval(cell.low, cell.high)}"


def _best(name: str, rows: Sequence[Row]) -> set[str]:
    rivals = [row for row in rows if name in row.metrics and not row.other]
    # A mean over fewer seeds than the others may be better by chance alone.
    most = max((len(row.seeds) for row in rivals), default=0)
    means = {row.label: row.metrics[name].mean for row in rivals if len(row.seeds) == most}
    return METRICS[name].best(means)
