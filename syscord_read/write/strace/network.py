"""Sockets, as strace's decoders write what is particular about their syscalls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syscord_read.model.value import Missing, Value
from syscord_read.write.strace import format, sockets
from syscord_read.write.strace.fields import text
from syscord_read.write.strace.kernel import AF_INET, AF_INET6
from syscord_read.write.strace.view import UNKNOWN, Arguments, Parts, View, for_each, nothing


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
    return value if isinstance(value, int) and view.exit("addr") is not Missing.NULL else None


def _peer(view: View) -> str:
    """An address that the kernel has written, and how long it is (decode_sockname)."""
    asked = _asked_length(view)
    if asked is None:
        return _no_peer(view)
    address = view.exit("addr")
    if view.failed or not isinstance(address, bytes):
        return f"{format.NO_ADDRESS}, [{asked}]"
    given = format.NO_VALUE if "part" in view.call.exit_marks.get("addr", ()) else str(len(address))
    length = f"[{asked} => {given}]" if str(asked) != given else f"[{asked}]"
    return f"{sockets.optional(view, address, format.NO_ADDRESS)}, {length}"


def _named_address(view: View) -> str:
    """An address that the caller gives, if its length can be one (decode_sockaddr)."""
    value = view.entry("addr")
    if (view.number("addrlen") or 0) < sockets.FAMILY_SIZE:
        return format.NULL if value is Missing.NULL else format.NO_ADDRESS
    return sockets.optional(view, value, format.NO_ADDRESS)


def _no_peer(view: View) -> str:
    """Two pointers.  Who has no room for a length wants no address either."""
    length = format.NULL if view.entry("addrlen") is Missing.NULL else format.NO_ADDRESS
    wants_none = length == format.NULL or view.exit("addr") is Missing.NULL
    return f"{format.NULL if wants_none else format.NO_ADDRESS}, {length}"


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
    shown = text(view, data, value) if data and isinstance(value, bytes) else _unread(value)
    flags = view.flags((view.number("flags") or 0) & 0xFFFF_FFFF, "msg_flags")
    return f"{shown}, {view.number('size')}, {flags}, {_peer(view)}"


def _unread(value: Value | None) -> str:
    return format.NULL if value is Missing.NULL else format.NO_ADDRESS


# Options


def _option(view: View) -> str:
    return sockets.option(view.number("level") or 0, view.number("optname") or 0)


def _option_value(view: View) -> str:
    length = view.number("optlen") or 0
    level, name = view.number("level") or 0, view.number("optname") or 0
    return sockets.set_value(view, level, name, view.entry("optval"), length)


def _getsockopt_entry(view: View) -> str:
    level = format.one_of(view.number("level") or 0, view.symbols("socket_levels"), UNKNOWN["socket_levels"])
    begin = f"{_fd(view)}, {level}, {_option(view)}, "
    if isinstance(view.entry("optlen"), int):
        return begin
    return f"{begin}{format.address(view.number('optval') or 0)}, {_unread(view.entry('optlen'))}"


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
        return format.NO_ADDRESS
    lengths = [size["len"] for size in sizes if isinstance(size, Mapping)]
    if not isinstance(gathered, bytes):
        return format.listed((_buffer(format.NO_ADDRESS, str(length)) for length in lengths), view.limit)
    left = sum(lengths) if written is None else written
    return format.listed(_cut_up(view, gathered, lengths, left), view.limit)


def _cut_up(view: View, gathered: bytes, lengths: list[int], left: int) -> Iterator[str]:
    place = 0
    for length in lengths:
        here = min(length, left)
        yield _buffer(format.content(gathered[place : place + here], view.limit, length=here), str(length))
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
        return _unread(flags)
    name = sockets.optional(view, address, format.NO_ADDRESS)
    shown = [
        ("msg_name", name),
        ("msg_namelen", str(len(address)) if isinstance(address, bytes) else "0"),
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
    if view.failed:
        return f"{format.struct((('msg_namelen', format.NO_VALUE),))}, {_message_flags(view)}"
    return f"{_message(view, 'exit')}, {_message_flags(view)}"


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
