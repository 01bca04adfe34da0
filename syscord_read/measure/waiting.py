"""Which calls wait for somebody else, and which work: a trace has how long a call took, not how long its thread slept.

So all the time of a call that waits counts as waiting, the few µs in which it finds what it waits for included.  A call
waits if that is what it is for (poll, wait4, nanosleep ...), or if it takes what others give: from a socket, a pipe, a
terminal or the like, as far as the trace says what its descriptor is.  Waiting for a disk is no waiting here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from syscord_read.model.batch import Batch, Bools, Group, Ints
from syscord_read.model.columns import entry_numbers
from syscord_read.model.layout import Kind
from syscord_read.model.resources import Uses, is_socket

#: Calls that wait, whatever they are given.
WAITING = frozenset(
    {
        *("poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2"),
        *("wait4", "waitid", "nanosleep", "clock_nanosleep", "pause", "rt_sigsuspend", "rt_sigtimedwait"),
        *("io_getevents", "io_pgetevents", "msgrcv", "semop", "semtimedop", "mq_timedreceive", "connect"),
    }
)

#: Calls that take what others give: those of sockets, and those of which the descriptor says it.
RECEIVING = frozenset({"accept", "accept4", "recvfrom", "recvmsg", "recvmmsg"})
READING = frozenset({"read", "readv"})

# linux/futex.h, asm-generic/fcntl.h, asm-generic/errno-base.h.
_FUTEX_COMMAND = 0x7F
_FUTEX_WAITS = (0, 6, 9, 11, 13)  # WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2
_LOCK_NB = 4
_SETLKW = (7, 38)  # F_SETLKW, F_OFD_SETLKW
_EAGAIN, _EINPROGRESS = 11, 115

#: Calls of which only some wait, and how to tell these.
SOME: Mapping[str, Callable[[Group], Bools]] = {
    "futex": lambda group: np.isin(entry_numbers(group, "op") & _FUTEX_COMMAND, _FUTEX_WAITS),
    "flock": lambda group: entry_numbers(group, "op") & _LOCK_NB == 0,
    "fcntl": lambda group: np.isin(entry_numbers(group, "cmd"), _SETLKW),
}

#: What the names of descriptors begin with that others write to.
GIVERS = (b"pipe:[", b"anon_inode:", b"/dev/tty", b"/dev/pts/", b"/dev/ptmx", b"/dev/console", b"/dev/input/")


def waits(batch: Batch, uses: Uses) -> Bools:
    """Which rows are calls that wait; ``uses`` are all rows'."""
    always = batch.of_class(lambda each: each.kind is Kind.SYSCALL and each.name in WAITING | RECEIVING)
    reading = batch.of_class(lambda each: each.kind is Kind.SYSCALL and each.name in READING)
    found = always | (reading & _of_givers(len(batch), uses))
    # Who is told to come again has not waited.
    found &= ~np.isin(batch.ret, (-_EAGAIN, -_EINPROGRESS))
    for group in batch.group_list:
        if group.event_class.kind is Kind.SYSCALL and group.event_class.name in SOME:
            found[group.rows] = SOME[group.event_class.name](group)
    return found


def waited(batch: Batch, waiting: Bools) -> Ints:
    """For each row the ns that it waited; ``waiting``: which rows are calls that wait."""
    return np.where(waiting, np.maximum(batch.duration, 0), 0)


def _of_givers(rows: int, uses: Uses) -> Bools:
    """Which rows use something that others write to."""
    known = np.array([is_socket(name) or name.startswith(GIVERS) for name in uses.names], np.bool_)
    found = np.zeros(rows, np.bool_)
    if len(known):
        found[uses.rows[known[uses.which]]] = True
    return found
