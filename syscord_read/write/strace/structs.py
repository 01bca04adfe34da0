"""Structs as strace writes them, by the handlers' types.  ``members`` are the record's, by label."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from syscord_read.model.layout import Field, Member
from syscord_read.write.strace import format
from syscord_read.write.strace.kernel import (
    CLONE3_FLAGS,
    CLONE_ARGS_SIZES,
    CLONE_CHILD_CLEARTID,
    CLONE_CHILD_SETTID,
    CLONE_INTO_CGROUP,
    CLONE_PARENT_SETTID,
    CLONE_PIDFD,
    CLONE_SETTLS,
    E2BIG,
    SIGNAL_HANDLERS,
    ST_VALID,
    STATFS_FLAGS,
    STATX_MODE,
    STATX_SIZE,
    STATX_TYPE,
    UTIME_NOW,
    UTIME_OMIT,
)
from syscord_read.write.strace.view import UNKNOWN, View, flags

Members = Mapping[str, int]
Writer = Callable[[View, Members, Field], str]

INT64_MAX = (1 << 63) - 1


def write(view: View, members: Members, field: Field) -> str:
    """A struct, as strace writes one of its type; one that it does not know by the record's labels."""
    return WRITERS.get(field.type, _plain)(view, members, field)


def _plain(view: View, members: Members, field: Field) -> str:
    return format.struct((member.label, _member(view, members, member)) for member in field.members)


def _member(view: View, members: Members, member: Member) -> str:
    return view.integer(members[member.label], member.type, member.integer)


def timespec(members: Members) -> str:
    """A time, to the nanosecond (print_timespec_t)."""
    return format.struct((("tv_sec", str(members["sec"])), ("tv_nsec", format.unsigned(members["nsec"]))))


def timeval(members: Members) -> str:
    """A time, to the microsecond (print_timeval_t)."""
    return format.struct((("tv_sec", str(members["sec"])), ("tv_usec", format.unsigned(members["usec"]))))


def file_time(members: Members) -> str:
    """A time that a file is to have (print_timespec_t_utime)."""
    match members["nsec"]:
        case nsec if nsec == UTIME_NOW:
            return "UTIME_NOW"
        case nsec if nsec == UTIME_OMIT:
            return "UTIME_OMIT"
        case nsec:
            return timespec(members) + format.comment(format.moment(members["sec"], nsec))


def _stat(_: View, members: Members, __: Field) -> str:
    mode = members["mode"]
    is_device = format.mode(mode).startswith(("S_IFCHR", "S_IFBLK"))
    device = format.device(members["rdev"]) if "rdev" in members else format.NO_VALUE
    size = ("st_rdev", device) if is_device else ("st_size", format.unsigned(members["size"]))
    return _and_more(("st_mode", format.mode(mode)), size)


def _and_more(*members: tuple[str, str]) -> str:
    """A struct of which strace does not show all (abbrev)."""
    return format.struct(members)[:-1] + ", ...}"


def _statx(view: View, members: Members, field: Field) -> str:
    by_label = {member.label: member for member in field.members}
    mask = members["mask"]
    shown = [("stx_mask", _member(view, members, by_label["mask"]))]
    attributes = _member(view, members, by_label["attributes"]) if "attributes" in by_label else format.NO_VALUE
    shown.append(("stx_attributes", attributes))
    if mask & (STATX_TYPE | STATX_MODE):
        shown.append(("stx_mode", format.mode(members["mode"])))
    if mask & STATX_SIZE:
        shown.append(("stx_size", str(members["size"])))
    return _and_more(*shown)


def _statfs(view: View, members: Members, field: Field) -> str:
    by_label = {member.label: member for member in field.members}
    numbers = ("bsize", "blocks", "bfree", "bavail", "files", "ffree")
    shown = [("f_type", _member(view, members, by_label["type"]))]
    shown += [(f"f_{label}", format.unsigned(members[label])) for label in numbers]
    fsid = [format.hexadecimal(members[label]) for label in ("fsid0", "fsid1") if label in members]
    shown.append(("f_fsid", format.struct((("val", f"[{', '.join(fsid)}]" if fsid else format.NO_VALUE),))))
    shown += [(f"f_{label}", format.unsigned(members[label])) for label in ("namelen", "frsize")]
    if members["flags"] & ST_VALID:
        shown.append(("f_flags", format.flags(members["flags"], STATFS_FLAGS, "ST_???")))
    return format.struct(shown)


def _sysinfo(_: View, members: Members, __: Field) -> str:
    names = (
        *("totalram", "freeram", "sharedram", "bufferram", "totalswap", "freeswap"),
        *("procs", "totalhigh", "freehigh", "mem_unit"),
    )
    loads = [str(members[label]) for label in ("load1", "load5", "load15") if label in members]
    shown = [("uptime", str(members["uptime"])), ("loads", f"[{', '.join(loads)}]" if loads else format.NO_VALUE)]
    shown += [(name, str(members[name]) if name in members else format.NO_VALUE) for name in names]
    return format.struct(shown)


def limit(value: int) -> str:
    """How much a process may have of something (print_rlim64_t)."""
    if value == 0xFFFF_FFFF_FFFF_FFFF:
        return "RLIM64_INFINITY"
    return f"{value // 1024}*1024" if value > 1024 and value % 1024 == 0 else str(value)


def _rlimit(_: View, members: Members, __: Field) -> str:
    return format.struct((("rlim_cur", limit(members["cur"])), ("rlim_max", limit(members["max"]))))


def _sigaction(view: View, members: Members, field: Field) -> str:
    by_label = {member.label: member for member in field.members}
    handler = members["handler"]
    signed = handler if handler <= INT64_MAX else handler - (1 << 64)
    shown = [
        ("sa_handler", SIGNAL_HANDLERS.get(signed) or format.address(handler)),
        ("sa_mask", format.signals(members["mask"]) if "mask" in members else format.NO_VALUE),
        ("sa_flags", _member(view, members, by_label["flags"])),
    ]
    symbols = by_label["flags"].integer.symbols
    if symbols and members["flags"] & symbols.values.get("SA_RESTORER", 0):
        restorer = format.address(members["restorer"]) if "restorer" in members else format.NO_ADDRESS
        shown.append(("sa_restorer", restorer))
    return format.struct(shown)


def _sigaltstack(view: View, members: Members, field: Field) -> str:
    flags = next(member for member in field.members if member.label == "flags")
    return format.struct(
        (
            ("ss_sp", format.address(members["sp"])),
            ("ss_flags", _member(view, members, flags)),
            ("ss_size", str(members["size"])),
        )
    )


def _epoll_event(view: View, members: Members, field: Field) -> str:
    events = next(member for member in field.members if member.label == "events")
    data = members["data"]
    both = format.struct((("u32", str(data & 0xFFFF_FFFF)), ("u64", str(data))))
    return format.struct((("events", _member(view, members, events)), ("data", both)))


def _pollfd(view: View, members: Members, field: Field) -> str:
    """What is waited for (print_pollfd); nothing is with a negative descriptor."""
    fd = members["fd"]
    shown = [("fd", view.fd(fd))]
    if fd >= 0:
        events = next(member for member in field.members if member.label == "events")
        shown.append(("events", _events(members["events"], events)))
    return format.struct(shown)


def _events(value: int, member: Member) -> str:
    return flags(value & 0xFFFF, member.integer.symbols, UNKNOWN["poll_events"])


def ready(members: Members, field: Field) -> str:
    """What came of what was waited for (decode_poll_exiting)."""
    revents = next(member for member in field.members if member.label == "revents")
    return format.struct((("fd", str(members["fd"])), ("revents", _events(members["revents"], revents))))


def _clone_args(view: View, members: Members, field: Field) -> str:
    """What a thread is to be (SYS_FUNC(clone3)), without what the kernel answers."""
    by_label = {member.label: member for member in field.members}
    wanted = members["flags"]
    symbols = by_label["flags"].integer.symbols
    pairs = (*symbols.values.items(), *CLONE3_FLAGS) if symbols else CLONE3_FLAGS
    shown = [("flags", format.flags(wanted, pairs, UNKNOWN["clone_flags"]))]
    places = (
        (CLONE_PIDFD, "pidfd"),
        (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, "child_tid"),
        (CLONE_PARENT_SETTID, "parent_tid"),
    )
    for bits, label in places:
        if wanted & bits:
            shown.append((label, format.address(members[label]) if label in members else format.NO_ADDRESS))
    signal = members["exit_signal"]
    shown.append(("exit_signal", format.signal(signal) if signal < (1 << 31) - 1 else str(signal)))
    shown.append(("stack", format.address(members["stack"])))
    shown.append(("stack_size", format.hexadecimal(members["stack_size"])))
    if wanted & CLONE_SETTLS:
        shown.append(("tls", format.address(members["tls"])))
    size = view.number("size") or 0
    _, with_set_tid, whole = CLONE_ARGS_SIZES
    if "set_tid" not in members:
        # An older trace.  The kernel refuses a size without a place.
        return format.struct(shown) if size <= CLONE_ARGS_SIZES[0] else _and_more(*shown)
    if members["set_tid"] or members["set_tid_size"]:
        # The numbers there are not recorded.
        shown.append(("set_tid", format.address(members["set_tid"])))
        shown.append(("set_tid_size", str(members["set_tid_size"])))
    if size > with_set_tid and (members["cgroup"] or wanted & CLONE_INTO_CGROUP):
        shown.append(("cgroup", str(members["cgroup"])))
    # What lies beyond is not recorded.  The kernel takes nothing but zeros there, and strace does not write these.
    return _and_more(*shown) if size > whole and view.call.ret == -E2BIG else format.struct(shown)


#: By the struct's name in the handlers, with the members behind it where a handler has chosen some.
WRITERS: Mapping[str, Writer] = {
    "clone_args": _clone_args,
    "epoll_event": _epoll_event,
    "pollfd": _pollfd,
    "pollfd_fd_events": _pollfd,
    "rlimit": _rlimit,
    "sigaction": _sigaction,
    "sigaltstack": _sigaltstack,
    "stat": _stat,
    "statfs": _statfs,
    "statx": _statx,
    "sysinfo": _sysinfo,
    "timespec": lambda _, members, __: timespec(members),
    "timeval": lambda _, members, __: timeval(members),
}
