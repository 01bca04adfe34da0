"""The host's side of the channel to the agent in the guest. vm/agent/agent.c tells the protocol."""

from __future__ import annotations

import asyncio
import itertools
import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from vm.errors import CommandTimeout, tail

MAGIC = 0x43535953
HEADER = struct.Struct("<4I")
FRAME_MAX = 64 * 1024
HELLO, EXEC, STDIN, MORE, STDOUT, STDERR, EXIT = range(1, 8)


@dataclass(frozen=True)
class Frame:
    """One message, with the number of the command that it belongs to."""

    type: int
    id: int
    data: bytes = b""

    def encode(self) -> bytes:
        """The frame as it goes over the wire."""
        return HEADER.pack(MAGIC, self.type, self.id, len(self.data)) + self.data


@dataclass(frozen=True)
class Result:
    """What a command did. A status above 128 is 128 plus the signal that killed it, as in the shell."""

    command: str
    status: int
    out: bytes
    err: bytes

    @property
    def stdout(self) -> str:
        """Standard output as text."""
        return self.out.decode(errors="replace")

    @property
    def stderr(self) -> str:
        """Standard error as text."""
        return self.err.decode(errors="replace")


def _first_ids() -> Iterator[int]:
    """Numbers that no other host used: a restored guest may still have answers for that one."""
    return itertools.count(int.from_bytes(os.urandom(3), "little") << 4)


@dataclass(frozen=True)
class Channel:
    """A connection to the agent."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ids: Iterator[int] = field(default_factory=_first_ids)

    async def send(self, frame: Frame) -> None:
        """Send FRAME, when the guest has taken what went before."""
        self.writer.write(frame.encode())
        await self.writer.drain()

    async def receive(self) -> Frame:
        """The next frame. Raises an EOFError or OSError when QEMU has gone."""
        magic, kind, number, length = HEADER.unpack(await self.reader.readexactly(HEADER.size))
        if magic != MAGIC:
            raise ConnectionError("what comes from the guest's agent is not a frame")
        return Frame(kind, number, await self.reader.readexactly(length))


async def greet(channel: Channel, *, set_clock: bool) -> None:
    """Start afresh: kill what runs in the guest, drop what is under way, set the guest's clock to the host's."""
    number = next(channel.ids)
    await channel.send(Frame(HELLO, number, struct.pack("<Q", time.time_ns() if set_clock else 0)))
    # Half a frame may be in the way, so look for the answer byte by byte. Nothing comes after it.
    answer = Frame(HELLO, number).encode()
    seen = b""
    while answer not in seen:
        got = await channel.reader.read(FRAME_MAX)
        if not got:
            raise EOFError
        seen = seen[-len(answer) :] + got


async def execute(channel: Channel, command: str, stdin: bytes, timeout: float) -> Result:
    """Run COMMAND to its end. Raises CommandTimeout, with what it wrote, after TIMEOUT seconds; it still runs then."""
    written = {STDOUT: bytearray(), STDERR: bytearray()}
    try:
        async with asyncio.timeout(timeout):
            status = await _converse(channel, command, stdin, written)
    except TimeoutError:
        wrote = tail((written[STDOUT] + written[STDERR]).decode(errors="replace")) or "    nothing"
        raise CommandTimeout(f"{command}\ndid not end in {timeout:g} s; it wrote:\n{wrote}") from None
    return Result(command, status, bytes(written[STDOUT]), bytes(written[STDERR]))


async def _converse(channel: Channel, command: str, stdin: bytes, written: dict[int, bytearray]) -> int:
    number = next(channel.ids)
    chunks = (stdin[at : at + FRAME_MAX] for at in range(0, len(stdin), FRAME_MAX))
    await channel.send(Frame(EXEC, number, command.encode()))
    while True:
        frame = await channel.receive()
        if frame.type in written:
            written[frame.type] += frame.data
        elif frame.type == MORE:
            await channel.send(Frame(STDIN, number, next(chunks, b"")))
        elif frame.type == EXIT:
            status = os.waitstatus_to_exitcode(int.from_bytes(frame.data, "little"))
            return status if status >= 0 else 128 - status
