"""The phase *meaning*: what is declared can be recorded.

Types that are not known are passed over here: the phase *references* has reported them.
"""

from __future__ import annotations

from collections.abc import Iterator

from syscord_gen.model import Argument, Direction, Member, Model, Struct, Syscall
from syscord_gen.problems import Code, Problem
from syscord_gen.types import MEMORY, SCALARS

REGISTERS = 6
NO_COUNT = ("pointer", "fd", "pid_t", "uid_t", "gid_t", "mode_t")
COUNTS = tuple(name for name in SCALARS if name not in NO_COUNT)
# The kernel takes the buffer's size from this argument and leaves the address's size in it.
LENGTH_BEHIND_POINTER = "sockaddr"
READ_AT_ENTRY = (Direction.IN, Direction.INOUT)
#: Where the kernel puts what a socket receives.
RECEIVED = ("bytes", "msghdr")


def check_meaning(model: Model) -> Iterator[Problem]:
    """Declarations that no record could be made of."""
    structs = {struct.name for struct in model.structs}
    for struct in model.structs:
        yield from _struct(struct)
    for syscall in model.syscalls:
        yield from _syscall(syscall)
        for arg in (*syscall.args, *syscall.also):
            if arg.type in SCALARS or arg.type in MEMORY or arg.type in structs:
                yield from _argument(arg, syscall, arg.type in structs)
        for view in syscall.also:
            yield from _view(view)


def _struct(struct: Struct) -> Iterator[Problem]:
    for member in struct.members:
        yield from _integer(member)


def _syscall(syscall: Syscall) -> Iterator[Problem]:
    if len(syscall.args) > REGISTERS:
        count = f"syscall '{syscall.name}' has {len(syscall.args)} arguments"
        text = f"{count}. Write at most {REGISTERS}; further views of one go under 'also'"
        yield Problem(syscall.where, Code.TOO_MANY_ARGUMENTS, text)
    if syscall.never_returns and (syscall.returns_twice or syscall.no_result):
        other = "returns_twice" if syscall.returns_twice else "no_result"
        text = f"'{syscall.name}' has both never_returns and {other}. Keep one of the two"
        yield Problem(syscall.where, Code.CONTRADICTION, text)
    for arg in (*syscall.args, *syscall.also):
        yield from _no_exit(arg, syscall)


def _no_exit(arg: Argument, syscall: Syscall) -> Iterator[Problem]:
    """``out`` memory is read at exit if the call succeeded, which must therefore be seen and leave the memory there."""
    flags = {
        "never_returns": syscall.never_returns,
        "replaces_memory": syscall.replaces_memory,
        "no_result": syscall.no_result,
    }
    flag = next((name for name, value in flags.items() if value), None)
    if flag and arg.direction in (Direction.OUT, Direction.INOUT):
        text = f"'{arg.name}' is read at exit, but '{syscall.name}' has {flag}. Write direction: in, or type: pointer"
        yield Problem(arg.where, Code.CONTRADICTION, text)


def _argument(arg: Argument, syscall: Syscall, is_struct: bool) -> Iterator[Problem]:
    yield from _direction(arg, syscall)
    yield from _length(arg)
    yield from _length_target(arg, syscall)
    yield from _room(arg, syscall, is_struct)
    yield from _recv_flags(arg, syscall)
    yield from _integer(arg)
    if arg.members and not is_struct:
        text = f"'{arg.name}' has members, but '{arg.type}' is no struct. Leave 'members' out, or write a struct's name"
        yield Problem(arg.where, Code.MEMBERS_KIND, text)


def _direction(arg: Argument, syscall: Syscall) -> Iterator[Problem]:
    if arg.direction is None:
        if arg.type not in SCALARS:
            advice = "type: pointer" if arg.skip else "direction: in if the kernel reads it, out if it writes it"
            text = f"'{arg.name}' is a pointer to '{arg.type}' without a direction. Write {advice}"
            yield Problem(arg.where, Code.NO_DIRECTION, text)
        return
    if arg.skip and not any(_length_behind_pointer(other) and other.length == arg.name for other in syscall.args):
        text = f"'{arg.name}' has a direction but is kept out of the record. Leave out 'direction' or 'skip'"
        yield Problem(arg.where, Code.SKIP, text)
    if arg.type in MEMORY and arg.direction.value not in MEMORY[arg.type].directions:
        advice = " or ".join(MEMORY[arg.type].directions)
        text = f"'{arg.name}' is '{arg.type}' memory, which cannot be {arg.direction.value}. Write direction: {advice}"
        yield Problem(arg.where, Code.DIRECTION_KIND, text)


def _length(arg: Argument) -> Iterator[Problem]:
    """Whether there must, may or cannot be a length."""
    rule = MEMORY[arg.type].length if arg.type in MEMORY else "optional" if arg.direction else "none"
    if rule == "required" and not arg.length:
        text = f"'{arg.name}' has no length. Write 'length:' and the argument that holds it, 'ret', or a count"
        yield Problem(arg.where, Code.LENGTH_MISSING, text)
    if rule == "none" and arg.length and (arg.type in MEMORY or arg.type in SCALARS):
        text = f"'{arg.name}' has a length, which '{arg.type}' does not need. Leave 'length' out"
        yield Problem(arg.where, Code.LENGTH_NEEDLESS, text)


def _length_target(arg: Argument, syscall: Syscall) -> Iterator[Problem]:
    """Whether the length leads to a number that is known when the memory is read."""
    if arg.length == "ret" and arg.direction in READ_AT_ENTRY:
        text = f"'{arg.name}' is read at entry, before its length 'ret' is known. Write an argument's name, or a count"
        yield Problem(arg.where, Code.LENGTH_RET, text)
    if arg.length and arg.length == arg.name:
        text = f"the length of '{arg.name}' is '{arg.name}' itself. Write the argument that holds the number"
        yield Problem(arg.where, Code.LENGTH_ITSELF, text)
        return
    target = syscall.argument(arg.length) if arg.length else None
    if target is not None and target.type:
        yield from _length_kind(arg, target)


def _room(arg: Argument, syscall: Syscall, is_struct: bool) -> Iterator[Problem]:
    """Room bounds one stretch of bytes: content and text whose length the result says, or a struct that grew."""
    target = syscall.argument(arg.room) if arg.room else None
    if target is None:
        return
    one_struct = is_struct and not arg.length
    text_by_result = arg.type in ("bytes", "string", "path") and arg.length == "ret"
    if arg.direction is None or not (one_struct or text_by_result):
        what = "which is for one struct, or for bytes and text of length: ret"
        text = f"'{arg.name}' has a room, {what}. Leave 'room' out"
        yield Problem(arg.where, Code.ROOM_KIND, text)
    elif target.type not in COUNTS or target.direction is not None:
        advice = "type: size_t (or int, u64 ...) without a direction"
        what = f"is '{target.name}', which is not a count in its register"
        text = f"the room of '{arg.name}' {what}. Write it as {advice}"
        yield Problem(arg.where, Code.ROOM_KIND, text)


def _recv_flags(arg: Argument, syscall: Syscall) -> Iterator[Problem]:
    """What is thrown away is content of the result's length, from a socket that is known."""
    target = syscall.argument(arg.recv_flags) if arg.recv_flags else None
    if target is None:
        return
    by_result = arg.type == "msghdr" or arg.length == "ret"
    if arg.type not in RECEIVED or arg.direction is not Direction.OUT or not by_result:
        what = "which are for a msghdr, or for bytes of length: ret, with direction: out"
        text = f"'{arg.name}' has recv_flags, {what}. Leave 'recv_flags' out"
    elif not any(other.type == "fd" for other in syscall.args):
        text = f"'{arg.name}' has recv_flags, but '{syscall.name}' has no socket. Write type: fd for the socket"
    elif target.type not in COUNTS or target.direction is not None:
        text = f"the recv_flags of '{arg.name}' are '{target.name}', which is no number. Write its type as type: int"
    else:
        return
    yield Problem(arg.where, Code.RECV_FLAGS_KIND, text)


def _length_behind_pointer(arg: Argument) -> bool:
    return arg.type == LENGTH_BEHIND_POINTER and arg.direction is Direction.OUT


def _length_kind(arg: Argument, target: Argument) -> Iterator[Problem]:
    pointer = _length_behind_pointer(arg)
    if target.type in COUNTS and (target.direction is not None) == pointer:
        return
    what = "a pointer to a count" if pointer else "a count in its register"
    advice = "type: int, direction: inout" if pointer else "type: size_t (or int, u64 ...) without a direction"
    text = f"the length of '{arg.name}' is '{target.name}', which is not {what}. Write it as {advice}"
    yield Problem(arg.where, Code.LENGTH_KIND, text)


def _integer(item: Argument | Member) -> Iterator[Problem]:
    """Symbols and formats are for integers; an address is none."""
    if not item.type or (item.type in SCALARS and item.type != "pointer"):
        return
    for key, value in (("symbols", item.symbols), ("format", item.format)):
        if value:
            text = f"'{item.name}' has {key}, but '{item.type}' is no integer. Leave '{key}' out, or write another type"
            yield Problem(item.where, Code.NOT_INTEGER, text)


def _view(view: Argument) -> Iterator[Problem]:
    if view.skip:
        text = f"the view of '{view.name}' under 'also' is kept out of the record. Leave the whole view out"
        yield Problem(view.where, Code.SKIP, text)
