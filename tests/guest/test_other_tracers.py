"""A tracer that starts while processes run at full speed sees their calls at once, and no entry without its exit."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.guest.recorder import Recorder
from tests.guest.test_untrace import GETPPID, run, tracer

# Long: the module looks for other tracers every half a second. What is noticed sooner was noticed as it came.
NOBODY = "pid=1 flush_ms=60000"


def test_it_sees_all_from_the_moment_on_that_it_is_there(recorder: Recorder, arch: str) -> None:
    recorder.load(NOBODY)
    rounds = ["tell 3 unseen; trace; forget; tell 3 calls 1000; traced; untrace"] * 3
    assert run(recorder, f"{tracer(arch)}\nbegin worker; " + "\n".join(rounds)) == ["1000"] * 6


PERF = """
perf stat -x, -o counts -e raw_syscalls:sys_enter --filter "id == {nr}" -e raw_syscalls:sys_exit --filter "id == {nr}" \
    -p $pid sh -c 'echo calls 1000 >&3; read -r answer <&4'
sed -n 's/^\\([0-9]*\\),.*/\\1/p' counts
"""


def test_perf_sees_all_as_well(recorder: Recorder, arch: str) -> None:
    recorder.load(NOBODY)
    rounds = [f"tell 3 unseen; {PERF.format(nr=GETPPID[arch])}"] * 2
    assert run(recorder, "begin worker; " + "\n".join(rounds)) == ["1000"] * 4


# The exits first: so each entry that is seen has an exit that could be. One CPU's buffer has all in order.
BUSY = """
mkdir $instance
echo 2000 > $instance/buffer_size_kb
echo 0 > $instance/options/overwrite
for event in sys_enter sys_exit; do
    echo "id == $nr && common_pid == $pid" > $instance/events/raw_syscalls/$event/filter
done
taskset -p 1 $pid > out
tell 3 unseen
echo renames_until /tmp/enough >&3
echo 1 > $instance/events/raw_syscalls/sys_exit/enable
echo 1 > $instance/events/raw_syscalls/sys_enter/enable
until [ "$(sed -n 's/^entries: //p' $instance/per_cpu/cpu0/stats)" -ge 5000 ]; do :; done
: > enough
read -r answer <&4
grep -o 'sys_[a-z]*: NR' $instance/trace | cut -c 5-8
"""


def test_a_busy_process_has_no_entry_without_its_exit(recorder: Recorder, arch: str) -> None:
    recorder.load("proc_name=wanted flush_ms=60000")
    seen = run(recorder, f"{tracer(arch)}\nnr={GETPPID[arch]}\nbegin worker\n{BUSY}")
    assert seen.count("ente") >= 2000
    assert not [pair for pair in pairwise(seen) if pair == ("ente", "ente")]


@pytest.mark.parametrize("flush_ms", [100, 1000])
def test_where_it_cannot_be_noticed_as_it_comes_it_is_found_within_a_flush_interval(
    recorder: Recorder, arch: str, flush_ms: int
) -> None:
    recorder.run("mount -t debugfs none /sys/kernel/debug; echo 0 > /sys/kernel/debug/kprobes/enabled")
    recorder.load(f"pid=1 flush_ms={flush_ms}")
    late, *counts = run(
        recorder,
        f"{tracer(arch)}\nbegin worker; tell 3 unseen; trace; tell 3 seen; echo $answer; "
        "forget; tell 3 calls 1000; traced; untrace; tell 3 unseen",
    )
    assert int(late) <= 1000  # emulation stretches time when the host is busy
    assert counts == ["1000", "1000"]


def test_it_is_said_where_the_kernel_has_no_kprobes(recorder: Recorder) -> None:
    # The module looks for functions that no kernel has. Of its name, what it imports comes last.
    text = recorder.machine.get("/tmp/syscord.ko")
    before, name, after = text.partition(b"\0tracepoint_probe_register\0")
    assert name and b"\0tracepoint_probe_register\0" in after
    text = before + name.replace(b"probe", b"xxxxx") + after
    for suffix in (b"_prio\0", b"_prio_may_exist\0"):
        text = text.replace(b"tracepoint_probe_register" + suffix, b"tracepoint_xxxxx_register" + suffix)
    recorder.machine.put(text, "/tmp/syscord.ko")
    recorder.load("flush_ms=100")
    (line,) = recorder.log()
    assert line.endswith("another tracer may miss the calls of rejected processes for 50 ms after it starts")
