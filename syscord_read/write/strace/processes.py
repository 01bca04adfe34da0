"""Processes and signals, as strace's decoders write what is particular about their syscalls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from syscord_read.write.strace import format, structs
from syscord_read.write.strace.kernel import (
    ARCH_PRCTL,
    CAPABILITIES,
    CLONE_ARGS_SIZES,
    CLONE_CHILD_CLEARTID,
    CLONE_CHILD_SETTID,
    CLONE_PARENT_SETTID,
    CLONE_PIDFD,
    CLONE_SETTLS,
    CONTINUED,
    CORE_DUMPED,
    CSIGNAL,
    EINVAL,
    NR_CLONE_X86_64,
    PR_CAP_AMBIENT,
    PR_TSC,
    PR_UNALIGN,
    SECCOMP_MODES,
    SECUREBITS,
    SIGSET_BYTES,
    USER_MAX,
)
from syscord_read.write.strace.view import UNKNOWN, Arguments, Parts, View, Writer, nothing


def _pointer(view: View, label: str) -> str:
    value = view.number(label)
    return format.NO_ADDRESS if value is None else format.address(value)


def _hexadecimal(label: str, bits: int = 64) -> Writer:
    """A number that strace writes in hexadecimal, for it has no decoder of its own for the call (printargs)."""

    def write(view: View) -> str:
        value = view.number(label)
        return format.NO_VALUE if value is None else format.hexadecimal(value, bits)

    return write


def sigset(label: str, *, at_exit: bool = False) -> Writer:
    """A set of signals behind a pointer, if the caller says that it has the size of one (print_sigset_addr_len)."""

    def write(view: View) -> str:
        value = view.exit(label) if at_exit else view.entry(label)
        if isinstance(value, int) and sigset_size(view) == SIGSET_BYTES:
            return format.signals(value & 0xFFFF_FFFF_FFFF_FFFF)
        return view.null_or_address(label, value)

    return write


def sigset_size(view: View) -> int | None:
    """How many bytes a set of signals has, as the caller says.

    Older traces do not have that of all calls.  The kernel takes one size only, so a call that did not say EINVAL had
    that.
    """
    size = view.number("sigsetsize")
    return SIGSET_BYTES if size is None and view.call.ret != -EINVAL else size


def _sigset_size(view: View) -> str:
    size = sigset_size(view)
    return format.NO_VALUE if size is None else format.unsigned(size)


# clone


def _clone_entry(view: View) -> str:
    flags = view.number("flags") or 0
    signal, bits = flags & CSIGNAL, flags & ~CSIGNAL
    names = [view.flags(bits, "clone_flags")] if bits else []
    names += [format.signal(signal)] if signal or not bits else []
    return f"child_stack={_pointer(view, 'stack')}, flags={'|'.join(names)}"


def _clone_exit(view: View) -> str:
    """What depends on the flags; the architectures differ in the order of the last two (kernel/fork.c)."""
    flags, call = view.number("flags") or 0, view.call
    child, tls = ("arg4", "arg5") if call.nr == NR_CLONE_X86_64 else ("arg5", "arg4")
    shown = []
    if flags & (CLONE_PARENT_SETTID | CLONE_PIDFD):
        # The kernel writes there what it returns.  What a pidfd is, is not in a trace.
        known = flags & CLONE_PARENT_SETTID and not view.failed
        place = view.number("parent_tid")
        shown.append(f"parent_tid={_parent_tid(view, place) if known else _place(place)}")
    if flags & CLONE_SETTLS:
        shown.append(f"tls={_pointer(view, tls)}")
    if flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID):
        shown.append(f"child_tidptr={_pointer(view, child)}")
    return "".join(f", {each}" for each in shown)


def _clone3_entry(view: View) -> str:
    args = view.entry("args")
    if not isinstance(args, Mapping) or (view.number("size") or 0) < CLONE_ARGS_SIZES[0]:
        return view.null_or_address("args", args)
    return structs.write(view, args, view.call.event_class.entry[0])


def _clone3_exit(view: View) -> str:
    """What the kernel has answered, and the struct's size."""
    args = view.entry("args")
    members = args if isinstance(args, Mapping) else {}
    flags = members.get("flags", 0)
    answers = []
    if flags & CLONE_PIDFD:
        answers.append(("pidfd", f"[{format.NO_VALUE}]"))
    if flags & CLONE_PARENT_SETTID:
        answers.append(("parent_tid", _parent_tid(view, members.get("parent_tid"))))
    shown = f" => {format.struct(answers)}" if answers and not view.failed else ""
    return f"{shown}, {view.number('size')}"


def _parent_tid(view: View, place: int | None) -> str:
    """What the parent finds where it wants the child's number: the kernel writes there what it returns.

    It says nothing if it cannot, so where nothing can be, nothing was written.
    """
    return f"[{view.call.ret}]" if place and place < USER_MAX else _place(place)


def _place(place: int | None) -> str:
    return format.NO_ADDRESS if place is None else format.address(place)


# wait


def status(value: int) -> str:
    """How a process ended, or stopped (printstatus)."""
    value &= 0xFFFF_FFFF
    low, high = value & 0xFF, value >> 8 & 0xFF
    if low == 0x7F:
        what, rest = f"WIFSTOPPED(s) && WSTOPSIG(s) == {_stop_signal(high)}", value & ~0xFFFF
    elif 0 < low & 0x7F < 0x7F:
        core = " && WCOREDUMP(s)" if value & CORE_DUMPED else ""
        what, rest = f"WIFSIGNALED(s) && WTERMSIG(s) == {format.signal(low & 0x7F)}{core}", value & ~0xFF
    elif not low & 0x7F:
        what, rest = f"WIFEXITED(s) && WEXITSTATUS(s) == {high}", value & ~0xFF00
    elif value == CONTINUED:
        what, rest = "WIFCONTINUED(s)", 0
    else:
        return f"[{format.hexadecimal(value)}]"
    return f"[{{{what}}}{f'|{format.hexadecimal(rest)}' if rest else ''}]"


def _stop_signal(number: int) -> str:
    return format.signal(number & 0x7F) + (" | 0x80" if number & 0x80 else "")


def _status(view: View) -> str:
    value = view.exit("status")
    if isinstance(value, int) and view.call.ret:
        return status(value)
    return view.null_or_address("status", value)


# prctl

DUMPABLE = {0: "SUID_DUMP_DISABLE", 1: "SUID_DUMP_USER", 2: "SUID_DUMP_ROOT"}  # include/linux/sched/coredump.h


def _prctl_entry(view: View) -> str:
    option = view.number("option") or 0
    symbols = view.symbols("prctl_options")
    begin = (symbols.labels.get(option) if symbols else None) or MORE_PRCTL.get(option & 0xFFFF_FFFF)
    begin = begin or format.hexadecimal(option, 32) + format.comment(UNKNOWN["prctl_options"])
    return ", ".join([begin, *_prctl_arguments(view, option & 0xFFFF_FFFF)])


def _prctl_note(view: View) -> str:
    """What a process dumps, by name (SYS_FUNC(prctl))."""
    is_dumpable = view.number("option") == PR_GET_DUMPABLE and not view.failed
    return DUMPABLE.get(view.call.ret or 0, "") if is_dumpable else ""


def _prctl_arguments(view: View, option: int) -> list[str]:
    """The arguments that an option takes; those of an unknown one, or that are only checked, are plain numbers."""
    numbers = [view.number(label) or 0 for label in ("arg2", "arg3", "arg4", "arg5")]
    count = PRCTL_COUNTS.get(option, len(numbers))
    first = PRCTL_FIRST.get(option, format.hexadecimal)
    shown = [first(numbers[0]), *map(format.hexadecimal, numbers[1:])]
    if option == PR_SET_SECCOMP:
        count = SECCOMP_COUNTS.get(numbers[0], count)
    elif option == PR_CAP_AMBIENT_OPTION and numbers[0] in AMBIENT_WITH_CAPABILITY:
        shown[1] = _capability(numbers[1])
    elif option == PR_SET_VMA:
        shown[0] = format.hexadecimal(numbers[0]) if numbers[0] else "PR_SET_VMA_ANON_NAME"
        shown[2] = str(numbers[2])
    return shown[:count]


def _one_of(names: Mapping[int, str], unknown: str) -> Callable[[int], str]:
    return lambda value: names.get(value) or format.hexadecimal(value) + format.comment(unknown)


def _some_of(pairs: tuple[tuple[str, int], ...], unknown: str) -> Callable[[int], str]:
    return lambda value: format.flags(value, pairs, unknown)


_capability = _one_of(dict(enumerate(CAPABILITIES)), "CAP_???")

# Options of prctl() by number (linux/prctl.h): a trace may be older than a name, or its headers were.
PR_GET_DUMPABLE, PR_SET_SECCOMP, PR_CAP_AMBIENT_OPTION, PR_SET_VMA = 3, 22, 47, 0x53564D41
AMBIENT_WITH_CAPABILITY = (1, 2, 3)

#: How many arguments strace writes: those that an option takes.  Others have all four.
PRCTL_COUNTS: Mapping[int, int] = {
    # PR_GET_DUMPABLE, _KEEPCAPS, _TIMING, _SECCOMP, _SECUREBITS, _TIMERSLACK; PR_TASK_PERF_EVENTS_*; PR_GET_FP_MODE;
    # PR_SVE_GET_VL, PR_SME_GET_VL
    **dict.fromkeys((3, 7, 13, 21, 27, 30, 31, 32, 46, 51, 64), 0),
    # PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_SET_DUMPABLE, PR_*_UNALIGN, PR_SET_KEEPCAPS, PR_*_FPEMU, PR_*_FPEXC,
    # PR_SET_TIMING, PR_*_NAME, PR_*_ENDIAN, PR_CAPBSET_*, PR_*_TSC, PR_SET_SECUREBITS, PR_SET_TIMERSLACK,
    # PR_*_CHILD_SUBREAPER, PR_GET_TID_ADDRESS, PR_SET_FP_MODE, PR_SVE_SET_VL, PR_GET_SPECULATION_CTRL, PR_SME_SET_VL,
    # PR_SET_PTRACER
    **dict.fromkeys((1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 14, 15, 16, 19, 20, 23, 24, 25, 26, 28, 29), 1),
    **dict.fromkeys((36, 37, 40, 45, 50, 52, 63, 0x59616D61), 1),
    53: 2,  # PR_SET_SPECULATION_CTRL
}
SECCOMP_COUNTS = {1: 1, 2: 2}

#: How the first one is written, if not in hexadecimal.  Decimal: those of PR_SET_KEEPCAPS, _FPEMU, _FPEXC, _TIMING,
#: _ENDIAN, _TIMERSLACK, _CHILD_SUBREAPER, _NO_NEW_PRIVS, _THP_DISABLE, _IO_FLUSHER.
PRCTL_FIRST: Mapping[int, Callable[[int], str]] = {
    **dict.fromkeys((8, 10, 12, 14, 20, 29, 36, 38, 41, 57), str),
    **dict.fromkeys((2, 15, 16, 37, 40), format.address),  # PR_GET_PDEATHSIG, PR_*_NAME, and others that lead to memory
    1: format.signal,
    4: _one_of(DUMPABLE, "SUID_DUMP_???"),
    6: _some_of(PR_UNALIGN, "PR_UNALIGN_???"),
    PR_SET_SECCOMP: _one_of(dict(enumerate(SECCOMP_MODES)), "SECCOMP_MODE_???"),
    23: _capability,
    24: _capability,
    26: _one_of(PR_TSC, "PR_TSC_???"),
    28: _some_of(SECUREBITS, "SECBIT_???"),
    PR_CAP_AMBIENT_OPTION: _one_of(PR_CAP_AMBIENT, "PR_CAP_AMBIENT_???"),
    0x59616D61: lambda value: "PR_SET_PTRACER_ANY" if value == (1 << 64) - 1 else str(value),
}

#: Options that the headers of older kernels do not have.
MORE_PRCTL = {
    60: "PR_PAC_SET_ENABLED_KEYS",
    61: "PR_PAC_GET_ENABLED_KEYS",
    62: "PR_SCHED_CORE",
    63: "PR_SME_SET_VL",
    64: "PR_SME_GET_VL",
    PR_SET_VMA: "PR_SET_VMA",
}


def _arch_option(view: View) -> str:
    value = (view.number("option") or 0) & 0xFFFF_FFFF
    return ARCH_PRCTL.get(value) or format.hexadecimal(value) + format.comment("ARCH_???")


ARGUMENTS: Arguments = {
    "wait4": {"status": _status},
    "arch_prctl": {"option": _arch_option, "arg": _hexadecimal("arg")},
    "rseq": {
        "addr": _hexadecimal("addr"),
        "size": _hexadecimal("size"),
        "flags": _hexadecimal("flags", 32),
        "sig": _hexadecimal("sig"),
    },
    "rt_sigaction": {"sigsetsize": _sigset_size},
    "rt_sigprocmask": {
        "set": sigset("set"),
        "oldset": sigset("oldset", at_exit=True),
        "sigsetsize": _sigset_size,
    },
    "rt_sigsuspend": {"set": sigset("set"), "sigsetsize": _sigset_size},
}

CALLS: Mapping[str, Parts] = {
    "clone": (_clone_entry, _clone_exit),
    "clone3": (_clone3_entry, _clone3_exit),
    "prctl": (_prctl_entry, nothing),
}

NOTES: Mapping[str, Writer] = {"prctl": _prctl_note}

#: Arguments that handlers leave out, by place, or that those of older traces did.
UNRECORDED: Mapping[tuple[str, int], Writer] = {
    ("rt_sigaction", 3): _sigset_size,
    ("rt_sigprocmask", 3): _sigset_size,
    ("rt_sigsuspend", 1): _sigset_size,
    ("execve", 2): lambda _: format.NO_ADDRESS,
    ("execveat", 3): lambda _: format.NO_ADDRESS,
}
