"""Programs that run in a machine beside what is measured, and write into folders in its memory."""

from __future__ import annotations

from vm.machine import Machine

READY_S, END_S = 60, 120  # of the guest's clock
WALL_S = 600.0  # of ours; an emulated machine is slow
# What a process leaves behind is init's, so that it is gone from /proc as soon as it has ended.
_BEGIN = f"""
[ "$(stat -f -c %T /tmp)" = tmpfs ] || {{{{ echo "/tmp is no tmpfs: its disk would be measured, too" >&2; exit 1; }}}}
rm -rf {{folder}}; mkdir {{folder}} && cd {{folder}} || exit
{{command}} >log 2>&1 &
echo $! >pid
pid=$!
left={READY_S}0
until {{ready}}; do
	kill -0 $pid && [ $((left -= 1)) -gt 0 ] || {{{{ echo "it is not ready; it says:" >&2; cat log >&2; exit 1; }}}}
	sleep 0.1
done
"""
_END = f"""
cd {{folder}} || exit
pid=$(cat pid)
kill -INT $pid 2>/dev/null
left={END_S}0
while kill -0 $pid 2>/dev/null; do
	[ $((left -= 1)) -gt 0 ] || {{{{ kill -KILL $pid; echo "it does not end; it says:" >&2; cat log >&2; exit 1; }}}}
	sleep 0.1
done
cat log
"""


def folder(name: str) -> str:
    """Where the program called NAME is started, and writes to: a folder of the machine's, in memory."""
    return f"/tmp/{name}"


def begin(machine: Machine, name: str, command: str, ready: str) -> None:
    """Start COMMAND in `folder(NAME)`, and return once READY, a shell's condition, holds. There, $pid is its number.

    Raises CommandFailed, with what the program says, if it ends or is not ready in READY_S seconds.
    """
    machine.run(_BEGIN.format(folder=folder(name), command=command, ready=ready), timeout=WALL_S)


def end(machine: Machine, name: str) -> str:
    """Interrupt the program, wait until it has ended by itself, and return what it said; its files stay.

    Raises CommandFailed, with what it said, if it goes on for END_S seconds.
    """
    return machine.run(_END.format(folder=folder(name)), timeout=WALL_S).stdout


def size(machine: Machine, files: str) -> int:
    """How many bytes are in FILES, shell patterns."""
    return sum(int(each) for each in machine.run(f"stat -c %s {files}").stdout.split())


def remove(machine: Machine, name: str) -> None:
    """Delete whatever the program wrote."""
    machine.run(f"rm -rf {folder(name)}")
