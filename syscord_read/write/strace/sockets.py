"""Addresses and options of sockets as strace writes them."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Mapping

from syscord_read.model.layout import Symbols
from syscord_read.model.value import Missing, Value
from syscord_read.write.strace import format
from syscord_read.write.strace.kernel import AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, SOL_SOCKET
from syscord_read.write.strace.socket_options import INTEGERS, OPTIONS, SOCKET_OPTIONS
from syscord_read.write.strace.view import UNKNOWN, View

FAMILY_SIZE = 2  # of sa_family_t, linux/socket.h
SUN_PATH_MAX = 108  # UNIX_PATH_MAX, linux/un.h
INT_SIZE = 4
SO_LINGER = 13  # asm-generic/socket.h

Members = list[tuple[str, str]]


def address(view: View, data: bytes) -> str:
    """A socket address (print_sockaddr), of at least the bytes of its family."""
    family = int.from_bytes(data[:FAMILY_SIZE], "little")
    shown = [("sa_family", format.one_of(family, view.symbols("socket_domains"), UNKNOWN["socket_domains"]))]
    if len(data) > FAMILY_SIZE:
        least, write = FAMILIES.get(family, (1 << 16, _raw))
        shown += (write if len(data) >= least else _raw)(data)
    return format.struct(shown)


def optional(view: View, value: Value | None, missing: str) -> str:
    """A socket address, if there is one; ``missing`` if there is none, or less than a family."""
    if value is Missing.NULL:
        return format.NULL
    return address(view, value) if isinstance(value, bytes) and len(value) >= FAMILY_SIZE else missing


def _raw(data: bytes) -> Members:
    return [("sa_data", format.quoted(data[FAMILY_SIZE:]))]


def _unix(data: bytes) -> Members:
    path = data[FAMILY_SIZE : FAMILY_SIZE + SUN_PATH_MAX]
    if path[:1] == b"\0":
        return [("sun_path", "@" + format.quoted(path[1:]))]
    return [("sun_path", format.quoted(path.partition(b"\0")[0]))]


def _inet(data: bytes) -> Members:
    port, host = struct.unpack_from(">H4s", data, FAMILY_SIZE)
    return [("sin_port", f"htons({port})"), ("sin_addr", f'inet_addr("{ipaddress.IPv4Address(host)}")')]


def _inet6(data: bytes) -> Members:
    """The address is an argument of inet_pton() in the middle of the members (print_inet_addr)."""
    port, flow, host = struct.unpack_from(">HI16s", data, FAMILY_SIZE)
    text = inet6(host)
    shown = [
        ("sin6_port", f"htons({port})"),
        ("sin6_flowinfo", f'htonl({flow}), inet_pton(AF_INET6, "{text}", &sin6_addr)'),
    ]
    if len(data) >= 28:
        shown.append(("sin6_scope_id", str(struct.unpack_from("<I", data, 24)[0])))
    return shown


def inet6(host: bytes) -> str:
    """An IPv6 address as glibc's inet_ntop() writes it: an IPv4 address in it is written as one."""
    last = ipaddress.IPv4Address(host[12:])
    if not any(host[:10]) and host[10:12] == b"\xff\xff":
        return f"::ffff:{last}"
    if not any(host[:12]) and any(host[12:14]):
        return f"::{last}"
    return str(ipaddress.IPv6Address(host))


def _netlink(data: bytes) -> Members:
    pad, pid, groups = struct.unpack_from("<HiI", data, FAMILY_SIZE)
    shown = [("nl_pad", f"{pad:#x}")] if pad else []
    return [*shown, ("nl_pid", str(pid)), ("nl_groups", f"{groups:#08x}" if groups else "00000000")]


#: By family: bytes that an address of it has at least, and what they say.
FAMILIES: Mapping[int, tuple[int, Callable[[bytes], Members]]] = {
    AF_UNIX: (FAMILY_SIZE + 1, _unix),
    AF_INET: (16, _inet),
    AF_INET6: (24, _inet6),
    AF_NETLINK: (12, _netlink),
}


def kind(value: int, symbols: Symbols | None) -> str:
    """The type of a socket, with flags above it (tprint_sock_type)."""
    pairs = symbols.values.items() if symbols else ()
    types = {bit: label for label, bit in pairs if bit <= 0xF}
    flags = tuple((label, bit) for label, bit in pairs if bit > 0xF)
    value &= 0xFFFF_FFFF
    label = types.get(value & 0xF)
    if not label:
        return format.flags(value, flags, UNKNOWN["socket_types"])
    rest = value & ~0xF
    return label + (f"|{format.flags(rest, flags, UNKNOWN['socket_types'])}" if rest else "")


def option(level: int, name: int) -> str:
    """The name of an option (print_sockopt_fd_level_name)."""
    if level not in OPTIONS:
        return format.unsigned(name, 32)
    options, unknown = OPTIONS[level]
    return options.get(name) or format.hexadecimal(name, 32) + format.comment(unknown)


def set_value(view: View, level: int, name: int, value: Value | None, length: int) -> str:
    """What an option is set to (print_setsockopt)."""
    where = view.address("optval")
    if not isinstance(value, bytes):
        return view.null_or_address("optval", value)
    if length < 0:
        return where
    if level == SOL_SOCKET and name == SO_LINGER:
        return _ints(value, ("l_onoff", "l_linger")) if length >= 2 * INT_SIZE else where
    if level == SOL_SOCKET and SOCKET_OPTIONS.get(name) in INTEGERS:
        return _number(value) if length >= INT_SIZE else where
    return _number(value) if length == INT_SIZE else format.content(value, view.limit, length=length)


def _number(value: bytes) -> str:
    return f"[{int.from_bytes(value[:INT_SIZE], 'little', signed=True)}]"


def _ints(value: bytes, names: tuple[str, ...]) -> str:
    """A struct of plain ints, as many as there are bytes for."""
    found = [int.from_bytes(value[at : at + 4], "little", signed=True) for at in range(0, len(value) - 3, INT_SIZE)]
    return format.struct((name, str(number)) for name, number in zip(names, found, strict=False))
