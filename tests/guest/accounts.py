"""The law of the recorder: seen = recorded + filtered + overwritten + dropped, and what is recorded is in the file."""

from __future__ import annotations

from torture import law
from vm.machine import Machine

# What the module said of each recording, the last one ended if it still goes on; then what is in its file.
_LOOK = r"""
cd /tmp
[ ! -d /sys/module/syscord ] || rmmod syscord
said=$(dmesg | sed -n 's/.* syscord: \([0-9]* syscalls recorded in .* seen\)$/\1/p')
path=$(echo "$said" | tail -n 1 | sed 's/.* recorded in \([^ ]*\), .*/\1/')
echo "$said"
[ -n "$path" ] || exit 0
if [ -d "$path" ]; then
    ls $path | grep -q '[.][0-9]*$' && echo rotated || echo one
    ./programs count_records $path
elif [ -e "$path" ]; then
    ls $path.* > rotated 2>&1 && echo rotated || echo one
    cat $path $(ls $path.*[0-9] 2> errors) | grep -vc '^lost=' || true
fi
"""


def check(machine: Machine) -> None:
    """That the law holds for all recordings that the kernel log knows of, to the unit.

    A record is appended to: it has what all recordings say of it, or just the last one if it was removed before.
    Rotation may have removed files.
    """
    told = machine.run(_LOOK, timeout=120).stdout
    lines, found = told.splitlines(), law.summaries(told)
    assert all(each.is_lawful for each in found), found
    if not found or not lines[-1].isdecimal():
        return
    in_file, rotated = int(lines[-1]), lines[-2] == "rotated"
    in_all = sum(each.recorded for each in found if each.path == found[-1].path)
    assert in_file in (found[-1].recorded, in_all) or (rotated and in_file < in_all), (in_file, found)
