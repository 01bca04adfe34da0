"""Random programs: calls with arguments of all kinds, from what the handlers declare of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from random import Random

from syscord_gen.model import Argument, Direction, Model, Syscall
from torture.fuzz import memory
from torture.fuzz.memory import BAD, PAGE, USABLE, Memory
from torture.fuzz.target import Target

#: What ends or replaces the program, starts others, waits for what never comes, or has the kernel write to it later.
LEFT_OUT = {
    *("clone", "clone3", "fork", "vfork", "exit", "exit_group", "rt_sigreturn", "rt_sigsuspend", "kill", "tgkill"),
    *("futex", "prctl", "arch_prctl", "rseq", "set_robust_list", "set_tid_address", "brk", "gettid", "sched_yield"),
}
FDS = (*range(100, 110), -1, -100, 3, 2000)
NUMBERS = (
    0,
    0,
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    63,
    64,
    65,
    255,
    256,
    257,
    4095,
    4096,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63,
    -1,
    -100,
)
LENGTHS = (0, 1, 2, 8, 16, 64, 100, 255, 256, 257, 300, 4095, 4096, 70000, 2**31, 2**32 + 5, 2**64 - 1)
COUNTS = (0, 1, 1, 2, 3, 5, 63, 64, 65, 1000, 2**31, 2**32 + 1, 2**64 - 1)
NAMES = (
    b"file",
    b"other",
    b"/tmp/fuzz/file",
    b"/nowhere",
    b"/etc/hosts",
    b".",
    b"",
    b"a/b",
    b"/proc/self/exe",
    b"user.x",
)
#: Where a mapping may be made or unmade without harm.
ZONE = (0, 0x500000000, 0x500001000, 0x500000123)
#: What a register of a type may hold.
OF_TYPE: dict[str, tuple[int, ...]] = {
    "fd": FDS,
    "pid_t": (0, -1, 99999999),
    "pointer": (*ZONE, *BAD),
    "mode_t": (0, 0o600, 0o777, 0o7777, 2**32 - 1),
}
CONTENT = 300  # bytes that are set of content, more than the module keeps
ITEMS = 70
PARTS, PART_STEP = 4, 400  # the buffers of an iovec that are not empty, and the bytes from one to the next
INSIDE, STRINGS_AREA, PARTS_AREA = 8192, 6, 7


@dataclass(frozen=True)
class Call:
    """One call: its arguments, what memory is set before it, and what is looked at behind it."""

    syscall: Syscall
    nr: int
    args: tuple[int, ...]
    sets: tuple[tuple[int, bytes], ...]
    copies: tuple[tuple[int, int], ...]

    @property
    def memory(self) -> Memory:
        """The memory as the call finds it."""
        return Memory(dict(self.sets))

    def __str__(self) -> str:
        sets = "".join(f"\n    {address:#x}: {data[:60]!r} ({len(data)} bytes)" for address, data in self.sets)
        return f"{self.syscall.name}({', '.join(hex(arg) for arg in self.args)}){sets}"


def encode(calls: list[Call]) -> bytes:
    """The file that guest/fuzz.c reads."""
    parts = []
    for call in calls:
        args = [arg - 2**64 if arg >= 2**63 else arg for arg in (*call.args, *[0] * (6 - len(call.args)))]
        parts.append(struct.pack("<7qII", call.nr, *args, len(call.sets), len(call.copies)))
        parts += [struct.pack("<QQ", address, len(data)) + data for address, data in call.sets]
        parts += [struct.pack("<QQ", address, size) for address, size in call.copies]
    return b"".join(parts)


def random_calls(rng: Random, model: Model, target: Target, count: int) -> list[Call]:
    """Some calls that the target has."""
    known = [each for each in model.syscalls if each.name in target.numbers and each.name not in LEFT_OUT]
    return [_Maker(rng, target, rng.choice(known)).call() for _ in range(count)]


class _Maker:
    """Makes one call."""

    def __init__(self, rng: Random, target: Target, syscall: Syscall) -> None:
        self._rng = rng
        self._target = target
        self._syscall = syscall
        self._memory = Memory()
        self._values: dict[str, int] = {}
        self._copies: list[tuple[int, int]] = []

    def call(self) -> Call:
        args = self._syscall.args
        holders = {view.length for view in self._views()} | {view.room for view in self._views()}
        for arg in args:
            if not self._pointers(arg):
                self._values[arg.name] = self._scalar(arg, is_length=arg.name in holders) % 2**64
        for place, arg in enumerate(args):
            if views := self._pointers(arg):
                self._values[arg.name] = self._pointer(place, views) % 2**64
        values = tuple(self._values[arg.name] for arg in args)
        sets = tuple(self._memory.pieces.items())
        return Call(self._syscall, self._target.numbers[self._syscall.name], values, sets, tuple(self._copies))

    def _views(self) -> list[Argument]:
        return [*self._syscall.args, *self._syscall.also]

    def _pointers(self, arg: Argument) -> list[Argument]:
        """The views of an argument that lead to memory."""
        return [view for view in self._views() if view.name == arg.name and view.direction]

    def _scalar(self, arg: Argument, *, is_length: bool) -> int:
        rng = self._rng
        if arg.name in ("timeout", "timeout_msecs"):
            return rng.choice((0, 0, 1))
        if is_length:
            return rng.choice(COUNTS if arg.name in ("vlen", "nfds") else LENGTHS)
        if arg.type in OF_TYPE:
            return rng.choice(OF_TYPE[arg.type])
        return rng.choice(NUMBERS) if rng.random() < 0.8 else rng.randrange(2**64)

    def _pointer(self, place: int, views: list[Argument]) -> int:
        """An address, what is there, and what is to be looked at afterwards."""
        rng = self._rng
        if rng.random() < 0.1 and self._syscall.name not in ("select", "pselect6", "ppoll"):
            return 0
        if rng.random() < 0.1:
            return rng.choice(BAD)
        content = max((self._content(view) for view in views), key=len)
        base = memory.area(place)
        end = base + USABLE
        address = base + rng.randrange(64) + PAGE * rng.randrange(3)
        if rng.random() < 0.25:  # up to the last byte of the page, or with bytes missing behind it
            address = end - max(0, len(content) - rng.choice((0, 0, 0, 1, 3, 8)))
        self._memory.put(address, content)
        if address < end:
            self._copies.append((address, min(INSIDE, end - address)))
        if any(view.type == "iovec" and view.direction is Direction.OUT for view in views):
            self._copies.append((memory.area(PARTS_AREA), PARTS * PART_STEP))
        return address

    def _content(self, view: Argument) -> bytes:
        rng, layouts = self._rng, self._target.layouts
        match view.type:
            case "path" | "string":
                return self._name() + b"\0"
            case "strings":
                return self._strings()
            case "iovec" | "buffer":
                return self._iovecs()
            case "timespec" | "timeval":
                refused = 10**9 if view.type == "timespec" else -1
                return b"".join(self._time(refused) for _ in range(2))
            case "bytes" | "sockaddr" | "msghdr":
                family = struct.pack("<H", rng.choice((1, 2, 10, 16, 999)))
                return (family if view.type == "sockaddr" else b"") + rng.randbytes(CONTENT)
        size = layouts[view.type].size if view.type in layouts else 8
        return b"".join(self._item(size) for _ in range(ITEMS if view.length else 1))

    def _item(self, size: int) -> bytes:
        words = (self._rng.choice(NUMBERS) % 2**64 for _ in range(-(-size // 8)))
        return b"".join(struct.pack("<Q", word) for word in words)[:size]

    def _time(self, refused: int) -> bytes:
        """No call may wait for long.  ``refused`` is a number of ns or us that the kernel refuses.

        A second or more in microseconds is none: select(2) waits as long as it says.
        """
        seconds, rest = self._rng.choice((0, 0, -1)), self._rng.choice((0, 1, 1000, 10**9, -1, 2**63 - 1))
        return struct.pack("<qq", seconds, rest if seconds or rest <= 1000 else refused)

    def _name(self) -> bytes:
        rng = self._rng
        if rng.random() < 0.6:
            return rng.choice(NAMES)
        if rng.random() < 0.5:
            return bytes(rng.choice(range(1, 256)) for _ in range(rng.randrange(1, 40))).replace(b"/", b"_")
        return b"n" * rng.choice((1, 7, 8, 9, 100, 254, 255, 256, 4000, 4094, 5000))

    def _strings(self) -> bytes:
        rng, base = self._rng, memory.area(STRINGS_AREA)
        pointers = []
        for i in range(rng.randrange(5)):
            address = self._memory.put(base + i * 6000, self._name()[:200] + b"\0")
            pointers.append(address if rng.random() < 0.9 else rng.choice(BAD))
        return b"".join(struct.pack("<Q", pointer) for pointer in (*pointers, 0))

    def _iovecs(self) -> bytes:
        rng, base = self._rng, memory.area(PARTS_AREA)
        parts = []
        for i in range(ITEMS):
            address = self._memory.put(base + i * PART_STEP, rng.randbytes(CONTENT)) if i < PARTS else base
            bad = rng.random() < 0.1
            length = rng.choice((0, 1, 5, 100, 255)) if i < PARTS else 0
            parts.append(struct.pack("<QQ", rng.choice(BAD) if bad else address, length))
        return b"".join(parts)
