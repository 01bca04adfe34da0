"""Socket addresses, as they are in memory."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Any

AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10
_INET, _INET6_WITHOUT_SCOPE = 16, 24


@lru_cache(maxsize=4096)
def parse_address(value: bytes) -> dict[str, Any] | None:
    """What a ``struct sockaddr`` says; None if it is too short to have a family.

    ``family`` is "inet" and "inet6" (``address``, ``port``, ``scope`` if it has one), "unix" (``path``, or ``abstract``
    for a name that is none; neither if it has no name), or another's number (``data``: the rest, in hexadecimal).
    """
    if len(value) < 2:
        return None
    family = int.from_bytes(value[:2], "little")
    port = int.from_bytes(value[2:4], "big")
    if family == AF_INET and len(value) >= _INET:
        return {"family": "inet", "address": str(ipaddress.IPv4Address(value[4:8])), "port": port}
    if family == AF_INET6 and len(value) >= _INET6_WITHOUT_SCOPE:
        scope = int.from_bytes(value[24:28], "little")
        address = {"family": "inet6", "address": _inet6(value[8:24]), "port": port}
        return {**address, "scope": scope} if scope else address
    if family == AF_UNIX:
        return {"family": "unix", **_unix_name(value[2:])}
    return {"family": family, "data": value[2:].hex()}


def _unix_name(name: bytes) -> dict[str, bytes]:
    """A path ends with a NUL; of an abstract name, all bytes count but the NUL that it begins with."""
    if not name:
        return {}
    return {"path": name.partition(b"\0")[0]} if name[0] else {"abstract": name[1:]}


def _inet6(address: bytes) -> str:
    """As the kernel's %pI6c writes it: the longest row of zeros left out, and an IPv4 address at its end with dots."""
    mapped = address[:12] == bytes(10) + b"\xff\xff"
    isatap = address[8:12] in (b"\0\0\x5e\xfe", b"\2\0\x5e\xfe")
    if mapped or isatap:
        head = _compressed(address[:12])
        return f"{head}{'' if head.endswith(':') else ':'}{ipaddress.IPv4Address(address[12:])}"
    return _compressed(address)


_ZEROS = re.compile(r"(?<![0-9a-f])0(?::0)+(?![0-9a-f])")


def _compressed(address: bytes) -> str:
    """Words of 16 bits in hexadecimal, of which the first longest row of zeros is left out, if it is two or more."""
    words = ":".join(f"{int.from_bytes(address[at : at + 2], 'big'):x}" for at in range(0, len(address), 2))
    rows = [found.span() for found in _ZEROS.finditer(words)]
    if not rows:
        return words
    begin, end = max(rows, key=lambda row: (row[1] - row[0], -row[0]))
    return f"{words[:begin].rstrip(':')}::{words[end:].lstrip(':')}"
