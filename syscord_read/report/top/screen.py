"""What ``top`` shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syscord_read.measure.activity import Activity
from syscord_read.measure.process_tree import ProcessTree
from syscord_read.measure.tally import Sums
from syscord_read.model.resources import display_name
from syscord_read.report.printable import printable
from syscord_read.write.tables import Heading, Table

_SECOND = 1_000_000_000

#: What can come first, and the keys that choose it.
ORDERS = {"c": "calls", "t": "time", "i": "waited", "e": "errors", "r": "read", "w": "written"}
_UNITS = ("", "K", "M", "G", "T", "P")


@dataclass(frozen=True)
class View:
    """How to show it: by what it is sorted, how many rows a table has, and over how many seconds sums are rates.

    ``seconds`` is None if they are no rates, but sums.
    """

    order: str = "calls"
    rows: int = 10
    seconds: float | None = None


def tables(activity: Activity, process_tree: ProcessTree, view: View, hosts: Sequence[str] = ()) -> list[Table]:
    """The busiest processes, files and peers.  ``hosts`` are those of the traces, if there are several."""
    # Who waits is not busy.
    order = "worked" if view.order == "time" else view.order
    processes = [
        (_process(process_tree, number, hosts), sums) for number, sums in activity.processes.busiest(order, view.rows)
    ]
    files = [(printable(display_name(name)), sums) for name, sums in activity.files.busiest(order, view.rows)]
    peers = [(printable(display_name(name)), sums) for name, sums in activity.peers.busiest(order, view.rows)]
    return [
        _table("Processes", "process", processes, view),
        _table("Files", "file", files, view),
        _table("Sockets", "peer", peers, view),
    ]


def _process(process_tree: ProcessTree, number: int, hosts: Sequence[str]) -> str:
    node = process_tree.nodes[number]
    host = f"{printable(hosts[node.trace].encode())}: " if node.trace < len(hosts) else ""
    return f"{host}{node.pid} {printable(node.name)}".rstrip()


def _table(title: str, label: str, rows: Sequence[tuple[str, Sums]], view: View) -> Table:
    suffix = "" if view.seconds is None else "/s"
    headings = [Heading(f"{name}{suffix}", width=9) for name in ("calls", "errors", "read", "written")]
    headings[2:2] = [Heading("time" if view.seconds is None else "busy", width=9), Heading("waiting", width=9)]
    headings.append(Heading(label, left=True, long=True))
    return Table(title, headings, [(*_cells(sums, view), name) for name, sums in rows])


def _cells(sums: Sums, view: View) -> tuple[str, ...]:
    """Calls, errors, time in calls, working and waiting, and bytes.  Of rates, the times are shares."""
    seconds = view.seconds or 1
    if not sums.timed:
        time = waiting = ""
    elif view.seconds is None:
        time, waiting = (f"{part / _SECOND:.3f}s" for part in (sums.worked, sums.waited))
    else:
        time, waiting = (f"{part / _SECOND / seconds * 100:.1f}%" for part in (sums.worked, sums.waited))
    counts = (sums.calls, sums.errors, sums.read, sums.written)
    calls, errors, read, written = (short_number(count / seconds) if count else "" for count in counts)
    return calls, errors, time, waiting, read, written


def short_number(number: float) -> str:
    """A number in at most four digits, with its unit behind it; units are powers of 1000."""
    unit = 0
    while number >= 9999.5 and unit < len(_UNITS) - 1:
        number /= 1000
        unit += 1
    return f"{number:.0f}{_UNITS[unit]}" if number >= 99.95 or number == int(number) else f"{number:.1f}{_UNITS[unit]}"
