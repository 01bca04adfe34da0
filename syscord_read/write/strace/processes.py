"""Processes and signals, as strace's decoders write what is particular about their syscalls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from syscord_read.model.value import Missing
from syscord_read.write.strace import format, structs
from syscord_read.write.strace.kernel import (
    ARCH_PRCTL,
    CLONE_CHILD_CLEARTID,
    CLONE_CHILD_SETTID,
    CLONE_PARENT_SETTID,
    CLONE_PIDFD,
    CLONE_SETTLS,
    CONTINUED,
    CORE_DUMPED,
    CSIGNAL,
    NR_CLONE_X86_64,
    SIGSET_BYTES,
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
    """A set of signals behind a pointer."""

    def write(view: View) -> str:
        value = view.exit(label) if at_exit else view.entry(label)
        if isinstance(value, int):
            return format.signals(value & 0xFFFF_FFFF_FFFF_FFFF)
        return format.NULL if value is Missing.NULL else format.NO_ADDRESS

    return write


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
        shown.append(f"parent_tid={f'[{call.ret}]' if known else _pointer(view, 'parent_tid')}")
    if flags & CLONE_SETTLS:
        shown.append(f"tls={_pointer(view, tls)}")
    if flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID):
        shown.append(f"child_tidptr={_pointer(view, child)}")
    return "".join(f", {each}" for each in shown)


def _clone3_entry(view: View) -> str:
    args = view.entry("args")
    if not isinstance(args, Mapping):
        return format.NULL if args is Missing.NULL else format.NO_ADDRESS
    return structs.write(view, args, view.call.event_class.entry[0])


def _clone3_exit(view: View) -> str:
    """What the kernel has answered, and the struct's size."""
    args = view.entry("args")
    flags = args.get("flags", 0) if isinstance(args, Mapping) else 0
    answers = []
    if flags & CLONE_PIDFD:
        answers.append(("pidfd", f"[{format.NO_VALUE}]"))
    if flags & CLONE_PARENT_SETTID:
        answers.append(("parent_tid", f"[{view.call.ret}]"))
    shown = f" => {format.struct(answers)}" if answers and not view.failed else ""
    return f"{shown}, {view.number('size')}"


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
    return format.NULL if value is Missing.NULL else format.NO_ADDRESS


# prctl

DUMPABLE = {0: "SUID_DUMP_DISABLE", 1: "SUID_DUMP_USER", 2: "SUID_DUMP_ROOT"}  # include/linux/sched/coredump.h


def _prctl_entry(view: View) -> str:
    option = view.number("option") or 0
    symbols = view.symbols("prctl_options")
    name = symbols.labels.get(option, "") if symbols else ""
    begin = format.one_of(option, symbols, UNKNOWN["prctl_options"])
    return ", ".join([begin, *_prctl_arguments(view, name)])


def _prctl_note(view: View) -> str:
    """What a process dumps, by name (SYS_FUNC(prctl))."""
    symbols = view.symbols("prctl_options")
    name = symbols.labels.get(view.number("option") or 0, "") if symbols else ""
    return DUMPABLE.get(view.call.ret or 0, "") if name == "PR_GET_DUMPABLE" and not view.failed else ""


def _prctl_arguments(view: View, name: str) -> list[str]:
    numbers = [view.number(label) or 0 for label in ("arg2", "arg3", "arg4", "arg5")]
    first, rest = numbers[0], [format.hexadecimal(number) for number in numbers[1:]]
    if name in WITHOUT_ARGUMENTS:
        return []
    if name in WITH_ONE:
        return [WITH_ONE[name](view, first)]
    return [str(first) if name in NUMBER_FIRST else format.hexadecimal(first), *rest]


def _dumpable(_: View, value: int) -> str:
    return DUMPABLE.get(value) or format.hexadecimal(value) + format.comment("SUID_DUMP_???")


#: What the options take, by name; the others take four numbers in hexadecimal.
WITHOUT_ARGUMENTS = frozenset({"PR_GET_KEEPCAPS", "PR_GET_SECCOMP", "PR_GET_TIMERSLACK", "PR_GET_DUMPABLE"})
NUMBER_FIRST = frozenset({"PR_SET_NO_NEW_PRIVS"})
WITH_ONE: Mapping[str, Callable[[View, int], str]] = {
    "PR_SET_CHILD_SUBREAPER": lambda _, value: str(value),
    "PR_SET_KEEPCAPS": lambda _, value: str(value),
    "PR_SET_TIMERSLACK": lambda _, value: str(value),
    "PR_SET_NAME": lambda _, value: format.address(value),
    "PR_GET_NAME": lambda _, value: format.address(value),
    "PR_SET_PDEATHSIG": lambda _, value: format.signal(value),
    "PR_GET_PDEATHSIG": lambda _, value: format.address(value),
    "PR_GET_CHILD_SUBREAPER": lambda _, value: format.address(value),
    "PR_SET_DUMPABLE": _dumpable,
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
    "rt_sigprocmask": {"set": sigset("set"), "oldset": sigset("oldset", at_exit=True)},
    "rt_sigsuspend": {"set": sigset("set")},
}

CALLS: Mapping[str, Parts] = {
    "clone": (_clone_entry, _clone_exit),
    "clone3": (_clone3_entry, _clone3_exit),
    "prctl": (_prctl_entry, nothing),
}

NOTES: Mapping[str, Writer] = {"prctl": _prctl_note}

#: Arguments that handlers leave out, by place.  The kernel takes no other size of a set of signals.
UNRECORDED: Mapping[tuple[str, int], str] = {
    ("rt_sigaction", 3): str(SIGSET_BYTES),
    ("rt_sigprocmask", 3): str(SIGSET_BYTES),
    ("rt_sigsuspend", 1): str(SIGSET_BYTES),
    ("execve", 2): format.NO_ADDRESS,
    ("execveat", 3): format.NO_ADDRESS,
}
