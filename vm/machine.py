"""A running guest, and what may be done to it."""

from __future__ import annotations

import asyncio
import shlex
import socket
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, cast

from qemu.qmp import EventListener, ExecuteError, Message, QMPClient, QMPError

from vm import channel, qemu
from vm.channel import Channel, Result
from vm.errors import CommandFailed, CommandTimeout, MachineLost, VmError, tail
from vm.qemu import Wiring
from vm.spec import MachineSpec

ANSWER_S = 20.0  # for what takes no time in a machine that is well
SNAPSHOT_S = 30.0
SHUTDOWN_S = 2.0  # a QEMU that is not stuck ends at once when told to
T = TypeVar("T")
WiringOf = Callable[[int, int], Wiring]  # given the numbers of the sockets for QMP and for the agent


class Machine:
    """A guest that runs in a QEMU of its own. `boot` makes them; not for use by two threads at once."""

    def __init__(self, spec: MachineSpec, folder: Path) -> None:
        self.spec = spec
        self.folder = folder
        self.console = folder / "console.log"
        # asyncio stays in here: the loop runs while one of the methods below waits.
        self._runner = asyncio.Runner()
        self._qmp = QMPClient("syscord")
        self._ends = EventListener(names="SHUTDOWN")
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None
        self._in_step = False
        self._console_start = 0
        self._lost: MachineLost | None = None

    @property
    def qemu_pid(self) -> int:
        """The number of QEMU's process."""
        assert self._process
        return self._process.pid

    def run(self, command: str, *, timeout: float = 60.0, stdin: bytes = b"", check: bool = True) -> Result:
        """Run COMMAND with /bin/sh in the guest, as root, in /root, and return what it did.

        It has ended when the shell has: what it leaves in the background goes on, with its output cut off.
        Raises CommandFailed if CHECK and the status is not 0; CommandTimeout after TIMEOUT seconds of wall clock,
        when the command and its process group are killed; MachineLost when the guest or QEMU is gone or hangs.
        """
        result = self._wait(self._execute(command, stdin, timeout), timeout + 2 * ANSWER_S, command)
        if check and result.status:
            raise CommandFailed(
                f"{command}\nended with status {result.status} in the guest; standard error:\n{tail(result.stderr)}\n"
                f"standard output:\n{tail(result.stdout)}\nthe console's end:\n{self.console_tail(15)}"
            )
        return result

    def put(self, source: Path | bytes, target: str, *, mode: int = 0o644, timeout: float = 60.0) -> None:
        """Write a file of this host, or bytes, to the path TARGET in the guest."""
        data = source.read_bytes() if isinstance(source, Path) else source
        where = shlex.quote(target)
        self.run(f"cat > {where} && chmod {mode:o} {where}", stdin=data, timeout=timeout)

    def get(self, source: str, *, timeout: float = 60.0) -> bytes:
        """The content of the file SOURCE of the guest."""
        return self.run(f"cat {shlex.quote(source)}", timeout=timeout).out

    def snapshot(self, name: str) -> None:
        """Keep the whole state of the machine, disk and memory, under NAME, for as long as the machine lives."""
        self._wait(self._snapshot_job("snapshot-save", name), SNAPSHOT_S, f"snapshot {name}")

    def restore(self, name: str) -> None:
        """Go back to the state that was kept under NAME; 'booted' is always there.

        The guest's clock is set to the host's, except where it counts instructions.
        """
        self._wait(self._restore(name), SNAPSHOT_S, f"restore {name}")

    def console_tail(self, lines: int = 60) -> str:
        """The last LINES lines of the serial console, indented: of what came since the machine was last restored."""
        try:
            log = self.console.read_bytes()[self._console_start :]
        except FileNotFoundError:
            log = b""
        return tail(log.decode(errors="replace"), lines) or "    (nothing)"

    def wait(self) -> None:
        """Wait, without a deadline, until QEMU has ended."""
        assert self._process
        self._runner.run(self._process.wait())

    # What `boot` needs

    def start(self, wiring_of: WiringOf, *, timeout: float) -> None:
        """Start QEMU and wait until the agent answers, at most TIMEOUT seconds."""
        self._wait(self._start(wiring_of), timeout, "boot")

    def stop(self) -> None:
        """End QEMU, now."""
        try:
            self._runner.run(self._stop())
        finally:
            self._runner.close()

    async def _start(self, wiring_of: WiringOf) -> None:
        ours_qmp, qmp = socket.socketpair()
        ours_agent, agent = socket.socketpair()
        with qmp, agent, (self.folder / "qemu.log").open("wb") as log:
            wiring = wiring_of(qmp.fileno(), agent.fileno())
            interactive = wiring.console.startswith("stdio")
            self._process = await asyncio.create_subprocess_exec(
                *qemu.command(self.spec, wiring),
                pass_fds=(qmp.fileno(), agent.fileno()),
                stdin=None if interactive else asyncio.subprocess.DEVNULL,
                stdout=None if interactive else log,
                stderr=log,
                # Ctrl-C is for us; QEMU is ended in an orderly way then.
                start_new_session=not interactive,
            )
        self._qmp.register_listener(self._ends)
        await self._qmp.connect(ours_qmp)
        self._channel = Channel(*await asyncio.open_unix_connection(sock=ours_agent))
        await self._greet()

    async def _stop(self) -> None:
        if not self._process:
            return
        await _end(self._process)
        if self._channel:
            self._channel.writer.close()
        # QEMU has gone without a word, as it was told to.
        with suppress(QMPError, OSError, EOFError, TimeoutError):
            await asyncio.wait_for(self._qmp.disconnect(), SHUTDOWN_S)

    async def _greet(self) -> None:
        assert self._channel
        await channel.greet(self._channel, set_clock=not self.spec.icount)
        self._in_step = True

    async def _execute(self, command: str, stdin: bytes, timeout: float) -> Result:
        assert self._channel
        if not self._in_step:
            await self._greet()
        self._in_step = False
        try:
            result = await channel.execute(self._channel, command, stdin, timeout)
        except CommandTimeout:
            await asyncio.wait_for(self._greet(), ANSWER_S)
            raise
        self._in_step = True
        return result

    async def _restore(self, name: str) -> None:
        self._in_step = False
        await self._snapshot_job("snapshot-load", name)
        self._console_start = self.console.stat().st_size
        await self._qmp.execute("cont")
        await self._greet()

    async def _snapshot_job(self, command: str, tag: str) -> None:
        """Run one of QEMU's background jobs to its end."""

        def concluded(event: Message) -> bool:
            return event["data"] == {"id": command, "status": "concluded"}

        with self._qmp.listener("JOB_STATUS_CHANGE", concluded) as listener:
            disk = {"vmstate": qemu.DISK, "devices": [qemu.DISK]}
            await self._qmp.execute(command, {"job-id": command, "tag": tag, **disk})
            await listener.get()
        jobs = cast(list[dict[str, str]], await self._qmp.execute("query-jobs"))
        await self._qmp.execute("job-dismiss", {"id": command})
        errors = [job["error"] for job in jobs if job["id"] == command and "error" in job]
        if errors:
            raise VmError(f"{command} {tag}: {errors[0]}")

    def _wait(self, work: Coroutine[None, None, T], timeout: float, what: str) -> T:
        if self._lost:
            work.close()
            raise self._lost
        try:
            return self._runner.run(self._watched(work, timeout, what))
        except VmError:
            raise
        except BaseException as error:
            # In the middle of a conversation, such as by Ctrl-C or a test's timeout: nobody knows how it would go on.
            self._lose(what, f"what it was asked was interrupted: {error!r}")
            raise

    async def _watched(self, work: Awaitable[T], timeout: float, what: str) -> T:
        """The result of WORK, or MachineLost when the machine ends first or TIMEOUT seconds go by."""
        try:
            async with asyncio.timeout(timeout):
                return await work
        except TimeoutError:
            raise self._lose(what, f"the guest does not answer ({timeout:g} s)") from None
        except (EOFError, OSError, QMPError) as error:
            raise self._lose(what, await self._cause(error)) from error

    async def _cause(self, error: Exception) -> str:
        """What ended the machine, as QEMU tells it on its way out."""
        if isinstance(error, ExecuteError) or not self._process:
            return f"QEMU says: {error}"
        try:
            status = await asyncio.wait_for(self._process.wait(), ANSWER_S)
        except TimeoutError:
            return f"the connection broke: {error!r}"
        reasons = [cast(dict[str, str], event["data"])["reason"] for event in self._ends.clear()]
        if "Kernel panic" in self.console_tail(1000):
            return "the guest's kernel panicked"
        if reasons:
            return f"QEMU ended: {reasons[0]}"
        return f"QEMU died, status {status}:\n{tail((self.folder / 'qemu.log').read_text(errors='replace'))}"

    def _lose(self, what: str, cause: str) -> MachineLost:
        """The error that this call, and every later one, ends with."""
        where = f"the {self.spec.arch.name} machine was lost: {cause}"
        self._lost = MachineLost(f"{where}\nin: {what}\nthe console's end:\n{self.console_tail()}")
        return self._lost


async def _end(process: asyncio.subprocess.Process) -> None:
    """End QEMU: politely, so that it gives a terminal back as it was, then by force."""
    for end in (process.terminate, process.kill):
        if process.returncode is None:
            end()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), SHUTDOWN_S)
