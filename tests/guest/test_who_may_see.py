"""Who may see what: the record and all that the module shows are root's; nothing in it is the kernel's, or forged."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.guest.recorder import PARAMETERS, RECORD, Recorder
from tests.guest.test_trace import CTF, TRACE, processes, record_lines

NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups"
#: Others, too, who are root only among themselves; and root without its privileges is no matter of ours.
OTHERS = {"another user": NOBODY, "root of a user namespace": f"{NOBODY} unshare --user --map-root-user"}
DEBUG = "/sys/kernel/debug/syscord"
# Says what of all this can be done.
TRIES = """
import os, sys
ways = {
    "read": lambda file: os.open(file, os.O_RDONLY),
    "list": os.listdir,
    "write": lambda file: os.open(file, os.O_WRONLY),
    "append": lambda file: os.open(file, os.O_WRONLY | os.O_APPEND),
    "empty": lambda file: os.truncate(file, 0),
    "chmod": lambda file: os.chmod(file, 0o777),
    "chown": lambda file: os.chown(file, 65534, 65534),
    "rename": lambda file: os.rename(file, file + ".old"),
    "link": lambda file: os.link(file, file + ".link"),
    "remove": os.unlink,
    "remove folder": os.rmdir,
    "make in": lambda file: os.mkdir(file + "/new"),
}
for file in sys.argv[1:]:
    for name, way in ways.items():
        try:
            way(file)
            print(name, file)
        except OSError:
            pass
"""
SEEN_BY_ROOT = f"find {PARAMETERS} {DEBUG} /etc/syscall-record {TRACE} -print"


@pytest.mark.parametrize("who", OTHERS)
def test_only_root_reads_and_changes(recorder: Recorder, who: str) -> None:
    recorder.run("mount -t debugfs -o mode=755 none /sys/kernel/debug")
    recorder.machine.put(TRIES.encode(), "/tmp/tries.py")
    # Two recorders, so that there are a text record and a trace, with files that were rotated.
    recorder.run(f"insmod twin.ko {CTF} rotate_mb=1 proc_name=programs content=4096")
    recorder.load("rotate_mb=1 proc_name=programs content=4096")
    recorder.run("./programs writes 1000 4096")
    twins = SEEN_BY_ROOT.replace(PARAMETERS, f"{PARAMETERS} {PARAMETERS.replace('syscord', 'twin')}")
    files = recorder.run(twins.replace(DEBUG, f"{DEBUG} {DEBUG.replace('syscord', 'twin')}")).split()
    assert {RECORD, f"{RECORD}.1", f"{TRACE}/metadata", f"{TRACE}/state", f"{PARAMETERS}/pid", f"{DEBUG}/counters"} < {
        *files
    }
    look = f"stat -c '%a %u %g %n' {' '.join(files)}; cd {PARAMETERS}; cat pid proc_name max_mb content"
    before = recorder.run(look)
    # All users may see the names in there, and no more.
    folders = [folder.replace("syscord", name) for folder in (PARAMETERS, DEBUG) for name in ("syscord", "twin")]
    tried = [file for file in files if file not in folders]
    assert recorder.run(f"{OTHERS[who]} python3 tries.py {' '.join(tried)}") == ""
    assert recorder.run(look) == before
    refused = recorder.machine.run(f"{OTHERS[who]} rmmod syscord", check=False)
    assert refused.status and "not permitted" in refused.stderr
    recorder.run("rmmod twin")


# The ranges of addresses that the kernel really uses here: its memory, its code, and what it has mapped.
RANGES = """
sysctl -q kernel.kptr_restrict=1
python3 - <<'EOF'
import struct
kcore = open("/proc/kcore", "rb")
header = kcore.read(64)
at, (size, count) = struct.unpack_from("<Q", header, 32)[0], struct.unpack_from("<HH", header, 54)
kcore.seek(at)
table = kcore.read(size * count)
for i in range(count):
    kind, _, _, start, _, _, length, _ = struct.unpack_from("<IIQQQQQQ", table, i * size)
    if kind == 1 and length < 1 << 32:
        print(start, start + length)
EOF
sed 's/^0x\\([0-9a-f]*\\)-0x\\([0-9a-f]*\\) .*/\\1 \\2/' /proc/vmallocinfo |
    python3 -c 'import sys; [print(*(int(word, 16) for word in line.split())) for line in sys.stdin]'
"""
PASSED = "python3 -c 'import ctypes; ctypes.CDLL(None).syscall(%d, ctypes.c_ulong(%d), 1 << 60, 0, 0, -1, 0)'"
MMAP = {"x86_64": 9, "arm64": 222}
MIX = "./programs promises 256 > out; ls -lR /etc > out; sqlite3 t.db 'create table t(a)'; python3 -c 'import socket'"


def kernel_ranges(recorder: Recorder) -> np.ndarray:
    """Begin and end of each range of addresses that the kernel uses."""
    words = [int(word) for word in recorder.run(RANGES).split()]
    found = np.array(words, np.uint64).reshape(-1, 2)
    assert len(found) > 100 and (found[:, 0] >= 1 << 63).all() and (found[:, 0] < found[:, 1]).all()
    return found


def within(numbers: np.ndarray, ranges: np.ndarray) -> set[int]:
    """Those of the numbers that are in a range."""
    ordered = ranges[np.argsort(ranges[:, 0])]
    below = np.searchsorted(ordered[:, 0], numbers, side="right")
    ends = np.concatenate([np.zeros(1, np.uint64), np.maximum.accumulate(ordered[:, 1])])
    return {int(number) for number in numbers[numbers < ends[below]]}


def numbers_in_text(text: str) -> np.ndarray:
    """All numbers that are written in a text, as 64 bits."""
    words = re.findall(r"0x[0-9a-f]{1,16}\b|-?\b[0-9]{1,20}\b", text)
    values = {int(word, 16 if word.startswith("0x") else 10) for word in words}
    return np.array([value % (1 << 64) for value in values if -(1 << 63) <= value < 1 << 64], np.uint64)


def numbers_in_bytes(data: bytes, ranges: np.ndarray) -> set[int]:
    """Addresses in any place of binary data. The code's look like negative 32-bit numbers, so they are not searched."""
    high = ranges[ranges[:, 0] < np.uint64(0xFFFFFFFF00000000)]
    found: set[int] = set()
    for shift in range(8):
        rest = data[shift:]
        found |= within(np.frombuffer(rest[: len(rest) // 8 * 8], "<u8"), high)
    return found


def test_no_address_of_the_kernel_is_recorded(recorder: Recorder, arch: str, tmp_path: Path) -> None:
    ranges = kernel_ranges(recorder)
    # One that a process passes itself, which is found: so the search finds what there is.
    passed = int(ranges[ranges[:, 0] < np.uint64(0xFFFFFFFF00000000)][0, 0]) + 0x123450
    recorder.run(f"insmod twin.ko {CTF}")
    recorder.during(f"{MIX}; {PASSED % (MMAP[arch], passed)}", timeout=180)
    recorder.run("rmmod twin")
    # What was mapped meanwhile is the kernel's, too.
    ranges = np.concatenate([ranges, kernel_ranges(recorder)])
    assert within(numbers_in_text("\n".join(recorder.lines())), ranges) == {passed}
    trace = recorder.fetch(TRACE, tmp_path)
    assert within(numbers_in_text("\n".join(record_lines(trace))), ranges) == {passed}
    for file in sorted(trace.iterdir()):
        assert numbers_in_bytes(file.read_bytes(), ranges) <= {passed}, file.name


MAIN = "from syscord_read.cli.command import main; main()"
# A name has 15 characters. Each of these tries to be something else, in one of the outputs.
NAMES = [
    "a\npid=1, ret=0 ",
    "\033[2J\033[31m",
    '"},{"pid":1',
    "a ret=0 ) = 0",
    "<b>&amp;</b>",
    "\\x41\\",
    "\r\n\t\x7f\x01",
]
# A process gives itself the name, and looks for a file of that name.
RENAMED = """
import os
for name in {names!r}:
    if not os.fork():
        open("/proc/self/comm", "w").write(name)
        os._exit(os.path.exists("/nowhere/" + name))
    os.wait()
"""
OUTPUTS = [
    ("read",),
    ("read", "--style", "strace", "-y"),
    ("read", "--style", "json"),
    ("stat",),
    ("top",),
    ("verify",),
]


def test_no_name_can_forge_a_line(recorder: Recorder, tmp_path: Path) -> None:
    recorder.machine.put(RENAMED.format(names=NAMES).encode(), "/tmp/renamed.py")
    recorder.during("python3 renamed.py", CTF)
    trace = recorder.fetch(TRACE, tmp_path)
    comms = {fields["comm"] for _, fields in processes(trace)}
    assert {name.encode()[:15] for name in NAMES} <= comms
    for output in OUTPUTS:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, *output, str(trace)], capture_output=True, check=False, timeout=120
        )
        said = (done.stdout + done.stderr).decode()
        assert not done.returncode, said[-2000:]
        # JSON's own rule leaves DEL as it is, which terminals ignore.
        assert not re.search(r"[\x00-\x08\x0b-\x1f]" if "json" in output else r"[\x00-\x08\x0b-\x1f\x7f]", said), output
        assert "\npid=1, ret=0 " not in said


# What root gives may be of somebody else: a name that a process gave itself, say.
FORGED = "x\n[ 1.0] syscord: forged\033[2J"
LOGGED = "x\\n[ 1.0] syscord: forged\\e[2J"
PARAMETER = {
    "pid": "pid={} is no process number",
    "proc_name": "proc_name={} is too long",
    "syscalls": "syscalls={}: this kernel has no syscall of that name",
    "max_mb": "max_mb={}: give a whole number",
}


@pytest.mark.parametrize("parameter", PARAMETER)
def test_no_value_can_forge_a_line_of_the_kernel_log(recorder: Recorder, parameter: str) -> None:
    recorder.load()
    more = "y" * 64
    recorder.run("dmesg -C")
    recorder.machine.put((FORGED + more).encode(), "/tmp/value")
    recorder.run(f"cat value > {PARAMETERS}/{parameter} 2> errors && exit 1; true")
    (line,) = recorder.run("dmesg -t").splitlines()
    assert line.startswith("syscord: " + PARAMETER[parameter].format(LOGGED + more)[: 9 + len(LOGGED)])


AT_LOAD = {
    'record="/tmp/r/x\ny"': "record=/tmp/r/x\\ny: give a path without control characters",
    "sink=\033[2J": "sink=\\e[2J: give text or ctf",
    "nosuch\033=1": "nosuch\\e= is no parameter",
}


@pytest.mark.parametrize("given", AT_LOAD)
def test_no_value_at_load_can_either(recorder: Recorder, given: str) -> None:
    recorder.machine.put(given.encode(), "/tmp/value")
    recorder.run('dmesg -C; insmod syscord.ko "$(cat value)" 2> errors && exit 1; true')
    said = recorder.run("dmesg -t").splitlines()
    assert [line for line in said if line.startswith(f"syscord: {AT_LOAD[given]}")], said
