"""The memory of the guest's program fuzz (guest/fuzz.h), as far as it is known here."""

from __future__ import annotations

from dataclasses import dataclass, field

START, AREAS, SIZE, PAGE = 0x600000000, 8, 0x20000, 0x1000
USABLE = SIZE - PAGE
#: Addresses that nobody may read: of no page, of the kernel, of no machine.
BAD = (1, 4095, 0x400000000, 0xFFFF800000000000, 0xFFFFFFFF81000000, 0x0123456789ABCDEF, 2**64 - 1, 2**64 - 4096)


def area(index: int) -> int:
    """Where an area begins."""
    return START + index * SIZE


class Unknown(Exception):
    """The content of memory that exists was not set: nothing can be said."""


@dataclass
class Memory:
    """What was set before a call: bytes by address, one piece in an area or more."""

    pieces: dict[int, bytes] = field(default_factory=dict)

    def put(self, address: int, data: bytes) -> int:
        """Set bytes. What lies behind the end of an area is left out, as it does not exist. Returns ADDRESS."""
        start = address - (address - START) % SIZE
        kept = data[: max(0, start + USABLE - address)]
        if kept:
            self.pieces[address] = kept
        return address

    def read(self, address: int, size: int) -> tuple[bytes, bool]:
        """SIZE bytes from ADDRESS on, or as many as there are, and whether a fault ended them."""
        if not START <= address < START + AREAS * SIZE:
            return b"", size > 0
        end = address - (address - START) % SIZE + USABLE
        there = max(0, min(size, end - address))
        data = self._known(address, there)
        return data, there < size

    def _known(self, address: int, size: int) -> bytes:
        if not size:
            return b""
        for start, data in self.pieces.items():
            if start <= address and address + size <= start + len(data):
                return data[address - start : address - start + size]
        raise Unknown

    def string(self, address: int, most: int) -> tuple[bytes, bool, bool]:
        """The string at ADDRESS; whether there was more than MOST bytes of it; whether a fault ended it."""
        found = b""
        while len(found) <= most:
            data, fault = self.read(address + len(found), 1)
            if fault:
                return found, False, True
            if data == b"\0":
                return found, False, False
            found += data
        return found[:most], True, False
