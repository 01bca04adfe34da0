"""The harness keeps its own promises: commands, files, deadlines, crashes, fresh kernels."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from devtools.build import tree_of
from devtools.paths import ROOT
from syscord_build.module import make_command
from vm import kernels
from vm.errors import CommandFailed, CommandTimeout, MachineLost
from vm.machine import Machine

FOREVER = "while :; do :; done"


def test_is_of_its_architecture(machine: Machine, kernel: kernels.Kernel) -> None:
    names = {"arm64": "aarch64", "x86_64": "x86_64"}
    assert machine.run("uname -m").stdout.strip() == names[kernel.arch.name]
    assert machine.run("uname -r").stdout.strip() == kernel.version


def test_output_and_status_come_back(machine: Machine) -> None:
    result = machine.run("echo out; echo err >&2; exit 3", check=False)
    assert (result.status, result.out, result.err) == (3, b"out\n", b"err\n")


def test_status_of_a_killed_command_is_as_in_the_shell(machine: Machine) -> None:
    assert machine.run("kill -SEGV $$", check=False).status == 128 + signal.SIGSEGV


def test_a_failure_names_command_status_and_error(machine: Machine) -> None:
    with pytest.raises(CommandFailed, match=r"(?s)ls /nowhere.*status 2.*No such file"):
        machine.run("ls /nowhere")


def test_commands_run_as_root_at_home(machine: Machine) -> None:
    assert machine.run("id -un; pwd; echo $HOME").stdout == "root\n/root\n/root\n"


def test_stdin_arrives_whole(machine: Machine) -> None:
    data = os.urandom(300_000)
    assert machine.run("cat", stdin=data).out == data


def test_a_command_may_leave_its_stdin_unread(machine: Machine) -> None:
    assert machine.run("echo done", stdin=bytes(1_000_000)).stdout == "done\n"


def test_binary_files_survive_the_way_there_and_back(machine: Machine, tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_bytes(bytes(range(256)) * 5000)
    machine.put(source, "/root/a file", mode=0o750)
    assert machine.get("/root/a file") == source.read_bytes()
    assert machine.run("stat -c %a '/root/a file'").stdout == "750\n"


def test_an_empty_file_can_be_put(machine: Machine) -> None:
    machine.put(b"", "/root/empty")
    assert machine.get("/root/empty") == b""


def test_a_daemon_holding_the_pipes_does_not_hold_the_command(machine: Machine) -> None:
    result = machine.run("sleep 1000 & echo started", timeout=30)
    assert result.stdout == "started\n"
    assert machine.run("pgrep -c sleep").stdout == "1\n"


def test_a_daemon_writing_for_ever_does_not_hold_the_command(machine: Machine) -> None:
    assert machine.run("yes & echo $!", timeout=30).status == 0


def test_a_late_command_is_killed_with_its_children_and_says_what_it_wrote(machine: Machine) -> None:
    with pytest.raises(CommandTimeout, match=r"(?s)1 s.*so far"):
        machine.run(f"echo so far; sleep 1000 & {FOREVER}", timeout=1)
    assert machine.run("pgrep -c sleep", check=False).stdout == "0\n"


def test_a_panic_loses_the_machine_and_shows_the_console(machine: Machine) -> None:
    with pytest.raises(MachineLost, match=r"(?s)kernel panicked.*sysrq triggered crash"):
        machine.run("echo c > /proc/sysrq-trigger")
    with pytest.raises(MachineLost):
        machine.run("true")


def test_after_a_panic_there_is_a_new_machine(machine: Machine) -> None:
    assert machine.run("echo well").stdout == "well\n"


def test_a_hung_guest_is_lost_within_the_deadline(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vm.machine.ANSWER_S", 2.0)
    start = time.monotonic()
    os.kill(machine.qemu_pid, signal.SIGSTOP)
    with pytest.raises(MachineLost, match="does not answer"):
        machine.run("true", timeout=1)
    assert time.monotonic() - start < 10


def test_after_a_hang_there_is_a_new_machine(machine: Machine) -> None:
    assert machine.run("echo well").stdout == "well\n"


def test_qemu_killed_is_a_lost_machine(machine: Machine) -> None:
    os.kill(machine.qemu_pid, signal.SIGKILL)
    with pytest.raises(MachineLost, match="QEMU"):
        machine.run("true")


class Interrupted(BaseException):
    """What a signal's handler raises, such as that of pytest's timeout."""


def test_a_call_that_is_interrupted_loses_the_machine(machine: Machine) -> None:
    def interrupt(*_: object) -> None:
        raise Interrupted

    old = signal.signal(signal.SIGUSR1, interrupt)
    alarm = threading.Timer(1, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        with pytest.raises(Interrupted):
            alarm.start()
            machine.run(FOREVER, timeout=30)
    finally:
        alarm.cancel()
        signal.signal(signal.SIGUSR1, old)
    with pytest.raises(MachineLost, match="interrupted"):
        machine.run("true")


def test_after_an_interruption_there_is_a_new_machine(machine: Machine) -> None:
    assert machine.run("echo well").stdout == "well\n"


def test_each_test_has_a_fresh_kernel(machine: Machine) -> None:
    machine.snapshot("before")
    machine.run("touch /root/trace; modprobe dummy")
    machine.restore("before")
    assert machine.run("ls /root/trace", check=False).status == 2
    assert "dummy" not in machine.run("lsmod").stdout


def test_the_clock_is_right_after_a_restore(machine: Machine) -> None:
    assert abs(float(machine.run("date +%s.%N").stdout) - time.time()) < 5


def test_a_built_module_loads(machine: Machine, kernel: kernels.Kernel, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("obj-m := hello.o\n")
    (tmp_path / "hello.c").write_text(
        "#include <linux/module.h>\n"
        'static int __init hello(void) { pr_info("good day\\n"); return 0; }\n'
        'module_init(hello); MODULE_LICENSE("GPL");\n'
    )
    subprocess.run(make_command(tree_of(kernel), tmp_path), check=True)
    machine.put(tmp_path / "hello.ko", "/root/hello.ko")
    machine.run("insmod /root/hello.ko")
    assert "good day" in machine.run("dmesg").stdout


@pytest.mark.parametrize(
    "program",
    [
        "nginx && ab -q -n 10 http://127.0.0.1/ && curl -fs http://127.0.0.1/ | grep -q nginx",
        "perf stat -e raw_syscalls:sys_exit true 2>&1 | grep -q raw_syscalls:sys_exit",
        "strace -f -c ls 2>&1 | grep -q getdents64",
        "python3 -c 'import sqlite3' && sqlite3 :memory: 'select 1'",
        "grep -q tracefs /proc/mounts && test -w /dev/shm && ip addr show lo | grep -q 127.0.0.1",
        "ps aux | awk '{print $1}' | sort | uniq -c && getent passwd www-data && getent hosts localhost",
    ],
)
def test_the_guest_has_what_tests_need(machine: Machine, program: str) -> None:
    machine.run(program)


# What a shell runs in the background, these tests perhaps, ignores Ctrl-C, and so would its children.
BOOT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from vm import kernels
from vm.boot import boot
from vm.spec import MachineSpec
with boot(MachineSpec(kernels.get("debian:bookworm", sys.argv[1]))) as machine:
    print(machine.qemu_pid, flush=True)
    machine.run("while :; do :; done", timeout=1000)
"""


def test_ctrl_c_while_booting_leaves_no_qemu(arch: str, tmp_path: Path) -> None:
    # A kernel command line of its own, so that there is no snapshot to load; and no end to the booting.
    mark = f"rdinit=/{tmp_path.name}.{os.getpid()}"
    program = BOOT.replace("))) as", f"), append='panic=0 {mark}')) as")
    with subprocess.Popen([sys.executable, "-c", program, arch], stderr=subprocess.DEVNULL) as boot:
        qemu = os.pidfd_open(process_with(mark, within=30))
        boot.send_signal(signal.SIGINT)
        assert boot.wait(timeout=30) != 0
    assert ended(qemu, within=0)


def process_with(word: str, within: float) -> int:
    """The QEMU that has WORD in its command line, which comes up WITHIN so many seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found = subprocess.run(["pgrep", "-f", f"^qemu-system.*{word}"], check=False, capture_output=True)
        if found.stdout:
            return int(found.stdout)
    raise TimeoutError(f"no QEMU with {word} in {within} s")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda end: end.name)
def test_no_qemu_outlives_its_parent(arch: str, end: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BOOT, arch], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as boot:
        assert boot.stdout
        qemu = os.pidfd_open(int(boot.stdout.readline()))
        boot.send_signal(end)
        boot.wait(timeout=30)
    assert ended(qemu, within=10)


RUN_TESTS = """
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main(sys.argv[1:]))
"""
ENDLESS_TEST = """
from pathlib import Path
from vm import kernels
from vm.boot import boot
from vm.spec import MachineSpec

def test_something_that_takes_for_ever():
    with boot(MachineSpec(kernels.get("debian:bookworm", "{arch}"))) as machine:
        with Path("{begun}").open("w") as begun:
            print(machine.qemu_pid, machine.folder, file=begun)
        machine.run("while :; do :; done", timeout=1000)
"""


def test_ctrl_c_ends_the_machines_of_all_processes_that_run_tests(arch: str, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    for name in ("test_one.py", "test_other.py"):
        (tmp_path / name).write_text(ENDLESS_TEST.format(arch=arch, begun=begun))
    options = ["-n", "2", "--dist", "loadscope", "-c", os.devnull, "-p", "no:cacheprovider"]
    folders = [f"--rootdir={tmp_path}", f"--basetemp={tmp_path}/base", str(tmp_path)]
    command = [sys.executable, "-c", RUN_TESTS, *options, *folders]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with subprocess.Popen(command, cwd=ROOT, env=alone, stdout=subprocess.PIPE, start_new_session=True) as run:
        machines = [line.split() for line in lines_of(begun, 2, within=120)]
        qemus = [os.pidfd_open(int(pid)) for pid, _ in machines]
        # As a terminal does it: all of them get the signal.
        os.killpg(run.pid, signal.SIGINT)
        said, _ = run.communicate(timeout=60)
    assert run.returncode == pytest.ExitCode.INTERRUPTED, said
    assert [ended(qemu, within=0) for qemu in qemus] == [True, True]
    assert [folder for _, folder in machines if Path(folder).exists()] == []


def lines_of(fifo: Path, count: int, within: float) -> list[str]:
    """The first lines that are written to a pipe, so many of them, which come WITHIN so many seconds."""
    deadline = time.monotonic() + within
    poll, text = select.poll(), b""
    # For writing, too, so that it does not end with its first writer.
    with os.fdopen(os.open(fifo, os.O_RDWR), "rb", buffering=0) as pipe:
        poll.register(pipe, select.POLLIN)
        while text.count(b"\n") < count:
            assert poll.poll(max(0, deadline - time.monotonic()) * 1000), f"{text!r} in {within} s"
            text += pipe.read(4096)
    return text.decode().splitlines()


def ended(pidfd: int, within: float) -> bool:
    """Whether the process ends WITHIN so many seconds; a pidfd becomes readable at that moment."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(within * 1000))
