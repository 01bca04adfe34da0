"""The arguments of any syscall, from its prototype and the types of its fields: what strace's decoders do alike.

A ``Plan`` is worked out once for each class of events.  strace writes an argument when the call begins, unless the
kernel writes to memory behind it, or behind one before it: ``entry`` and ``exit`` are these two parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from syscord_read.model.errno_names import ERRNOS
from syscord_read.model.layout import ArgumentField, EventClass, Field
from syscord_read.write.strace import format
from syscord_read.write.strace.fields import address, written
from syscord_read.write.strace.kernel import MEANINGS, RESTARTS
from syscord_read.write.strace.special import ARGUMENTS, CALLS, LATE, NOTES, RESULTS, UNRECORDED, WRITTEN_BEHIND
from syscord_read.write.strace.view import Argument, View, Writer, nothing


@dataclass(frozen=True)
class Plan:
    """How calls of one class are written: arguments of the call's beginning, of its end, its result, and a remark."""

    entry: Writer
    exit: Writer
    result: Writer


def plan(event_class: EventClass) -> Plan:
    """How calls of a class are written."""
    if event_class.prototype is None:
        return Plan(lambda _: format.MORE, nothing, result)
    special = CALLS.get(event_class.name)
    if special:
        return Plan(*special, result)
    arguments = event_class.prototype.arguments
    late = next((place for place, each in enumerate(arguments) if _is_late(event_class.name, each)), len(arguments))
    writers = [writer(event_class, place) for place in range(len(arguments))]
    early, rest = writers[:late], writers[late:]
    between = ", " if early and rest else ""
    return Plan(lambda view: _joined(view, early) + between, lambda view: _joined(view, rest), result)


def _joined(view: View, writers: list[Argument]) -> str:
    return ", ".join([text for each in writers if (text := each(view)) is not None])


def _is_late(name: str, argument: tuple[ArgumentField, ...]) -> bool:
    """Whether strace writes it when the call ends."""
    if any(each.label == LATE.get(name) for each in argument):
        return True
    return any(each.exit and each.label not in WRITTEN_BEHIND.get(name, ()) for each in argument)


def writer(event_class: EventClass, place: int) -> Argument:
    """How an argument is written: as strace's decoder of the call does, or as its type says."""
    assert event_class.prototype
    name, argument = event_class.name, event_class.prototype.arguments[place]
    special = ARGUMENTS.get(name, {})
    own = next((special[each.label] for each in argument if each.label in special), None)
    if own:
        return own
    if not argument:
        return UNRECORDED.get((name, place), _unrecorded)
    return _typed(event_class, argument, WRITTEN_BEHIND.get(name, ()))


def _unrecorded(_: View) -> str:
    """An argument of which a trace holds nothing."""
    return format.NO_VALUE


def _typed(event_class: EventClass, argument: tuple[ArgumentField, ...], behind: tuple[str, ...]) -> Writer:
    """The field that strace shows of an argument: what was behind the pointer, or the pointer if nothing was read."""
    wanted = [each for each in argument if each.label not in behind]
    fields = [found for each in wanted if (found := _field(event_class, each))]
    pointer = next((each for each in fields if each.type == "pointer"), None)
    shown = next((each for each in fields if each.exit), None)
    if not shown and not any(each.exit for each in wanted):
        shown = next((each for each in fields if each is not pointer), None)
    if not shown:
        return lambda view: address(view, argument[0].label, pointer)
    return lambda view: written(view, shown, pointer)


def _field(event_class: EventClass, wanted: ArgumentField) -> Field | None:
    fields = event_class.exit if wanted.exit else event_class.entry
    return next((field for field in fields if field.label == wanted.label), None)


def result(view: View) -> str:
    """What stands behind the equals sign, and strace's remark on it."""
    note = NOTES.get(view.call.name, nothing)(view)
    return _result(view) + (f" ({note})" if note else "")


def _result(view: View) -> str:
    call = view.call
    if call.ret is None:
        return "?"
    if -call.ret in RESTARTS:
        return f"? {RESTARTS[-call.ret]}"
    if view.failed:
        return _error(-call.ret)
    return RESULTS.get(call.name, nothing)(view) or _typed_result(view, call.ret)


def _error(number: int) -> str:
    """An error's name and what it means (print_err_ret)."""
    name = ERRNOS.get(number)
    meaning = MEANINGS.get(number, f"Unknown error {number}")
    return f"-1 {name} ({meaning})" if name else f"-1 (errno {number})"


def _typed_result(view: View, ret: int) -> str:
    match view.call.ret_type:
        case "fd":
            return view.fd(ret)
        case "pointer":
            return format.hexadecimal(ret)
        case "mode_t":
            return format.octal(ret)
    return format.unsigned(ret)
