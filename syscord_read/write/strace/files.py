"""Files, as strace's decoders write what is particular about their syscalls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from syscord_read.model.layout import Shape, Symbols
from syscord_read.write.strace import format, structs
from syscord_read.write.strace.fields import is_part, is_unreadable, text
from syscord_read.write.strace.kernel import (
    ACCESS_MODES,
    AT_STATX_SYNC_TYPE,
    F_OK_NAMES,
    FD_CLOEXEC,
    IOC_DIRECTIONS,
    LOCK_TYPES,
    O_ACCMODE,
    SEALS,
    TC_FLOWS,
    TC_QUEUES,
)
from syscord_read.write.strace.view import UNKNOWN, Arguments, Parts, View, Writer, flags, for_each

FD_FLAGS = (("FD_CLOEXEC", FD_CLOEXEC),)
XATTR_SIZE_MAX = 65536  # linux/limits.h


def open_modes(view: View, value: int) -> str:
    """How a file is opened: the access, then the flags (sprint_open_modes)."""
    value &= 0xFFFF_FFFF
    rest = value & ~O_ACCMODE
    names = flags(rest, view.symbols("open_flags"), None) if rest else ""
    return ACCESS_MODES[value & O_ACCMODE] + (f"|{names}" if names else "")


def _open_flags(view: View) -> str:
    value = view.number("flags")
    return format.NO_VALUE if value is None else open_modes(view, value)


def _new_file_mode(view: View) -> str | None:
    """The permissions, if a file may be made."""
    symbols = view.symbols("open_flags")
    values = symbols.values if symbols else {}
    making = values.get("O_CREAT", 0) | values.get("__O_TMPFILE", 0)
    value = view.number("mode")
    if not (view.number("flags") or 0) & making:
        return None
    return format.NO_VALUE if value is None else format.octal(value & 0xFFFF)


def _access_mode(view: View) -> str:
    value = view.number("mode")
    return format.NO_VALUE if value is None else format.flags(value & 0xFFFF_FFFF, F_OK_NAMES, "?_OK")


def _unsigned_size(view: View) -> str:
    value = view.number("size")
    return format.NO_VALUE if value is None else format.unsigned(value)


def _unsigned_int_size(view: View) -> str:
    value = view.number("size")
    return format.NO_VALUE if value is None else format.unsigned(value, 32)


def _link_target(view: View) -> str:
    """It is cut like content, for it has no NUL at its end (decode_readlink)."""
    value = view.exit("target")
    field = next((field for field in view.call.event_class.exit if field.label == "target"), None)
    return text(view, field, value) if field and isinstance(value, bytes) else view.address("target")


def _random(view: View) -> str:
    """Bytes that are no text, so that strace does not write them as such (SYS_FUNC(getrandom))."""
    value = view.exit("data")
    field = next((field for field in view.call.event_class.exit if field.label == "data"), None)
    if field and isinstance(value, bytes):
        return text(view, field, value, hexadecimal=True)
    return view.null_or_address("data", value)


def _times(view: View) -> str:
    value = view.entry("times")
    if not isinstance(value, tuple) or view.is_fault("times"):
        return view.null_or_address("times", value)
    return format.listed((structs.file_time(each) for each in value if isinstance(each, Mapping)), view.limit)


def _statx_flags(view: View) -> str:
    """How fresh the answer must be is a number among the flags (SYS_FUNC(statx))."""
    value = (view.number("flags") or 0) & 0xFFFF_FFFF
    symbols = view.symbols("statx_flags")
    pairs = symbols.values.items() if symbols else ()
    kinds = Symbols("", "enum", {label: bit for label, bit in pairs if not bit & ~AT_STATX_SYNC_TYPE})
    freshness = format.one_of(value & AT_STATX_SYNC_TYPE, kinds, None)
    rest = value & ~AT_STATX_SYNC_TYPE
    others = tuple((label, bit) for label, bit in pairs if bit & ~AT_STATX_SYNC_TYPE)
    return f"{freshness}|{format.flags(rest, others, None)}" if rest else freshness


def _entries(view: View) -> str:
    """Where a folder's entries are (xgetdents); how many is not recorded."""
    at = view.number("at")
    place = format.NO_ADDRESS if at is None else format.address(at)
    return place if view.failed else place + format.comment(f"{format.NO_VALUE} entries")


def _attribute(view: View) -> str:
    """The value of an extended attribute, without the NUL at its end if it has one (print_xattr_val)."""
    is_get = "getxattr" in view.call.name
    value = view.exit("data") if is_get else view.entry("data")
    fields = view.call.event_class.fields
    field = next((field for field in fields if field.label == "data" and field.shape is Shape.BYTES), None)
    if not field or not isinstance(value, bytes) or len(value) > XATTR_SIZE_MAX or is_unreadable(view, field, value):
        at = view.number("at")
        return view.null_or_address("data", value) if at is None else format.address(at)
    shown = value[: view.limit]
    if shown.endswith(b"\0") and not is_part(view, field):
        return format.quoted(shown[:-1])
    return text(view, field, value)


# fcntl


def _command(view: View) -> str:
    """The name of what fcntl() is asked for."""
    symbols = view.symbols("fcntl_cmds")
    return symbols.labels.get(view.number("cmd") or 0, "") if symbols else ""


def _fd_flags(_: View, arg: int) -> str:
    return format.flags(arg & 0xFFFF_FFFF, FD_FLAGS, "FD_???")


def _int(arg: int) -> int:
    """What the kernel takes of a register that is an int for it."""
    return (arg & 0xFFFF_FFFF ^ 0x8000_0000) - 0x8000_0000


def _signed(_: View, arg: int) -> str:
    return str(_int(arg))


#: Commands that lead to a struct, of which only the address is recorded; strace writes that of the latter at the end.
SETTING_LOCKS = ("F_SETLK", "F_SETLKW", "F_OFD_SETLK", "F_OFD_SETLKW")
GETTING_LOCKS = ("F_GETLK", "F_OFD_GETLK")

#: How the argument is written that a command takes; "" if it takes none.
COMMANDS: Mapping[str, Callable[[View, int], str]] = {
    "F_SETFD": _fd_flags,
    "F_SETOWN": _signed,
    "F_SETPIPE_SZ": lambda _, arg: str(arg),
    "F_DUPFD": lambda _, arg: str(arg),
    "F_DUPFD_CLOEXEC": lambda _, arg: str(arg),
    "F_SETFL": open_modes,
    "F_SETLEASE": lambda _, arg: LOCK_TYPES.get(arg) or format.hexadecimal(arg) + format.comment("F_???"),
    "F_ADD_SEALS": lambda _, arg: format.flags(arg, SEALS, "F_SEAL_???"),
    "F_SETSIG": lambda _, arg: format.signal(_int(arg)),
    **for_each((*SETTING_LOCKS, *GETTING_LOCKS), lambda _, arg: format.address(arg)),
}
WITHOUT_ARGUMENT = frozenset(
    {"F_GETFD", "F_GETFL", "F_GETOWN", "F_GETSIG", "F_GETLEASE", "F_GETPIPE_SZ", "F_GET_SEALS"}
)


def _fcntl_entry(view: View) -> str:
    fd, command = view.number("fd"), view.number("cmd") or 0
    begin = f"{view.fd(fd or 0)}, {format.one_of(command, view.symbols('fcntl_cmds'), UNKNOWN['fcntl_cmds'])}"
    name = _command(view)
    return begin if name in WITHOUT_ARGUMENT or name in GETTING_LOCKS else f"{begin}, {_fcntl_argument(view, name)}"


def _fcntl_exit(view: View) -> str:
    name = _command(view)
    return f", {_fcntl_argument(view, name)}" if name in GETTING_LOCKS else ""


def _fcntl_argument(view: View, name: str) -> str:
    arg = view.number("arg") or 0
    return COMMANDS[name](view, arg) if name in COMMANDS else format.hexadecimal(arg)


def _fcntl_result(view: View) -> str:
    """What a command gives back: a descriptor, or flags, which are in hexadecimal."""
    name, ret = _command(view), view.call.ret or 0
    if name in ("F_DUPFD", "F_DUPFD_CLOEXEC"):
        return view.fd(ret)
    is_flags = name in ("F_GETFL", "F_GETLEASE") or (name in ("F_GETFD", "F_GET_SEALS") and ret)
    return format.hexadecimal(ret) if is_flags else ""


def _fcntl_note(view: View) -> str:
    """What a command gives back, by name."""
    note = ANSWERS.get(_command(view))
    return note(view, view.call.ret or 0) if note and not view.failed else ""


#: How the result of a command is explained.
ANSWERS: Mapping[str, Callable[[View, int], str]] = {
    "F_GETFL": lambda view, ret: f"flags {open_modes(view, ret)}",
    "F_GETFD": lambda _, ret: f"flags {format.flags(ret, FD_FLAGS, None)}" if ret else "",
    "F_GET_SEALS": lambda _, ret: f"seals {format.flags(ret, SEALS, None)}" if ret else "",
    "F_GETLEASE": lambda _, ret: LOCK_TYPES.get(ret, ""),
    "F_GETSIG": lambda _, ret: format.signal(ret) if ret else "",
}


# ioctl


def _request(view: View) -> str:
    """The names of a request, for drivers share numbers; its parts, if it has none (ioctl_print_code)."""
    value = view.number("req") or 0
    symbols = view.symbols("ioctl_requests")
    names = [label for label, bit in symbols.values.items() if bit & 0xFFFF_FFFF == value] if symbols else []
    names = [*(SOUND_NAMES[label] for label in names if label in SOUND_NAMES), *names]
    if names:
        return " or ".join(names)
    direction = format.flags(value >> 30, IOC_DIRECTIONS, "_IOC_???") if value >> 30 else "_IOC_NONE"
    parts = (format.hexadecimal(part) for part in (value >> 8 & 0xFF, value & 0xFF, value >> 16 & 0x3FFF))
    return f"_IOC({direction}, {', '.join(parts)})"


#: Requests without an argument, with a number in its place, and with memory that the driver writes.
NO_ARGUMENT = frozenset(
    {"FIOCLEX", "FIONCLEX", "TIOCEXCL", "TIOCNXCL", "TIOCNOTTY", "TIOCSBRK", "TIOCCBRK", "FIFREEZE", "FITHAW"}
)
NUMBERS = frozenset({"TCSBRK", "TCSBRKP", "TIOCSCTTY", "FICLONE"})
GETTING = frozenset(
    {
        *("TCGETS", "TCGETA", "TIOCGWINSZ", "TIOCGPGRP", "TIOCGSID", "TIOCGPTN", "FIONREAD", "TIOCOUTQ", "TIOCMGET"),
        *("TIOCGSOFTCAR", "TIOCGETD", "BLKGETSIZE", "BLKGETSIZE64", "BLKSSZGET", "FS_IOC_GETFLAGS"),
    }
)
SETTING = frozenset(
    {
        *("TCSETS", "TCSETSW", "TCSETSF", "TCSETA", "TCSETAW", "TCSETAF", "TIOCSWINSZ", "TIOCSPGRP", "TIOCSPTLCK"),
        *("TIOCSTI", "TIOCMBIS", "TIOCMBIC", "TIOCMSET", "TIOCSSOFTCAR", "TIOCSETD", "TIOCPKT", "FIONBIO", "FIOASYNC"),
        *("FICLONERANGE", "BLKROSET", "FS_IOC_SETFLAGS"),
    }
)

#: Requests that take one of some names.
CHOICES: Mapping[str, tuple[str, ...]] = {"TCXONC": TC_FLOWS, "TCFLSH": TC_QUEUES}

#: Names that drivers of sound give to numbers of terminals: strace writes both (ioctl_print_code).
SOUND_NAMES = {"TCSETS": "SNDCTL_TMR_START", "TCSETSW": "SNDCTL_TMR_STOP", "TCSETSF": "SNDCTL_TMR_CONTINUE"}


def _ioctl_entry(view: View) -> str:
    begin = f"{view.fd(view.number('fd') or 0)}, {_request(view)}"
    return begin if _request(view) in GETTING else begin + _ioctl_argument(view)


def _ioctl_exit(view: View) -> str:
    return _ioctl_argument(view) if _request(view) in GETTING else ""


def _ioctl_argument(view: View) -> str:
    name, arg = _request(view).split(" or ")[-1], view.number("argp") or 0
    if name in NO_ARGUMENT:
        return ""
    if name in NUMBERS:
        return f", {_signed(view, arg)}"
    if name in CHOICES:
        names = CHOICES[name]
        return f", {names[arg] if arg < len(names) else format.hexadecimal(arg) + format.comment('TC???')}"
    is_pointer = name in GETTING or name in SETTING
    return f", {format.address(arg) if is_pointer else format.hexadecimal(arg)}"


# sendfile


def _sendfile_entry(view: View) -> str:
    """The offset moves by what was sent; where there is none, all is said at once (SYS_FUNC(sendfile64))."""
    begin = f"{view.fd(view.number('out_fd') or 0)}, {view.fd(view.number('in_fd') or 0)}"
    offset = view.entry("offset")
    if isinstance(offset, int):
        return f"{begin}, [{format.unsigned(offset)}]"
    place = view.null_or_address("offset", offset)
    return f"{begin}, {place}, {_unsigned_size(view)}"


def _sendfile_exit(view: View) -> str:
    offset, ret = view.entry("offset"), view.call.ret or 0
    if not isinstance(offset, int):
        return ""
    moved = f" => [{format.unsigned(offset + ret)}]" if ret > 0 else ""
    return f"{moved}, {_unsigned_size(view)}"


ARGUMENTS: Arguments = {
    **for_each(("open", "openat"), {"flags": _open_flags, "mode": _new_file_mode}),
    **for_each(("access", "faccessat", "faccessat2"), {"mode": _access_mode}),
    **for_each(("truncate", "ftruncate"), {"size": _unsigned_size}),
    **for_each(("readlink", "readlinkat"), {"target": _link_target, "size": _unsigned_int_size}),
    **for_each(("getxattr", "lgetxattr", "fgetxattr"), {"data": _attribute}),
    **for_each(("setxattr", "lsetxattr", "fsetxattr"), {"data": _attribute}),
    "getdents64": {"at": _entries},
    "getrandom": {"data": _random},
    "statx": {"flags": _statx_flags},
    "utimensat": {"times": _times},
}

CALLS: Mapping[str, Parts] = {
    "fcntl": (_fcntl_entry, _fcntl_exit),
    "ioctl": (_ioctl_entry, _ioctl_exit),
    "sendfile": (_sendfile_entry, _sendfile_exit),
}

RESULTS: Mapping[str, Writer] = {"fcntl": _fcntl_result}

NOTES: Mapping[str, Writer] = {"fcntl": _fcntl_note}
