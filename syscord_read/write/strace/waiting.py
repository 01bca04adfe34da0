"""Waiting for events and for time, as strace's decoders write what is particular about the syscalls."""

from __future__ import annotations

from collections.abc import Mapping

from syscord_read.model.value import Missing
from syscord_read.write.strace import format, structs
from syscord_read.write.strace.kernel import (
    EPOLL_CTL_DEL,
    FUTEX_BITSET_MATCH_ANY,
    FUTEX_CLOCK_REALTIME,
    FUTEX_COMMAND,
    FUTEX_COMPARISONS,
    FUTEX_OPERATIONS,
    FUTEX_PRIVATE_FLAG,
    NEWER_FUTEX,
)
from syscord_read.write.strace.processes import sigset
from syscord_read.write.strace.view import UNKNOWN, Arguments, Parts, View, Writer, for_each, nothing

# poll and select


def _left(view: View) -> str:
    """The time that was left, where the kernel says."""
    value = view.exit("left")
    if not isinstance(value, Mapping):
        return ""
    return f"left {structs.timespec(value) if 'nsec' in value else structs.timeval(value)}"


def _poll_note(view: View) -> str:
    """What came, behind the result (decode_poll_exiting)."""
    if view.failed:
        return ""
    if not view.call.ret:
        return "Timeout"
    field = next((field for field in view.call.event_class.exit if field.label == "ready"), None)
    value = view.exit("ready")
    found = [each for each in value if isinstance(each, Mapping)] if isinstance(value, tuple) else []
    came = [structs.ready(each, field) for each in found if field and each["revents"]]
    return ", ".join(part for part in (format.listed(came, view.limit) if came else "", _left(view)) if part)


def _select_note(view: View) -> str:
    """Which descriptors are ready, strace says here too (decode_select); that is not recorded."""
    if view.failed:
        return ""
    return _left(view) if view.call.ret else "Timeout"


# futex

#: The operations that take FUTEX_CLOCK_REALTIME.
WITH_CLOCK = frozenset({"FUTEX_WAIT", "FUTEX_WAIT_BITSET", "FUTEX_WAIT_REQUEUE_PI"})

#: What stands behind the operation, in this order: labels of fields, and ways of writing them.  By the number without
#: the bits above it, whatever these are, and whether or not the trace has a name for it.
FUTEX: Mapping[int, tuple[str, ...]] = {
    0: ("val", "timeout"),  # FUTEX_WAIT
    1: ("val",),  # FUTEX_WAKE
    2: ("val",),  # FUTEX_FD
    3: ("val", "val2", "addr2"),  # FUTEX_REQUEUE
    4: ("val", "val2", "addr2", "val3"),  # FUTEX_CMP_REQUEUE
    5: ("val", "val2", "addr2", "wake"),  # FUTEX_WAKE_OP
    6: ("timeout",),  # FUTEX_LOCK_PI
    7: (),  # FUTEX_UNLOCK_PI
    8: (),  # FUTEX_TRYLOCK_PI
    9: ("val", "timeout", "bits"),  # FUTEX_WAIT_BITSET
    10: ("val", "bits"),  # FUTEX_WAKE_BITSET
    11: ("val", "timeout", "addr2"),  # FUTEX_WAIT_REQUEUE_PI
    12: ("val", "val2", "addr2", "val3"),  # FUTEX_CMP_REQUEUE_PI
    13: ("timeout",),  # FUTEX_LOCK_PI2
}
UNKNOWN_FUTEX = ("val", "timeout", "addr2", "hex3")


def futex_operation(view: View) -> tuple[str, str]:
    """The name of an operation without its flags, and how strace writes it with them."""
    value = (view.number("op") or 0) & 0xFFFF_FFFF
    symbols = view.symbols("futex_ops")
    flags = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME
    name = (symbols.labels.get(value & ~flags) if symbols else None) or NEWER_FUTEX.get(value & ~flags, "")
    if not name or (value & FUTEX_CLOCK_REALTIME and name not in WITH_CLOCK):
        return name, format.hexadecimal(value) + format.comment(UNKNOWN["futex_ops"])
    private = "_PRIVATE" if value & FUTEX_PRIVATE_FLAG else ""
    clock = "|FUTEX_CLOCK_REALTIME" if value & FUTEX_CLOCK_REALTIME else ""
    return name, f"{name}{private}{clock}"


def _futex(view: View) -> str:
    _, operation = futex_operation(view)
    ways = FUTEX.get((view.number("op") or 0) & FUTEX_COMMAND, UNKNOWN_FUTEX)
    shown = [WRITERS_BY_NAME[way](view) for way in ways]
    return ", ".join([format.address(view.number("addr") or 0), operation, *shown])


def _bits(view: View) -> str:
    value = (view.number("val3") or 0) & 0xFFFF_FFFF
    return "FUTEX_BITSET_MATCH_ANY" if value == FUTEX_BITSET_MATCH_ANY else format.hexadecimal(value)


def _wake(view: View) -> str:
    """What is to be done with the second word, and compared (do_futex)."""
    value = (view.number("val3") or 0) & 0xFFFF_FFFF
    operation, comparison = value >> 28 & 0x7, value >> 24 & 0xF
    shift = "FUTEX_OP_OPARG_SHIFT<<28|" if value >> 28 & 0x8 else ""
    first = _name(operation, FUTEX_OPERATIONS, 28, "FUTEX_OP_???")
    second = _name(comparison, FUTEX_COMPARISONS, 24, "FUTEX_OP_CMP_???")
    argument, compared = (format.hexadecimal(part) for part in (value >> 12 & 0xFFF, value & 0xFFF))
    return f"{shift}{first}|{argument}<<12|{second}|{compared}"


def _name(value: int, names: tuple[str, ...], shift: int, unknown: str) -> str:
    if value < len(names):
        return f"{names[value]}<<{shift}"
    return f"{format.hexadecimal(value)}<<{shift}{format.comment(unknown)}"


#: Each way of writing an argument of futex().
WRITERS_BY_NAME: Mapping[str, Writer] = {
    "val": lambda view: format.unsigned(view.number("val") or 0, 32),
    "val2": lambda view: format.unsigned(view.number("timeout") or 0, 32),
    "val3": lambda view: format.unsigned(view.number("val3") or 0, 32),
    "hex3": lambda view: format.hexadecimal(view.number("val3") or 0, 32),
    "addr2": lambda view: format.address(view.number("addr2") or 0),
    "timeout": lambda view: format.address(view.number("timeout") or 0),
    "bits": _bits,
    "wake": _wake,
}


def _event(view: View) -> str:
    """What is waited for; of no interest where the waiting ends (SYS_FUNC(epoll_ctl))."""
    value = view.entry("event")
    if value is Missing.NULL:
        return format.NULL
    if not isinstance(value, Mapping) or view.number("op") == EPOLL_CTL_DEL:
        return view.address("event")
    field = next(field for field in view.call.event_class.entry if field.label == "event")
    return structs.write(view, value, field)


ARGUMENTS: Arguments = {
    "epoll_ctl": {"event": _event},
    **for_each(("ppoll", "epoll_pwait"), {"sigmask": sigset("sigmask")}),
}

CALLS: Mapping[str, Parts] = {"futex": (_futex, nothing)}

NOTES: Mapping[str, Writer] = {
    **for_each(("poll", "ppoll"), _poll_note),
    **for_each(("select", "pselect6"), _select_note),
}

#: What the kernel writes that strace writes behind the result.
WRITTEN_BEHIND: Mapping[str, tuple[str, ...]] = {
    "poll": ("ready",),
    "ppoll": ("ready", "left"),
    **for_each(("select", "pselect6"), ("left",)),
}
