"""Loading with bad parameters: refused, with an errno that fits and one line that says why; nothing is left of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.guest.machines import Machines
from tests.guest.recorder import Recorder, module_messages

INVALID = "Invalid parameters"  # how kmod puts EINVAL
NOT_PERMITTED = "Operation not permitted"
DENIED = "Permission denied"
LOOP = "Too many levels of symbolic links"
FOLLOWED = "a symbolic link is not followed"
ABOVE = "a folder on the way is not root's alone"


@dataclass(frozen=True)
class Bad:
    """A bad way to load the module: what insmod says, and what the kernel log must say, in part."""

    parameters: str
    insmod: str
    log: str
    before: str = ""


BAD = [
    Bad("pid=-3", INVALID, "pid=-3 is no process number"),
    Bad("pid=0", INVALID, "pid=0 is no process number"),
    Bad("pid=x", INVALID, "pid=x is no process number"),
    Bad("pid=1,,2", INVALID, "pid: an item of the list is empty"),
    Bad("pid=99999999999", INVALID, "pid=99999999999 is no process number"),
    Bad("pid=" + ",".join("1" * 33), "Argument list too long", "pid: more than 32 processes"),
    Bad("ppid=-1", INVALID, "ppid=-1 is no process number"),
    Bad("proc_name=" + "x" * 64, INVALID, "is too long"),
    Bad("parent_proc_name=a,", INVALID, "parent_proc_name: an item of the list is empty"),
    Bad("syscalls=nosuch", INVALID, "syscalls=nosuch: this kernel has no syscall of that name"),
    Bad("content=1e9", INVALID, "content=1e9: give a whole number of bytes from 0 to 65536"),
    Bad("content=65537", INVALID, "content=65537: give a whole number of bytes from 0 to 65536"),
    Bad("content=-1", INVALID, "content=-1: give a whole number"),
    Bad("ring_kb=100", INVALID, "ring_kb=100: give a power of two, such as 128"),
    Bad("ring_kb=1", INVALID, "ring_kb=1: give a whole number of KiB from 64"),
    Bad("flush_ms=0", INVALID, "flush_ms=0: give a whole number of milliseconds from 10 to 60000"),
    Bad("sink=", INVALID, "sink=: give text or ctf"),
    Bad("sink=xml", INVALID, "sink=xml: give text or ctf"),
    Bad("mode=ring", INVALID, "mode=ring: give stream or overwrite"),
    Bad("on_full=stop", INVALID, "on_full=stop: give drop or wait"),
    Bad("on_full=wait mode=overwrite", INVALID, "on_full=wait: with mode=overwrite no ring is ever full"),
    Bad("on_full=wait wait_ms=0", INVALID, "wait_ms=0: give a whole number of milliseconds from 1 to 60000"),
    Bad("untrace=2", INVALID, "untrace=2: give 1 or 0"),
    Bad("snapshot=1", INVALID, "snapshot: there is nothing to ask for without mode=overwrite"),
    Bad("rotate_mb=-1", INVALID, "rotate_mb=-1: give a whole number of MiB from 0"),
    Bad("rotate_s=soon", INVALID, "rotate_s=soon: give a whole number of seconds from 0"),
    Bad("keep=1", INVALID, "keep=1: give a whole number of files from 2 to 1000"),
    Bad(
        "sink=ctf record=/tmp/trace",
        "File exists",
        "there is a trace already",
        "mkdir /tmp/trace; : > /tmp/trace/metadata",
    ),
    Bad("sink=ctf record=/tmp/file", "Not a directory", "its folder is no folder", ": > /tmp/file"),
    Bad("threads=-1", INVALID, "threads=-1: give a whole number of threads"),
    Bad("pending_kb=x", INVALID, "pending_kb=x: give a whole number of KiB"),
    Bad("record=relative/path", INVALID, "record=relative/path: give the whole path"),
    Bad("record=/tmp/", INVALID, "record=/tmp/: give the whole path of a file"),
    Bad("record=", INVALID, "record="),
    Bad("record=/no/such/record", "Unknown symbol", "the folder above its folder does not exist"),
    Bad(
        "record=/tmp/ro/r/record",
        "Read-only file system",
        "the file system is read-only",
        "mkdir -p /tmp/ro; mount -t tmpfs -o ro none /tmp/ro",
    ),
    Bad(
        "record=/tmp/ro/record",
        "Read-only file system",
        "the file system is read-only",
        "mkdir -p /tmp/ro; mount -t tmpfs -o ro none /tmp/ro",
    ),
    Bad("record=/tmp/link", "Too many levels of symbolic links", "symbolic link", "ln -s /tmp/target /tmp/link"),
    Bad("record=/tmp/dir/record", "Too many levels of symbolic links", "symbolic link", "ln -s /root /tmp/dir"),
    Bad("record=/tmp/fifo", INVALID, "no regular file", "mkfifo /tmp/fifo"),
    Bad("record=/tmp/folder", "Is a directory", "it is a folder", "mkdir /tmp/folder"),
    Bad("record=/tmp/file/record", "Not a directory", "its folder is no folder", "touch /tmp/file"),
    Bad("record=/dev/null", INVALID, "it is no regular file"),
    Bad("record=/tmp/hard", "Too many links", "it has other names (hard links)", "touch /tmp/a; ln /tmp/a /tmp/hard"),
    Bad("record=/tmp/other", NOT_PERMITTED, "not root's alone", "touch /tmp/other; chown 1000 /tmp/other"),
    Bad("record=/tmp/open/record", NOT_PERMITTED, "not root's alone", "mkdir -m 777 /tmp/open"),
    Bad("record=/tmp/linked//record", "Too many levels of symbolic links", "symbolic link", "ln -s /root /tmp/linked"),
    # The way to the folder: whoever can change a folder on it could lead the record to another place.
    Bad("record=/tmp/all/a/record", DENIED, ABOVE, "mkdir -m 777 /tmp/all; mkdir /tmp/all/a"),
    Bad("record=/tmp/his/a/b/record", DENIED, ABOVE, "mkdir -p /tmp/his/a; chown 1000 /tmp/his"),
    Bad("record=/tmp/group/a/record", DENIED, ABOVE, "mkdir -m 775 /tmp/group; mkdir /tmp/group/a"),
    Bad(
        "record=/tmp/to-all/b/record",
        DENIED,
        ABOVE,
        "mkdir -m 777 /tmp/all2; mkdir -p /tmp/all2/a; ln -s all2/a /tmp/to-all",
    ),
    Bad(
        "record=/tmp/his-link/a/record",
        LOOP,
        FOLLOWED,
        "mkdir -p /tmp/real/a; ln -s real /tmp/his-link; chown -h 1000 /tmp/his-link",
    ),
    Bad("record=/tmp/loop/a/record", LOOP, FOLLOWED, "ln -s loop/x /tmp/loop"),
    Bad("record=/proc/self/root/tmp/record", LOOP, FOLLOWED),
    Bad("record=/proc/self/root/tmp/a/record", LOOP, FOLLOWED),
    # As FUSE does it for a user, who then says what is in there.
    Bad(
        "record=/tmp/mine/a/record",
        DENIED,
        ABOVE,
        "mkdir /tmp/mine; chown 1000 /tmp/mine; mount -t tmpfs -o mode=755 none /tmp/mine",
    ),
    Bad(
        "record=/tmp/mine2/record",
        NOT_PERMITTED,
        "not root's alone",
        "mkdir /tmp/mine2; chown 1000 /tmp/mine2; mount -t tmpfs -o mode=755 none /tmp/mine2",
    ),
    Bad("max_mb=-1", INVALID, "max_mb=-1: give a whole number of MiB from 0 to 1073741824, or auto"),
    Bad("min_free_mb=10%", INVALID, "min_free_mb=10%: give a whole number of MiB from 0 to 1073741824, or auto"),
    Bad("keep=auto", INVALID, "keep=auto: give a whole number of files from 2 to 1000"),
    Bad("ring_kb=524288", "Cannot allocate memory", "needs 524288 KiB, which are not free"),
    Bad("pending_kb=4194304", "Cannot allocate memory", "KiB, which are not free"),
    Bad("stats=1", NOT_PERMITTED, "stats is only to be read"),
    # What `pid=$(pgrep -d, nginx)` is while there is no nginx.
    Bad("pid=", INVALID, "pid= is empty, which would record everything"),
    Bad("'pid=\"  \"'", INVALID, "pid= is empty, which would record everything"),
    Bad("pid=1 proc_name=", INVALID, "proc_name= is empty"),
    Bad("syscalls=", INVALID, "syscalls= is empty"),
    Bad("pidd=123", INVALID, "pidd= is no parameter"),
    Bad("pid=123 contents=5", INVALID, "contents= is no parameter"),
    Bad("contents pid=123", INVALID, "contents= is no parameter"),
    Bad("'proc_name=\"a, b\"' 'x=\"pid=1\"'", INVALID, "x= is no parameter"),
]


@dataclass(frozen=True)
class Refusal:
    """What became of a bad load: insmod's status and words, the log, what was left, a good load's status."""

    status: int
    insmod: str
    log: list[str]
    left: str
    good: int


# One command, as many of them are run. What a symbolic link leads to must not have been made or opened.
REFUSE = """
cd /tmp; dmesg -C; umount ro 2> /dev/null; rm -rf link dir fifo folder file target
{before}
insmod syscord.ko {parameters} 2> insmod; echo $?
ls -d /sys/module/syscord target /root/record 2> /dev/null | tr '\\n' ' '; echo
dmesg > log
insmod syscord.ko pid=1; echo $?; rmmod syscord
cat insmod; cat log
"""


def refuse(recorder: Recorder, bad: Bad) -> Refusal:
    """Load the module in a bad way, then in a good one."""
    told = recorder.run(REFUSE.format(before=bad.before or "true", parameters=bad.parameters)).splitlines()
    status, left, good, insmod, *log = told
    return Refusal(int(status), insmod, module_messages(log), left, int(good))


@pytest.fixture(scope="session")
def refusals(machines: Machines, payload: bytes) -> dict[Bad, Refusal]:
    """What became of each bad load. One machine will do, as each of them leaves nothing."""
    recorder = Recorder(machines.with_files(payload))
    return {bad: refuse(recorder, bad) for bad in BAD}


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.parameters[:30])
def test_a_bad_parameter_is_refused_with_a_reason(refusals: dict[Bad, Refusal], bad: Bad) -> None:
    refusal = refusals[bad]
    assert refusal.status
    assert bad.insmod in refusal.insmod
    (line,) = refusal.log
    assert bad.log in line
    assert refusal.left == ""
    assert refusal.good == 0


def test_parameters_are_known_as_the_kernel_reads_them(recorder: Recorder) -> None:
    # A hyphen for an underscore, quotes, several spaces, and a parameter that the kernel takes for any module.
    recorder.load("""'proc-name="a, b"'  ' ' dyndbg=+p '"parent_proc_name=c d"'""")
    assert recorder.value("proc_name") == "a,b"
    assert recorder.value("parent_proc_name") == "c d"


def test_an_empty_list_takes_the_filter_away_at_run_time(recorder: Recorder) -> None:
    recorder.load("pid=1")
    assert recorder.set("pid", " ").status == 0
    assert recorder.value("pid") == ""


def test_good_parameters_read_back(recorder: Recorder) -> None:
    given = {
        "pid": "12,34",
        "ppid": "5",
        "proc_name": "nginx*,x",
        "parent_proc_name": "sh",
        "syscalls": "openat,read",
        "record": "/tmp/r/record",
        "content": "65536",
        "ring_kb": "128",
        "flush_ms": "10",
        "threads": "16",
    }
    recorder.load(" ".join(f"{name}={value}" for name, value in given.items()))
    assert {name: recorder.value(name) for name in given} == given
    recorder.unload()
    recorder.load()
    defaults = {"record": "/etc/syscall-record/record", "content": "256", "flush_ms": "100", "pid": "", "syscalls": ""}
    assert {name: recorder.value(name) for name in defaults} == defaults


def test_links_of_root_on_the_way_are_followed(recorder: Recorder) -> None:
    recorder.run("mkdir -p real/deep; ln -s real one; ln -s /tmp/one/../one/./deep two; mkdir -m 1777 sticky sticky/a")
    for record, where in {
        "/tmp//two//a/record": "/tmp/real/deep/a/record",
        "/tmp/one/b/record": "/tmp/real/b/record",
        "/var/run/c/record": "/run/c/record",
        "/tmp/sticky/a/d/record": "/tmp/sticky/a/d/record",
    }.items():
        recorder.load(f"pid=1 record={record}")
        assert recorder.run(f"stat -c '%a %F' {where}") == "600 regular empty file\n"
        recorder.unload()


def test_spaces_around_a_name_do_not_count(recorder: Recorder) -> None:
    recorder.load("'pid=\" 12 , 34 \"'")
    assert recorder.value("pid") == "12,34"
