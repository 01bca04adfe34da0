"""One syscall, as those see it who write it down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from syscord_read.model.call import Call
from syscord_read.model.descriptors import Descriptors
from syscord_read.model.layout import MAX_ERROR, Base, Integer, Symbols
from syscord_read.model.value import Missing, Value
from syscord_read.source import Source
from syscord_read.write.strace import format
from syscord_read.write.strace.kernel import STATX_ALL

#: Writes an argument, or something else of a call; an argument that strace leaves out is None.
Writer = Callable[["View"], str]
Argument = Callable[["View"], str | None]
Arguments = Mapping[str, Mapping[str, Argument]]

#: Writes all arguments: those of a call's beginning, with the comma behind them if others follow, and those of its end.
Parts = tuple[Writer, Writer]

T = TypeVar("T")

#: What strace says of a value that is none of its names, by set of symbols.
UNKNOWN: Mapping[str, str] = {
    "access_flags": "AT_???",
    "at_flags": "AT_???",
    "clocks": "CLOCK_???",
    "clone_flags": "CLONE_???",
    "close_range_flags": "CLOSE_RANGE_???",
    "epoll_events": "EPOLL???",
    "epoll_flags": "EPOLL_???",
    "epoll_ops": "EPOLL_CTL_???",
    "eventfd_flags": "EFD_???",
    "fadvise_advices": "POSIX_FADV_???",
    "fcntl_cmds": "F_???",
    "flock_ops": "LOCK_???",
    "futex_ops": "FUTEX_???",
    "getrandom_flags": "GRND_???",
    "ip_protocols": "IPPROTO_???",
    "madvise_advices": "MADV_???",
    "mmap_flags": "MAP_???",
    "mmap_prot": "PROT_???",
    "mremap_flags": "MREMAP_???",
    "msg_flags": "MSG_???",
    "open_flags": "O_???",
    "poll_events": "POLL???",
    "prctl_options": "PR_???",
    "rename_flags": "RENAME_??",
    "resources": "RLIMIT_???",
    "seek": "SEEK_???",
    "shutdown_ways": "SHUT_???",
    "sigaction_flags": "SA_???",
    "sigaltstack_flags": "SS_???",
    "sigprocmask_how": "SIG_???",
    "socket_domains": "AF_???",
    "socket_flags": "SOCK_???",
    "socket_levels": "SOL_??",
    "socket_types": "SOCK_???",
    "statx_attributes": "STATX_ATTR_???",
    "statx_masks": "STATX_???",
    "timer_flags": "TIMER_???",
    "unlink_flags": "AT_???",
    "wait_options": "W???",
    "xattr_flags": "XATTR_???",
}

#: Names that strace has, and the module does not: linux/stat.h hides this one from the kernel itself.
MORE_NAMES: Mapping[str, tuple[tuple[str, int], ...]] = {"statx_masks": (("STATX_ALL", STATX_ALL),)}

#: Names that strace does not give to bits: the access modes are none.
NO_FLAGS = frozenset({"O_WRONLY", "O_RDWR"})

#: Names that strace calls otherwise: linux/wait.h has two for one value.
OTHER_NAMES = {"WUNTRACED": "WSTOPPED"}


@dataclass(frozen=True)
class Names:
    """The sets of symbols of each trace, all that its metadata has (``Layout.symbols``), by trace and name."""

    sets: Mapping[int, Mapping[str, Symbols]] = field(default_factory=dict)

    def get(self, trace: int, name: str) -> Symbols | None:
        """One set, or None if the metadata has none of that name."""
        return self.sets.get(trace, {}).get(name)


def names_of(source: Source) -> Names:
    """The sets of all traces of a source."""
    return Names({number: trace.layout.symbols for number, trace in enumerate(source.traces)})


@dataclass(frozen=True, slots=True)
class View:
    """A call, and how it is to be written: ``limit`` characters of a string, elements of a list.

    ``descriptors`` are there if descriptors are to be written with what they stand for.
    """

    call: Call
    names: Names
    limit: int
    descriptors: Descriptors | None = None

    @property
    def failed(self) -> bool:
        """Whether it returned an error."""
        return self.call.ret is not None and -MAX_ERROR <= self.call.ret < 0

    def entry(self, label: str) -> Value | None:
        """What was asked for, or None if it is not recorded."""
        return self.call.entry.get(label)

    def exit(self, label: str) -> Value | None:
        """What the kernel wrote, or None if it did not, or if it is not recorded."""
        return self.call.exit.get(label)

    def number(self, label: str) -> int | None:
        """A number that was asked for, or None if it is not recorded, or not there."""
        value = self.call.entry.get(label)
        return value if isinstance(value, int) else None

    def register(self, label: str) -> int | None:
        """The argument that a field came of, if the trace holds it."""
        return self.call.registers.get(self.call.event_class.places.get(label, -1))

    def address(self, label: str) -> str:
        """Where the memory is that a field stands for and that was not read, if the trace holds that."""
        value = self.register(label)
        return format.NO_ADDRESS if value is None else format.address(value)

    def null_or_address(self, label: str, value: Value | None) -> str:
        """A pointer of whose memory there is no value: NULL, or where it is."""
        return format.NULL if value is Missing.NULL else self.address(label)

    def is_fault(self, label: str, *, exit: bool = False) -> bool:
        """Whether memory ended before a field did, of which the beginning could be read."""
        marks = self.call.exit_marks if exit else self.call.entry_marks
        return "fault" in marks.get(label, ())

    def symbols(self, name: str) -> Symbols | None:
        """A set of symbols of the call's trace."""
        return self.names.get(self.call.event_class.trace, name)

    def flags(self, value: int, name: str, unknown: str | None = None) -> str:
        """Bits of a set of symbols."""
        return flags(value, self.symbols(name), unknown or UNKNOWN.get(name))

    def fd(self, number: int) -> str:
        """A file descriptor, with -y what it stands for (printfd)."""
        if not self.descriptors or number < 0:
            return str(number)
        path = self.descriptors.path(self.call.event_class.trace, self.call.pid, number)
        return str(number) if path is None else f"{number}{format.bracketed(path)}"

    def directory(self, number: int, symbols: Symbols | None) -> str:
        """A file descriptor, or the name that stands for the working directory (print_dirfd)."""
        label = symbols.labels.get(number) if symbols else None
        if not label:
            return self.fd(number)
        path = self.descriptors.cwd(self.call.event_class.trace, self.call.pid) if self.descriptors else None
        return label if path is None else f"{label}{format.bracketed(path)}"

    def integer(self, value: int, type: str, integer: Integer) -> str:
        """An integer, as its type and its symbols say."""
        if integer.symbols:
            return self._named(value, integer)
        if type == "fd":
            return self.fd(value)
        if type in BY_TYPE:
            return BY_TYPE[type](value)
        return format.hexadecimal(value, integer.bits) if integer.base is Base.HEX else str(value)

    def _named(self, value: int, integer: Integer) -> str:
        symbols = integer.symbols
        assert symbols
        if symbols.name == "at_fd":
            return self.directory(value, symbols)
        if symbols.name == "signals":
            return format.signal(value)
        if symbols.kind == "flags":
            return flags(value & ((1 << integer.bits) - 1), symbols, UNKNOWN.get(symbols.name))
        return format.one_of(value, symbols, UNKNOWN.get(symbols.name), integer.bits)


#: Types that strace writes in a way of their own.
BY_TYPE: Mapping[str, Callable[[int], str]] = {
    "pointer": format.address,
    "mode_t": lambda value: format.octal(value & 0xFFFF),
    "uid_t": format.owner,
    "gid_t": format.owner,
}


def for_each(names: Iterable[str], table: T) -> dict[str, T]:
    """The same for each of some syscalls."""
    return {name: table for name in names}  # noqa: C420


def nothing(_: View) -> str:
    """What a call has at its end that has told all when it began."""
    return ""


def flags(value: int, symbols: Symbols | None, unknown: str | None) -> str:
    """Bits of a set of symbols; ``value`` has no sign."""
    return format.flags(value, _pairs(symbols), unknown)


def _pairs(symbols: Symbols | None) -> tuple[tuple[str, int], ...]:
    if not symbols:
        return ()
    known = _PAIRS.get(id(symbols))
    if not known or known[0] is not symbols:
        values = symbols.values.items()
        pairs = tuple((OTHER_NAMES.get(label, label), bit) for label, bit in values if label not in NO_FLAGS)
        known = _PAIRS[id(symbols)] = symbols, MORE_NAMES.get(symbols.name, ()) + pairs
    return known[1]


#: Sets of symbols as pairs, which can be a key in a cache; with the sets, so that their ids stay theirs.
_PAIRS: dict[int, tuple[Symbols, tuple[tuple[str, int], ...]]] = {}
