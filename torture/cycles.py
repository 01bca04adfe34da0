"""One life of the module under load, from insmod to rmmod: with which parameters, where to, what happens meanwhile.

A cycle is a script for the guest's shell, made by chance from a seed, so that a failing one can be run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

PARAMETERS = "/sys/module/syscord/parameters"
SLOW_MS = 100  # that an answer takes at most; on average, it is a tenth
QUICK, FAST = 5, 50  # times in a command that only loads and unloads
RING_KB = (64, 128, 512)
THREADS = (16, 64, 256)  # with 1024, KASAN makes a load take seconds
CONTENT = (0, 1, 256, 4096, 65536)
#: Each filter's values, good and bad.
FILTERS = {
    "pid": ("1", "1,2,3", "$$", "", "0", "a", "1,,2", "99999999"),
    "ppid": ("1", "$$", "", "2", "x"),
    "proc_name": ("programs", "name*", "[", "*", "", "sh,kills,name?", "works,\\\\*"),
    "parent_proc_name": ("sh", "kills", "execs*", "", "agent"),
    "syscalls": ("close", "openat,read,write", "nosuchcall", "", "execve,close,clone,fork,exit_group"),
}


@dataclass(frozen=True)
class Place:
    """Where the record goes: how the place is made, how it is spoiled under the recorder, how it is taken away."""

    name: str
    make: str
    spoil: tuple[str, ...]
    remove: str

    @property
    def folder(self) -> str:
        """Its path in the guest."""
        return f"/tmp/places/{self.name}"


def _tmpfs(name: str, options: str, *spoil: str) -> Place:
    folder = f"/tmp/places/{name}"
    make = f"mkdir -p {folder} && mount -t tmpfs -o {options} {name} {folder}"
    return Place(name, make, spoil, f"umount -l {folder}")


def _ext4(name: str, mib: int, *spoil: str) -> Place:
    folder = f"/tmp/places/{name}"
    make = (
        f"mkdir -p {folder} && truncate -s {mib}M /tmp/{name}.img && mke2fs -q -F -t ext4 /tmp/{name}.img && "
        f"mount -o loop /tmp/{name}.img {folder}"
    )
    return Place(name, make, spoil, f"umount -l {folder}; rm -f /tmp/{name}.img")


def _slow(name: str, *spoil: str) -> Place:
    """A file system that answers as slowly as one on a network, see guest/slowly.c; who answers is recorded, too."""
    folder = f"/tmp/places/{name}"
    return Place(name, f"mkdir -p {folder} && ./torture slowly {folder} {SLOW_MS}", spoil, f"umount -l {folder}")


SLOW = _slow("slow")
#: Where nothing happens to what is written.
SOUND = (_tmpfs("memory", "size=200m"), _ext4("disk", 100), SLOW)
BAD = (
    _tmpfs("full", "size=300k", "mount -o remount,size=4m /tmp/places/full"),
    _tmpfs("inodes", "size=8m,nr_inodes=6", "touch /tmp/places/inodes/1 /tmp/places/inodes/2"),
    # The file system finds a fault, as it may with a bad disk, and makes itself read-only.
    _ext4(
        "readonly",
        16,
        "echo 1 > /sys/fs/ext4/$(findmnt -no SOURCE -T /tmp/places/readonly | sed s,.*/,,)/trigger_fs_error",
    ),
    _ext4("away", 16, "umount -l /tmp/places/away"),
    _tmpfs("gone", "size=8m", "rm -rf /tmp/places/gone/*"),
    _tmpfs("moved", "size=8m", "mv /tmp/places/moved/to /tmp/places/moved/elsewhere"),
    _tmpfs("linked", "size=8m", "cd /tmp/places/linked/to && rm -rf record && ln -s /etc/passwd record; cd /tmp"),
    _tmpfs("folder", "size=8m", "cd /tmp/places/folder/to && rm -rf record && mkdir -p record/folder; cd /tmp"),
    # The server does not answer for a while; it is gone for good.
    _slow("silent", "pkill -STOP -x slowly; sleep 3; pkill -CONT -x slowly"),
    _slow("dead", "pkill -KILL -x slowly"),
)


@dataclass(frozen=True)
class Cycle:
    """A script, how often it loads the module, and whether all that was recorded must be in one text file."""

    script: str
    loads: int
    what: str
    record: str
    whole: bool


def quick(rng: Random) -> Cycle:
    """The module comes and goes, again and again."""
    place = SOUND[0]
    options = _options(rng)
    folder = f"{place.folder}/quick"
    load = f"insmod syscord.ko record={folder}/record {options} || exit 1; rmmod syscord || exit 1"
    again = f"for i in $(seq {QUICK}); do mkdir -p {folder}; {load}; rm -rf {folder}; done"
    return Cycle(again, QUICK, f"quick: {options}", "", False)


def fast(rng: Random, seconds: float) -> str:
    """A command by which the module comes and goes as fast as it can for SECONDS. It says how often."""
    # With on_full=wait, unloading waits for RCU tasks, which takes seconds.
    on_full = rng.choice(("drop", "drop", "drop", "drop", "wait"))
    options = f"ring_kb=64 threads=16 sink={rng.choice(('text', 'ctf'))} on_full={on_full}"
    folder = f"{SOUND[0].folder}/fast"
    command = f"./torture load syscord.ko '{options} record={folder}/record' {FAST} {seconds:.0f}"
    return f"mkdir -p {folder}; {command} && rm -rf {folder}"


def full(rng: Random) -> Cycle:
    """The module is used in many ways while it is there."""
    place = rng.choice(SOUND if rng.random() < 0.5 else BAD)
    options = _options(rng)
    given = _filters_at_load(rng)
    record = f"{place.folder}/to/record"
    actions = [_action(rng) for _ in range(rng.randrange(1, 5))]
    spoil = bool(place.spoil)
    if spoil:
        actions.insert(rng.randrange(len(actions)), rng.choice(place.spoil))
    whole = not spoil and not any(word in options for word in ("sink=ctf", "mode=overwrite", "rotate"))
    lines = [
        place.make,
        # An empty folder stands for what an administrator has there already.
        f"mkdir -p {place.folder}/to",
        # A place that is bad from the beginning is refused; then nothing is to be seen of the module.
        f"insmod syscord.ko record={record} {options} {given} || {{ [ ! -e /sys/module/syscord ] && echo @refused; }}",
        # Where it hangs is then known: what a command wrote is said when it did not end in time.
        *(f"echo @{number}; {{ {action}; }} 2>/dev/null" for number, action in enumerate(actions)),
        f"[ -e {PARAMETERS} ] && echo @stats && cat {PARAMETERS}/stats && echo @end",
        "echo @rmmod; [ ! -e /sys/module/syscord ] || rmmod syscord || exit 1",
        f"echo @lines $(grep -c ^pid= {record} 2>/dev/null)",
        f"rm -rf {place.folder}/* 2>/dev/null; {place.remove}",
        "true",
    ]
    return Cycle("\n".join(lines), 1, f"{place.name}: {options} {given}; {'; '.join(actions)}", record, whole)


def _options(rng: Random) -> str:
    mode = rng.choice(("stream", "stream", "overwrite"))
    chosen = [
        f"sink={rng.choice(('text', 'text', 'ctf'))}",
        f"mode={mode}",
        f"ring_kb={rng.choice(RING_KB)}",
        f"content={rng.choice(CONTENT)}",
        f"flush_ms={rng.choice((10, 100, 1000))}",
        f"threads={rng.choice(THREADS)}",
        f"untrace={rng.choice((0, 1, 1))}",
    ]
    if rng.random() < 0.4:
        chosen += [f"rotate_mb={rng.choice((0, 1))} rotate_s={rng.choice((0, 1))} keep={rng.choice((2, 3, 8))}"]
    if mode == "stream" and rng.random() < 0.3:
        chosen += [f"on_full=wait wait_ms={rng.choice((1, 10, 100))}"]
    if rng.random() < 0.3:
        chosen += [f"max_mb={rng.choice((1, 2, 8))} min_free_mb={rng.choice((0, 1))}"]
    return " ".join(chosen)


def _filters_at_load(rng: Random) -> str:
    if rng.random() < 0.6:
        return ""
    name = rng.choice(list(FILTERS))
    return f"'{name}={rng.choice(FILTERS[name])}'".replace("$$", "1")


def _action(rng: Random) -> str:
    """What a user or an administrator may do while the module is there."""
    name = rng.choice(list(FILTERS))
    value = rng.choice(FILTERS[name])
    return rng.choice(
        (
            f'echo "{value}" > {PARAMETERS}/{name}',
            f'echo "{value}" > {PARAMETERS}/{name}; echo > {PARAMETERS}/{name}',
            f"for i in 1 2 3 4 5 6 7 8; do echo {rng.randrange(1, 400)} > {PARAMETERS}/pid; done",
            f"echo 1 > {PARAMETERS}/snapshot",
            f"grep -r . {PARAMETERS} > /dev/null",
            f"./programs burst {rng.randrange(100, 3000)}",
            f"./programs burst {rng.randrange(100, 1000)} & ./programs burst 500; wait $!",
            f"taskset {rng.randrange(1, 4)} ./programs race 300",
            f"./programs family {rng.randrange(1, 1000)}",
            f"./programs crowd {rng.randrange(10, 200)} > /dev/null",
        )
    )
