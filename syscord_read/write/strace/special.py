"""What is particular about syscalls, in tables by name; everything else ``arguments`` does by type.

``ARGUMENTS``       how an argument is written, by the label of a field that came of it
``UNRECORDED``      what stands for an argument that no field came of, by its place
``LATE``            the argument at which strace begins to write only when the call ends, where types do not tell
``WRITTEN_BEHIND``  fields that are no part of an argument's text, since a remark has them
``CALLS``           all arguments at once: those of the call's beginning, and of its end
``RESULTS``         how a result that is no error is written; "" where its type says it
``NOTES``           a remark behind the result
"""

from __future__ import annotations

from collections.abc import Mapping

from syscord_read.write.strace import files, memory, network, processes, waiting
from syscord_read.write.strace.view import Arguments, Parts, Writer

ARGUMENTS: Arguments = {
    **files.ARGUMENTS,
    **memory.ARGUMENTS,
    **network.ARGUMENTS,
    **processes.ARGUMENTS,
    **waiting.ARGUMENTS,
}
UNRECORDED: Mapping[tuple[str, int], Writer] = processes.UNRECORDED
LATE: Mapping[str, str] = {"clock_nanosleep": "rem", "getdents64": "at", "nanosleep": "rem", "gettimeofday": "time"}
WRITTEN_BEHIND: Mapping[str, tuple[str, ...]] = waiting.WRITTEN_BEHIND
CALLS: Mapping[str, Parts] = {
    **files.CALLS,
    **network.CALLS,
    **processes.CALLS,
    **waiting.CALLS,
}
RESULTS: Mapping[str, Writer] = files.RESULTS
NOTES: Mapping[str, Writer] = {**files.NOTES, **processes.NOTES, **waiting.NOTES}
