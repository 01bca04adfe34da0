"""The page, made of sums.

Texts of the trace are hostile: a process chooses its paths and its name.  The template escapes all of them, the data
for the charts is JSON in which no tag can end, and the page's own policy lets no script run but its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from syscord_read.measure import summary, timeline
from syscord_read.measure.recording import Recording
from syscord_read.measure.slowest import Slowest
from syscord_read.measure.tally import Tally
from syscord_read.measure.timeline import Timeline
from syscord_read.model.resources import display_name
from syscord_read.model.selection import Selection
from syscord_read.model.times import timestamp
from syscord_read.report.page import format, tree
from syscord_read.report.printable import printable
from syscord_read.report.stat.sections import call_texts
from syscord_read.source import Source

#: Rows of the tables of files, peers and errors; syscalls that have a colour of their own; problems that are told.
ROWS, SERIES, PROBLEMS = 20, 8, 10
#: Rows of the tables of single calls.
CALLS = 10

#: Levels of the tree that are indented.
DEPTH = 12


@dataclass(frozen=True)
class Host:
    """One trace, and where it is of."""

    path: str
    name: str
    system: str


def make_page(source: Source, selection: Selection, progress: Callable[[int], None] | None = None) -> str:
    """Read all of a source; ``progress`` is told how many bytes were read more.  Returns the page."""
    recording, times = Recording(), Timeline()
    for batch, wanted in source.masked_batches(selection, progress):
        times.add(batch, wanted, recording.add(batch, wanted))
    times.coarsen()
    return render(source, recording, times)


def render(source: Source, recording: Recording, times: Timeline) -> str:
    """The page, in HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(format=format)
    style, script = _text("style.css"), _text("page.js")
    return environment.get_template("page.html.j2").render(
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'",
        data=_json(chart(recording, times)),
        **context(source, recording, times),
    )


def _text(name: str) -> str:
    return resources.files("syscord_read.report.page").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    """What a content security policy calls a script, or a style sheet, by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(value: Any) -> Markup:
    """JSON that can stand in a script element: nothing in it is taken for the element's end, or for a comment."""
    text = json.dumps(value, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def chart(recording: Recording, times: Timeline) -> dict[str, Any]:
    """What the charts are drawn from.  Times are in ns; ``begin`` is text, since it has more digits than a float."""
    totals = times.calls[: times.used].sum(axis=0)
    colours = _colours(recording, times)
    series = [{"name": name, "counts": times.calls[: times.used, number].tolist()} for name, number in colours]
    rest = np.setdiff1d(totals.nonzero()[0], [number for _, number in colours])
    if len(rest):
        counts = times.calls[: times.used, rest].sum(axis=1).tolist()
        series.append({"name": f"{len(rest)} others", "counts": counts, "rest": True})
    steps, rows = times.durations[: times.used].nonzero()
    first = int(rows.min(initial=timeline.ROWS)) if len(rows) else 0
    return {
        "begin": str(times.begin),
        "width": times.width,
        "steps": times.used,
        "series": series,
        "heat": {
            "least": [timeline.least_of(row) for row in range(first, int(rows.max(initial=first)) + 2)],
            "cells": np.stack([steps, rows - first, times.durations[steps, rows]], axis=1).reshape(-1).tolist(),
        },
    }


def _colours(recording: Recording, times: Timeline) -> list[tuple[str, int]]:
    """The syscalls that have colours of their own: those with most calls."""
    totals = times.calls.sum(axis=0)
    names = recording.syscalls.names
    order = sorted(range(len(totals)), key=lambda number: (-int(totals[number]), names[number]))
    several = SERIES if len(order) > SERIES + 1 else len(order)
    return [(names[number], number) for number in order[:several] if totals[number]]


def context(source: Source, recording: Recording, times: Timeline) -> dict[str, Any]:
    """What the template shows."""
    total = recording.syscalls.total()
    missing = [*source.problems, *source.cut_off]
    problems = [printable(str(problem).encode("utf-8", "surrogateescape")) for problem in missing]
    return {
        "version": _version(),
        "hosts": list(_hosts(source)),
        "tiles": list(_tiles(recording)),
        "begin": timestamp(recording.begin, "milliseconds") if recording.begin >= 0 else "",
        "end": timestamp(recording.end, "milliseconds") if recording.begin >= 0 else "",
        "lost": summary.losses(recording),
        "problems": problems[:PROBLEMS],
        "more_problems": len(problems) - PROBLEMS,
        "is_text": bool(source.texts),
        "timed": total.durations is not None,
        "total": total,
        "has_times": bool(times.used),
        "syscalls": _syscalls(recording, times),
        "errors": summary.errors(recording)[:ROWS],
        "more_errors": len(summary.errors(recording)) - ROWS,
        "files": _uses(recording.activity.files, total.time),
        "more_files": _more(recording.activity.files),
        "peers": _uses(recording.activity.peers, total.time),
        "more_peers": _more(recording.activity.peers),
        "slowest": _slowest(source, recording.slowest),
        "longest_waits": _slowest(source, recording.longest_waits),
        "tree": _tree(source, recording),
    }


def _version() -> str:
    try:
        return version("syscord")
    except PackageNotFoundError:
        return "of a working copy"


def _hosts(source: Source) -> Iterator[Host]:
    for trace in source.traces:
        env = {name: printable(str(text).encode()) for name, text in trace.layout.env.items()}
        system = " ".join(env[name] for name in ("sysname", "release", "machine") if env.get(name))
        yield Host(_path(trace.path), env.get("hostname", ""), system)
    for text in source.texts:
        yield Host(_path(text.path), "", "")


def _path(path: object) -> str:
    return printable(str(path).encode("utf-8", "surrogateescape"))


def _tiles(recording: Recording) -> Iterator[tuple[str, str, str]]:
    """Numbers that say most: what, how much, and what it is of."""
    total = recording.syscalls.total()
    span = recording.end - recording.begin
    rate = f"{format.count(round(total.calls / span * 1e9))} a second" if span > 0 else ""
    yield "Syscalls", format.count(total.calls), rate
    yield "Failed", format.percent(total.errors, total.calls), f"{format.count(total.errors)} calls"
    processes = len(recording.activity.processes) + recording.activity.processes.dropped
    cpus = f"on {len(recording.cpus)} CPU{'s' if len(recording.cpus) > 1 else ''}" if recording.cpus else ""
    yield "Processes", format.count(processes), cpus
    if span > 0:
        yield "Time span", format.duration(span), ""
    if total.durations:
        yield "Median call", format.duration(total.durations.p50), f"99 % within {format.duration(total.durations.p99)}"
        yield "Longest call", format.duration(total.durations.longest), ""
        yield "Waiting", format.percent(total.waited, total.time), "of the time in calls"


def _syscalls(recording: Recording, times: Timeline) -> list[dict[str, Any]]:
    colours = {name: place for place, (name, _) in enumerate(_colours(recording, times))}
    rows = summary.syscalls(recording, summary.order_of(recording, None))
    return [{"row": row, "name": printable(row.name.encode()), "colour": colours.get(row.name)} for row in rows]


def _uses(tally: Tally[bytes], time: int) -> list[dict[str, Any]]:
    """The busiest: by time, if that is known, else by calls."""
    rows = tally.busiest("time" if time else "calls", ROWS)
    return [{"name": format.shorten(printable(display_name(name))), "sums": sums} for name, sums in rows]


def _slowest(source: Source, slowest: Slowest) -> list[dict[str, Any]]:
    chosen = slowest.calls[:CALLS]
    return [
        {
            "duration": each.duration,
            "began": timestamp(each.began),
            "who": f"{printable(each.comm)} {each.call.tid}".strip(),
            "text": format.shorten(text),
        }
        for each, text in zip(chosen, call_texts(source, chosen), strict=True)
    ]


def _more(tally: Tally[bytes]) -> int:
    return len(tally) + tally.dropped - ROWS


def _tree(source: Source, recording: Recording) -> list[dict[str, Any]]:
    hosts = [printable(str(trace.layout.env.get("hostname", "")).encode()) for trace in source.traces]
    lines = tree.lines(recording)
    return [
        {
            "line": line,
            "depth": min(line.depth, DEPTH),
            "parent": place + 1 < len(lines) and lines[place + 1].depth > line.depth,
            "names": [printable(name) for name in line.node.names] if line.node else [],
            "exe": format.shorten(printable(line.node.exe)) if line.node else "",
            "host": hosts[line.node.trace] if line.node and len(hosts) > 1 else "",
        }
        for place, line in enumerate(lines)
    ]
