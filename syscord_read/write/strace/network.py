"""Sockets, as strace's decoders write what is particular about their syscalls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syscord_read.model.layout import Field
from syscord_read.model.value import Missing, Value
from syscord_read.write.strace import format, sockets
from syscord_read.write.strace.fields import ELEMENTS, cut_list, is_part, is_unreadable, text
from syscord_read.write.strace.kernel import AF_INET, AF_INET6
from syscord_read.write.strace.view import UNKNOWN, Arguments, Parts, View, for_each, nothing

#: What a length of a buffer is at most that has 32 bits.
LENGTH_MAX = 0xFFFF_FFFF

#: Errors of recvmsg() that may come before the message was read: EBADF, EFAULT (which may also be a buffer's), EINVAL
#: (of flags), ENOTSOCK.
BEFORE_MESSAGE = frozenset({9, 14, 22, 88})


def _fd(view: View) -> str:
    number = view.number("sockfd")
    return view.fd(number if number is not None else view.number("fd") or 0)


def _kind(view: View) -> str:
    return sockets.kind(view.number("type") or 0, view.symbols("socket_types"))


def _protocol(view: View) -> str:
    """Protocols have names in some families (SYS_FUNC(socket))."""
    value = view.number("protocol") or 0
    if view.call.name == "socket" and view.number("domain") in (AF_INET, AF_INET6):
        return format.one_of(value, view.symbols("ip_protocols"), UNKNOWN["ip_protocols"])
    return format.unsigned(value, 32)


# accept, accept4, getsockname, getpeername; and recvfrom, which ends like them


def _asked_length(view: View) -> int | None:
    """How much room the caller has for an address, if it wants one and says how much (fetch_socklen)."""
    value = view.entry("addrlen")
    wants = view.exit("addr") is not Missing.NULL and view.register("addr") != 0
    return value if isinstance(value, int) and wants else None


def _peer(view: View) -> str:
    """An address that the kernel has written, and how long it is (decode_sockname)."""
    asked = _asked_length(view)
    if asked is None:
        return _no_peer(view)
    address = view.exit("addr")
    if view.failed or not isinstance(address, bytes):
        return f"{view.address('addr')}, [{asked}]"
    given = format.NO_VALUE if "part" in view.call.exit_marks.get("addr", ()) else str(len(address))
    length = f"[{asked} => {given}]" if str(asked) != given else f"[{asked}]"
    return f"{sockets.optional(view, address, view.address('addr'))}, {length}"


def _named_address(view: View) -> str:
    """An address that the caller gives, if its length can be one (decode_sockaddr)."""
    value = view.entry("addr")
    if (view.number("addrlen") or 0) < sockets.FAMILY_SIZE or view.is_fault("addr"):
        return view.null_or_address("addr", value)
    return sockets.optional(view, value, view.address("addr"))


def _no_peer(view: View) -> str:
    """Two pointers.  A call that did what it was asked for had both, or wanted no address: else the kernel refuses."""
    address = view.null_or_address("addr", view.exit("addr"))
    return f"{address}, {view.null_or_address('addrlen', view.entry('addrlen'))}"


def _accept_flags(view: View) -> str:
    value = view.number("flags")
    if view.call.name != "accept4":
        return ""
    return ", " + (format.NO_VALUE if value is None else view.flags(value & 0xFFFF_FFFF, "socket_flags"))


def _accept_entry(view: View) -> str:
    begin = f"{_fd(view)}, "
    return begin if _asked_length(view) is not None else begin + _no_peer(view) + _accept_flags(view)


def _accept_exit(view: View) -> str:
    return "" if _asked_length(view) is None else _peer(view) + _accept_flags(view)


def _recvfrom_exit(view: View) -> str:
    data = next((field for field in view.call.event_class.exit if field.label == "data"), None)
    value = view.exit("data")
    if data and isinstance(value, bytes) and not is_unreadable(view, data, value):
        shown = text(view, data, value)
    else:
        shown = view.null_or_address("data", value)
    flags = view.flags((view.number("flags") or 0) & 0xFFFF_FFFF, "msg_flags")
    return f"{shown}, {view.number('size')}, {flags}, {_peer(view)}"


# Options


def _option(view: View) -> str:
    return sockets.option(view.number("level") or 0, view.number("optname") or 0)


def _option_value(view: View) -> str:
    length = view.number("optlen") or 0
    level, name = view.number("level") or 0, view.number("optname") or 0
    optval = view.entry("optval")
    if view.is_fault("optval") and isinstance(optval, bytes) and len(optval) <= view.limit:
        return view.address("optval")
    return sockets.set_value(view, level, name, optval, length)


def _getsockopt_entry(view: View) -> str:
    level = format.one_of(view.number("level") or 0, view.symbols("socket_levels"), UNKNOWN["socket_levels"])
    begin = f"{_fd(view)}, {level}, {_option(view)}, "
    if isinstance(view.entry("optlen"), int):
        return begin
    length = view.null_or_address("optlen", view.entry("optlen"))
    return f"{begin}{format.address(view.number('optval') or 0)}, {length}"


def _getsockopt_exit(view: View) -> str:
    """Where the value is, which is not recorded, and how long."""
    asked, given = view.entry("optlen"), view.exit("optlen")
    if not isinstance(asked, int):
        return ""
    place = format.address(view.number("optval") or 0)
    if view.failed or not isinstance(given, int):
        return f"{place}, [{asked}]"
    return f"{place}, [{asked} => {given}]" if asked != given else f"{place}, [{asked}]"


# Vectors


def _buffers(view: View, gathered: Value | None, written: int | None) -> str:
    """A vector of buffers (tprint_iov_upto): the gathered content, cut up again.  ``written``: so much is in them."""
    sizes = view.entry("sizes")
    if gathered is Missing.NULL or sizes is Missing.NULL:
        return format.NULL
    if not isinstance(sizes, tuple):
        return view.address("sizes")
    field = next(field for field in view.call.event_class.entry if field.label == "sizes")
    lengths = [size["len"] for size in sizes if isinstance(size, Mapping)]
    if isinstance(gathered, bytes):
        left = sum(lengths) if written is None else written
        contents = list(_cut_up(view, gathered, lengths, left))
    else:
        contents = [format.NO_ADDRESS] * len(lengths)
    sizes_shown = (_length(length, field) for length in lengths)
    items = [_buffer(content, length) for content, length in zip(contents, sizes_shown, strict=True)]
    if view.is_fault("sizes"):
        return cut_list(view, "sizes", items, ELEMENTS["buffer"])
    return format.listed([*items, format.MORE] if is_part(view, field) else items, view.limit)


def _length(length: int, field: Field) -> str:
    """A buffer's length.  Older modules had 32 bits for it, of which the highest number meant that or more."""
    return format.NO_VALUE if field.members[0].type == "length" and length == LENGTH_MAX else str(length)


def _cut_up(view: View, gathered: bytes, lengths: list[int], left: int) -> Iterator[str]:
    """The content of each buffer; of those that could not be read, only where they are, which a trace does not hold."""
    place, fault = 0, view.is_fault("data", exit=bool(view.call.event_class.exit))
    for length in lengths:
        here = min(length, left)
        kept = gathered[place : place + here]
        is_unreadable = fault and len(kept) < here and len(kept) <= view.limit
        yield format.NO_ADDRESS if is_unreadable else format.content(kept, view.limit, length=here)
        place, left = place + here, left - here


def _buffer(content: str, length: str) -> str:
    return format.struct((("iov_base", content), ("iov_len", length)))


def _vector_entry(view: View) -> str:
    return f"{view.fd(view.number('fd') or 0)}, "


def _writev_entry(view: View) -> str:
    return f"{_vector_entry(view)}{_buffers(view, view.entry('data'), None)}, {view.number('iovcnt')}"


def _readv_exit(view: View) -> str:
    return f"{_buffers(view, view.exit('data'), view.call.ret)}, {view.number('iovcnt')}"


# Messages


def _message(view: View, part: str) -> str:
    """A struct msghdr (print_struct_msghdr); its control data is not in a trace."""
    get = view.exit if part == "exit" else view.entry
    address, control, flags = get("addr"), get("controllen"), get("msg_flags")
    if not isinstance(flags, int):
        return view.null_or_address("msg_flags", flags)
    is_cut = view.is_fault("addr", exit=part == "exit")
    name = sockets.optional(view, None if is_cut else address, format.NO_ADDRESS)
    shown = [
        ("msg_name", name),
        ("msg_namelen", _name_length(view, address, part)),
        ("msg_iov", _gathered(view, get("data"))),
        ("msg_iovlen", format.NO_VALUE),
    ]
    if control:
        shown.append(("msg_control", format.NO_ADDRESS))
    shown += [
        ("msg_controllen", str(control) if isinstance(control, int) else format.NO_VALUE),
        ("msg_flags", view.flags(flags & 0xFFFF_FFFF, "msg_flags")),
    ]
    return format.struct(shown)


def _name_length(view: View, address: Value | None, part: str) -> str:
    """How long a message's address is: as long as what was kept of it, if that is all.

    It is not recorded for itself, so nobody knows it where there was no address.  What recvmsg() had room for is not
    recorded either.
    """
    marks = view.call.exit_marks if part == "exit" else view.call.entry_marks
    known = isinstance(address, bytes) and not marks.get("addr")
    length = str(len(address)) if known and isinstance(address, bytes) else format.NO_VALUE
    return f"{format.NO_VALUE} => {length}" if part == "exit" and known else length


def _gathered(view: View, data: Value | None) -> str:
    """The content of all of a message's buffers, as if it were one: their number and sizes are not recorded."""
    if data is Missing.NULL:
        return format.NULL
    content = format.content(data, view.limit) if isinstance(data, bytes) else format.NO_ADDRESS
    return f"[{_buffer(content, format.NO_VALUE)}]"


def _message_flags(view: View) -> str:
    return view.flags((view.number("flags") or 0) & 0xFFFF_FFFF, "msg_flags")


def _sendmsg_entry(view: View) -> str:
    return f"{_fd(view)}, {_message(view, 'entry')}, {_message_flags(view)}"


def _recvmsg_exit(view: View) -> str:
    if not view.failed:
        return f"{_message(view, 'exit')}, {_message_flags(view)}"
    # strace writes one member of a struct that it could read.  The kernel got so far if it found another fault.
    is_read = -(view.call.ret or 0) not in BEFORE_MESSAGE and view.register("msg_flags") != 0
    shown = format.struct((("msg_namelen", format.NO_VALUE),)) if is_read else view.address("msg_flags")
    return f"{shown}, {_message_flags(view)}"


def _socket_entry(view: View) -> str:
    return f"{_fd(view)}, "


ARGUMENTS: Arguments = {
    **for_each(("socket", "socketpair"), {"type": _kind, "protocol": _protocol}),
    **for_each(("bind", "connect", "sendto"), {"addr": _named_address}),
    "setsockopt": {"optname": _option, "optval": _option_value},
}

CALLS: Mapping[str, Parts] = {
    **for_each(("accept", "accept4", "getsockname", "getpeername"), (_accept_entry, _accept_exit)),
    "recvfrom": (_socket_entry, _recvfrom_exit),
    "getsockopt": (_getsockopt_entry, _getsockopt_exit),
    "readv": (_vector_entry, _readv_exit),
    "writev": (_writev_entry, nothing),
    "sendmsg": (_sendmsg_entry, nothing),
    "recvmsg": (_socket_entry, _recvmsg_exit),
}
