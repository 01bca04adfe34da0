"""All that is summed up of a recording, while it is read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from syscord_read.measure.activity import Activity
from syscord_read.measure.process_tree import ProcessTree
from syscord_read.measure.resources import Resources
from syscord_read.measure.syscalls import Syscalls
from syscord_read.measure.tally import KEEP
from syscord_read.model.batch import Batch, Bools, Ints
from syscord_read.model.columns import distinct
from syscord_read.model.selection import Selection
from syscord_read.source import Source

#: Ended processes are forgotten, but for the busiest, when there are more than this.
PROCESSES_MAX = 4 * KEEP


@dataclass
class Recording:
    """Sums of the batches that were added.

    ``begin`` and ``end`` are of the records, in ns since the epoch, -1 if there are none, or they have no times.
    ``losses`` counts records by cause; 0 if nobody knows how many there are.  ``with_processes`` and
    ``with_resources``: that part of ``activity`` is wanted at all.
    """

    with_processes: bool = True
    with_resources: bool = True
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
        numbers = self.syscalls.add(batch, wanted)
        self._note_times(batch.time[wanted])
        self.cpus.update(cpu for cpu in distinct(batch.cpu[wanted])[0] if cpu >= 0)
        if self.with_processes:
            self.activity.add_processes(batch, wanted, self.process_tree.update(batch))
            if len(self.process_tree.nodes) > PROCESSES_MAX:
                self.process_tree.forget(self.activity.processes.places.keys())
        if self.with_resources:
            self.activity.add_uses(batch, wanted, self.resources.uses(batch))
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
) -> Recording:
    """Read all of a source; ``progress`` is told how many bytes were read more."""
    recording = Recording(with_processes=with_processes, with_resources=with_resources)
    for batch, wanted in source.masked_batches(selection, progress, everything=with_resources):
        recording.add(batch, wanted)
    return recording
