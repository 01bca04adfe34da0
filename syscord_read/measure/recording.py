"""All that is summed up of a recording, while it is read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from syscord_read.measure.activity import Activity
from syscord_read.measure.process_tree import ProcessTree
from syscord_read.measure.slowest import KEEP, Slowest
from syscord_read.measure.syscalls import Syscalls
from syscord_read.measure.tally import KEEP as KEEP_KEYS
from syscord_read.measure.waiting import waited, waits
from syscord_read.model.batch import Batch, Bools, Ints
from syscord_read.model.columns import distinct
from syscord_read.model.resources import Resources
from syscord_read.model.selection import Selection
from syscord_read.source import Source

#: Ended processes are forgotten, but for the busiest, when there are more than this.
PROCESSES_MAX = 4 * KEEP_KEYS


@dataclass
class Recording:
    """Sums of the batches that were added.

    ``begin`` and ``end`` are of the records, in ns since the epoch, -1 if there are none, or they have no times.
    ``losses`` counts records by cause; 0 if nobody knows how many there are.  ``slowest`` are the single calls that
    worked longest, ``longest_waits`` those that waited.  ``with_processes``, ``with_resources``, ``with_slowest``: that
    part is wanted.
    """

    with_processes: bool = True
    with_resources: bool = True
    with_slowest: bool = True
    slowest: Slowest = field(default_factory=Slowest)
    longest_waits: Slowest = field(default_factory=Slowest)
    syscalls: Syscalls = field(default_factory=Syscalls)
    activity: Activity = field(default_factory=Activity)
    process_tree: ProcessTree = field(default_factory=ProcessTree)
    resources: Resources = field(default_factory=Resources)
    losses: Counter[str] = field(default_factory=Counter)
    cpus: set[int] = field(default_factory=set)
    begin: int = -1
    end: int = -1

    def add(self, batch: Batch, wanted: Bools) -> Ints:
        """Add the rows that are wanted, which are syscalls.  Returns the numbers of all rows' syscalls."""
        for loss in batch.losses:
            self.losses[loss.cause] += max(loss.count, 0)
        uses = self.resources.uses(batch)
        waiting = waits(batch, uses)
        spent = waited(batch, waiting)
        numbers = self.syscalls.add(batch, wanted, spent)
        self._note_times(batch.time[wanted])
        self.cpus.update(cpu for cpu in distinct(batch.cpu[wanted])[0] if cpu >= 0)
        if self.with_processes or self.with_slowest:
            self.activity.add_processes(batch, wanted, self.process_tree.update(batch), spent)
            if len(self.process_tree.nodes) > PROCESSES_MAX:
                self.process_tree.forget(self.activity.processes.places.keys())
        if self.with_slowest:
            who = self.process_tree.identities, self.process_tree.processes.known
            self.slowest.add(batch, wanted & ~waiting, *who)
            self.longest_waits.add(batch, wanted & waiting, *who)
        if self.with_resources:
            self.activity.add_uses(batch, wanted, uses, spent)
        return numbers

    def _note_times(self, times: Ints) -> None:
        if len(times) and times[0] >= 0:
            # The order may have been given up, so the first time need not be the least.
            least = int(times.min())
            self.begin = least if self.begin < 0 else min(self.begin, least)
            self.end = max(self.end, int(times.max()))


def sum_up(
    source: Source,
    selection: Selection,
    progress: Callable[[int], None] | None = None,
    *,
    with_processes: bool = True,
    with_resources: bool = True,
    slowest: int = KEEP,
) -> Recording:
    """Read all of a source; ``progress`` is told how many bytes were read more.

    ``slowest``: so many single calls are kept.
    """
    recording = Recording(with_processes, with_resources, slowest > 0, Slowest(slowest), Slowest(slowest))
    # Whether a read waits depends on what its descriptor is: the call that opened it may not be selected.
    for batch, wanted in source.masked_batches(selection, progress):
        recording.add(batch, wanted)
    return recording
