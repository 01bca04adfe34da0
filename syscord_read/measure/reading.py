"""Reads what is selected, and what must be known of the rest.

What a descriptor stands for was said by a call that the selection may leave out.  So whoever needs to know that reads
everything, and is told which rows are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syscord_read.model.batch import Batch, Bools
from syscord_read.model.select import Selection, Selector, paths_match
from syscord_read.source import Source


def read(
    source: Source,
    selection: Selection,
    progress: Callable[[int], None] | None = None,
    *,
    everything: bool = True,
    follow: bool = False,
) -> Iterator[tuple[Batch, Bools]]:
    """Batches, and which of their rows are wanted, all of which are syscalls.

    ``everything``: the rest is there too, up to the end of the selection's time.
    """
    if not everything:
        for batch in source.batches(selection, progress, follow=follow):
            yield batch, batch.is_call
        return
    asked = source.selector(selection)
    masks = _Masks(asked.selection, asked.since, asked.until)
    for batch in source.batches(Selection(until=selection.until), progress, follow=follow):
        yield batch, masks.mask(batch)


class _Masks(Selector):
    """A selector that says which rows are wanted, and leaves them where they are."""

    def mask(self, batch: Batch) -> Bools:
        """To be called once a batch, in order."""
        wanted = self.early(batch) & batch.is_call
        if self.selection.comms:
            wanted &= self._of_processes(batch)
        if self.selection.paths:
            wanted &= paths_match(batch, self.selection.paths)
        return wanted
