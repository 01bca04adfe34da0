"""The figures as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bench.rows import Row

MARKERS = {"syscord": "o", "floor": "_", "ftrace": "s", "perf-trace": "P", "lttng": "D", "sysdig": "^", "strace": "X"}
WIDTH = 0.8  # of the place that one workload has
LEAST = 1.0  # instructions below which the axis is linear: there is no logarithm of nothing


def draw(rows: Sequence[Row], path: Path) -> Path:
    """What each tracer adds to an operation of each workload, on a logarithmic axis, as SVG. Returns PATH."""
    workloads = list(dict.fromkeys(row.workload for row in rows))
    tracers = list(dict.fromkeys((row.tracer, row.variant) for row in rows))
    figure = Figure(figsize=(12, 6.5), layout="constrained")
    axes = figure.add_subplot()
    colours = matplotlib.colormaps["tab20"]
    for number, (tracer, variant) in enumerate(tracers):
        points = [
            (workloads.index(row.workload), row) for row in rows if (row.tracer, row.variant) == (tracer, variant)
        ]
        shift = WIDTH * ((number + 0.5) / len(tracers) - 0.5)
        axes.plot(
            [place + shift for place, _ in points],
            [max(row.added_per_op, 0.0) for _, row in points],
            MARKERS.get(tracer, "o"),
            color=colours(number % 20),
            markersize=8,
            clip_on=False,
            label=f"{tracer} {variant}".strip(),
        )
    axes.set_yscale("symlog", linthresh=LEAST)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_ylim(bottom=0)
    axes.set_xticks(range(len(workloads)), workloads)
    for border in range(1, len(workloads)):
        axes.axvline(border - 0.5, color="0.8", linewidth=0.8)
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)
    axes.set_ylabel("instructions added to one operation")
    if rows:
        axes.set_title(f"What tracing adds: {rows[0].arch}, Linux {rows[0].kernel}", loc="left")
    figure.legend(loc="outside right upper", frameon=False)
    figure.savefig(path, format="svg", metadata={"Date": None})
    return path
