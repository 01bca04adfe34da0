"""Perfetto traces: what the published messages say of them, and that ui.perfetto.dev can draw them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as proto

from syscord_read.cli.command import cli
from syscord_read.errors import UsageError
from syscord_read.model.call import calls_of
from syscord_read.source import open_source
from tests.unit.traces import OFFSET, Maker, life

REALTIME, MONOTONIC = 1, 3
CLEARED, NEEDED = 1, 2


@dataclass
class Slice:
    """A slice, or an instant (``end`` is None), as its track shows it."""

    begin: int
    name: str
    category: str
    args: dict[str, Any]
    end: int | None = None


@dataclass
class Drawn:
    """What Perfetto makes of a trace: descriptors and slices by track, as its trace processor reads them."""

    tracks: dict[int, proto.TrackDescriptor] = field(default_factory=dict)
    slices: dict[int, list[Slice]] = field(default_factory=lambda: defaultdict(list))
    interned: dict[tuple[str, int], str] = field(default_factory=dict)
    open: dict[int, list[Slice]] = field(default_factory=lambda: defaultdict(list))

    def thread(self, tid: int) -> list[Slice]:
        (track,) = (uuid for uuid, track in self.tracks.items() if track.HasField("thread") and track.thread.tid == tid)
        return self.slices[track]

    def threads(self, tid: int) -> list[tuple[str, str, list[tuple[int, int | None, str]]]]:
        """All that ever had this number: the names of process and thread, and what they called, since OFFSET."""
        return [
            (
                self.tracks[track.parent_uuid].process.process_name,
                track.thread.thread_name,
                [(each.begin - OFFSET, each.end and each.end - OFFSET, each.name) for each in self.slices[uuid]],
            )
            for uuid, track in self.tracks.items()
            if track.HasField("thread") and track.thread.tid == tid
        ]

    def take(self, packet: proto.TracePacket) -> None:
        assert packet.trusted_packet_sequence_id == 1
        if packet.HasField("track_descriptor"):
            self.tracks[packet.track_descriptor.uuid] = packet.track_descriptor
        if packet.sequence_flags & CLEARED:
            self.interned.clear()
            assert packet.trace_packet_defaults.timestamp_clock_id == REALTIME
        for kind in ("event_categories", "event_names", "debug_annotation_names", "debug_annotation_string_values"):
            for each in getattr(packet.interned_data, kind):
                text = each.str.decode() if kind.endswith("values") else each.name
                self.interned[kind, each.iid] = text

    def draw(self, packet: proto.TracePacket, interned: dict[tuple[str, int], str]) -> None:
        event = packet.track_event
        assert event.track_uuid in self.tracks and packet.sequence_flags == NEEDED
        if event.type == proto.TrackEvent.TYPE_SLICE_END:
            self.open[event.track_uuid].pop().end = packet.timestamp
            return
        (category,) = event.category_iids
        args = {
            interned["debug_annotation_names", each.name_iid]: value_of(each, interned)
            for each in event.debug_annotations
        }
        name = interned["event_names", event.name_iid]
        made = Slice(packet.timestamp, name, interned["event_categories", category], args)
        self.slices[event.track_uuid].append(made)
        if event.type == proto.TrackEvent.TYPE_SLICE_BEGIN:
            assert not self.open[event.track_uuid], "slices of a thread do not overlap"
            self.open[event.track_uuid].append(made)


def value_of(annotation: proto.DebugAnnotation, interned: dict[tuple[str, int], str]) -> Any:
    kind = annotation.WhichOneof("value")
    assert kind
    value = getattr(annotation, kind)
    return interned["debug_annotation_string_values", value] if kind == "string_value_iid" else value


def drawn(path: Path) -> Drawn:
    """Read a file.  Events are drawn in the order of time, those of one time in the order of the file."""
    trace = proto.Trace.FromString(path.read_bytes())
    found, events = Drawn(), []
    for packet in trace.packet:
        found.take(packet)
        if packet.HasField("track_event"):
            events.append((packet, dict(found.interned)))
    for packet, interned in sorted(events, key=lambda entry: entry[0].timestamp):
        found.draw(packet, interned)
    assert not any(found.open.values()), "every slice ends"
    return found


def convert(*arguments: str | Path, status: int = 0) -> Path:
    output = Path(arguments[-1])
    result = CliRunner().invoke(
        cli,
        ["convert", "--to", "perfetto", "--force", "-o", str(output), *map(str, arguments[:-1])],
        standalone_mode=False,
    )
    assert (result.exception, result.return_value) == (None, status), result.output
    return output


@pytest.fixture
def maker() -> Maker:
    found = Maker()
    found.process(-1, 1, 7, 7, comm=b"server", exe=b"/bin/server", reason="state")
    found.process(-1, 2, 99, 99, comm=b"idle", reason="state")
    found.process(0, 3, 8, 7, comm=b"worker")
    entry = {"dir": -100, "path": b"/etc/hosts", "flags": 0o2000101, "mode": 0}
    found.call(0, 100, 7, "openat", entry, ret=3, duration=40)
    found.call(0, 100, 8, "close", {"fd": 9}, pid=7, ret=-9, duration=100)
    found.call(0, 101, 7, "read", {"fd": 3, "size": 9}, exit={"data": b"\xff\0x"}, ret=3, duration=1)
    found.call(0, 102, 7, "close", {"fd": 3}, unseen=True)
    found.call(0, 103, 7, "mmap", {"addr": 0, "size": 1 << 40}, ret=0x7F0012345000, duration=1)
    found.call(0, 104, 7, "exit", {"status": 1})
    return found


@pytest.fixture
def trace(maker: Maker, tmp_path: Path) -> Path:
    return maker.write(tmp_path / "trace")


def test_a_slice_is_from_the_call_s_begin_to_its_end(trace: Path, tmp_path: Path) -> None:
    opened, read, closed, mapped, left = drawn(convert(trace, tmp_path / "out")).thread(7)
    assert (opened.name, opened.category) == ("openat", "syscall")
    assert (opened.begin, opened.end) == (OFFSET + 60, OFFSET + 100)
    assert (read.begin, read.end) == (OFFSET + 100, OFFSET + 101)
    assert (closed.name, closed.end) == ("close", None), "an end without a beginning is an instant"
    assert (mapped.name, left.name, left.begin) == ("mmap", "exit", OFFSET + 104)
    assert left.end is None, "what never returns takes no time"


def test_arguments_and_results_are_shown_as_people_read_them(trace: Path, tmp_path: Path) -> None:
    found = drawn(convert(trace, tmp_path / "out"))
    opened, read, closed, mapped, left = found.thread(7)
    assert opened.args == {
        "cpu": 0,
        "dir": "AT_FDCWD",
        "path": "/etc/hosts",
        "flags": "O_WRONLY|O_CREAT|O_CLOEXEC",
        "mode": 0,
        "ret": 3,
    }
    assert read.args == {"cpu": 0, "fd": 3, "size": 9, "ret": 3, "data": '{"base64":"/wB4"}'}
    assert closed.args == {"cpu": 0, "fd": 3, "ret": 0}
    assert mapped.args["ret"] == 0x7F0012345000 and mapped.args["size"] == 1 << 40
    assert left.args == {"cpu": 0, "status": 1}
    (failed,) = found.thread(8)
    assert (failed.args["ret"], failed.args["error"]) == (-9, "EBADF")


def test_tracks_are_named_after_processes_and_threads_that_call_something(trace: Path, tmp_path: Path) -> None:
    tracks = drawn(convert(trace, tmp_path / "out")).tracks
    (process,) = (track.process for track in tracks.values() if track.HasField("process"))
    assert (process.pid, process.process_name, list(process.cmdline)) == (7, "server", ["/bin/server"])
    threads = {track.thread.tid: track for track in tracks.values() if track.HasField("thread")}
    assert {tid: (track.thread.pid, track.thread.thread_name) for tid, track in threads.items()} == {
        7: (7, "server"),
        8: (7, "worker"),
    }
    assert {track.parent_uuid for track in threads.values()} == {
        uuid for uuid, track in tracks.items() if track.HasField("process")
    }


def test_a_new_name_is_told(maker: Maker, tmp_path: Path) -> None:
    maker.packet(0)
    maker.process(0, 200, 7, 7, comm=b"renamed", reason="rename")
    maker.call(0, 201, 7, "close", {"fd": 3})
    maker.process(0, 202, 8, 7, comm=b"thread 2", reason="rename")
    tracks = drawn(convert(maker.write(tmp_path / "trace"), tmp_path / "out")).tracks
    assert {track.thread.thread_name for track in tracks.values() if track.HasField("thread")} == {
        "renamed",
        "thread 2",
    }


@pytest.mark.parametrize("packets", [False, True])
def test_a_number_that_is_used_again_has_another_track(tmp_path: Path, *, packets: bool) -> None:
    maker = Maker()
    for start, comm in ((100, b"first"), (200, b"second")):
        maker.process(0, start, 7, 7, comm=comm, reason="fork", life=life(start=start))
        maker.call(0, start + 50, 7, "close", {"fd": 1}, duration=40)
        maker.process(0, start + 60, 7, 7, comm=comm, reason="exit", life=life(start=start, ended=True))
        if packets:
            maker.packet(0)
    found = drawn(convert(maker.write(tmp_path / "trace"), tmp_path / "out"))
    assert found.threads(7) == [
        ("first", "first", [(110, 150, "close")]),
        ("second", "second", [(210, 250, "close")]),
    ]
    assert [track.process.pid for track in found.tracks.values() if track.HasField("process")] == [7, 7]


def test_an_exec_of_another_thread_is_on_its_track_and_what_follows_on_the_process_s(tmp_path: Path) -> None:
    maker = Maker()
    for tid, comm in ((7, b"server"), (8, b"worker")):
        maker.process(0, 10, tid, 7, comm=comm, life=life(start=5))
    maker.call(0, 130, 7, "close", {"fd": 1}, duration=100, ret=-4)
    maker.process(0, 140, 7, 7, comm=b"server", reason="exit", life=life(start=5))
    maker.process(0, 150, 7, 7, comm=b"cat", exe=b"/bin/cat", reason="exec", life=life(start=5, old_tid=8))
    # The thread's number is another process's before its call has ended.
    maker.process(0, 155, 8, 8, comm=b"other", reason="fork", life=life(start=155))
    maker.call(0, 158, 8, "close", {"fd": 1}, duration=2)
    maker.call(0, 160, 8, "execve", {"path": b"/bin/cat", "argv": ()}, pid=7, duration=60)
    maker.call(0, 180, 7, "close", {"fd": 2}, duration=5)
    found = drawn(convert(maker.write(tmp_path / "trace"), tmp_path / "out"))
    assert found.threads(7) == [("cat", "cat", [(30, 130, "close"), (175, 180, "close")])]
    assert sorted(found.threads(8)) == [
        ("cat", "worker", [(100, 160, "execve")]),
        ("other", "other", [(156, 158, "close")]),
    ]


def test_slices_do_not_overlap_and_say_how_long_the_call_took_if_they_are_cut(tmp_path: Path) -> None:
    maker = Maker()
    for time, duration in ((100, 50), (120, 30), (125, 40), (180, 10)):
        maker.call(0, time, 7, "close", {"fd": time}, duration=duration)
        maker.packet(0)
    slices = drawn(convert(maker.write(tmp_path / "trace"), tmp_path / "out")).thread(7)
    assert [(each.begin - OFFSET, each.end and each.end - OFFSET, each.args.get("duration")) for each in slices] == [
        (50, 100, None),
        (100, 120, 30),
        (120, 125, 40),
        (170, 180, None),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_overlaps_whatever_a_trace_says(tmp_path: Path, seed: int) -> None:
    maker, random = Maker(), Random(seed)
    for time in range(100, 400):
        tid = random.randrange(1, 4)
        maker.call(random.randrange(2), time, tid, "close", {"fd": 1}, pid=1, duration=random.choice([0, 1, 9, 80]))
        if random.random() < 0.1:
            reason = random.choice(["fork", "exit", "exec", "seen"])
            maker.process(0, time, tid, 1, reason=reason, life=life(start=time // 50, old_tid=random.randrange(4)))
        if random.random() < 0.1:
            maker.packet(random.randrange(2))
    found = drawn(convert(maker.write(tmp_path / "trace"), tmp_path / "out"))
    assert sum(map(len, found.slices.values())) == 300


def test_clocks_say_that_times_are_wall_clock_times(trace: Path, tmp_path: Path) -> None:
    first, second, *_ = proto.Trace.FromString(convert(trace, tmp_path / "out").read_bytes()).packet
    clocks = {clock.clock_id: clock.timestamp for clock in first.clock_snapshot.clocks}
    assert first.clock_snapshot.primary_trace_clock == REALTIME
    assert clocks[REALTIME] - clocks[MONOTONIC] == OFFSET
    assert second.system_info.utsname.machine == "arm64"


def test_missing_values_are_left_out(tmp_path: Path) -> None:
    maker = Maker()
    for time, marks, path in ((10, (), b"/a"), (20, ("fault",), b"")):
        entry = {"dir": -100, "path": path, "flags": 0, "mode": 0}
        maker.call(0, time, 7, "openat", entry, marks={"path": marks})
    first, second = drawn(convert(maker.write(tmp_path / "trace"), tmp_path / "out")).thread(7)
    assert first.args["path"] == "/a" and "path" not in second.args


def test_what_was_lost_is_drawn(maker: Maker, tmp_path: Path) -> None:
    maker.packet(0)
    maker.counts[0].dropped["ring"] += 70
    maker.call(0, 500, 7, "close", {"fd": 3})
    found = drawn(convert(maker.write(tmp_path / "trace"), tmp_path / "out", status=1))
    (track,) = (uuid for uuid, track in found.tracks.items() if track.name == "lost records")
    (lost,) = found.slices[track]
    assert (lost.name, lost.begin) == ("lost records", OFFSET + 500)
    assert lost.args == {"count": 70, "cause": "ring", "cpu": 0}


def test_machines_with_the_same_numbers_have_tracks_of_their_own(maker: Maker, tmp_path: Path) -> None:
    first = maker.write(tmp_path / "first")
    maker.hostname = "board"
    second = maker.write(tmp_path / "second")
    found = drawn(convert(first, second, tmp_path / "out"))
    names = {uuid: track.name for uuid, track in found.tracks.items()}
    assert sorted(names.values()) == ["board: server 7", "guest: server 7", *["server 7"] * 2, *["worker 8"] * 2]
    assert {names[track.parent_uuid] for track in found.tracks.values() if track.parent_uuid} == {
        "board: server 7",
        "guest: server 7",
    }
    assert sorted(len(slices) for slices in found.slices.values()) == [1, 1, 5, 5]


def test_filters_hold(trace: Path, tmp_path: Path) -> None:
    assert [each.name for each in drawn(convert("-e", "openat", trace, tmp_path / "out")).thread(7)] == ["openat"]


def test_every_call_is_drawn_with_the_record_s_own_times(tmp_path: Path) -> None:
    maker = Maker()
    for number in range(3000):
        tid = number % 7 + 1
        maker.call(number % 2, 10 * number, tid, "close", {"fd": number}, ret=-(number % 2) * 9, duration=number % 60)
        if number % 500 == 0:
            maker.packet(number % 2)
    trace = maker.write(tmp_path / "trace")
    found = drawn(convert(trace, tmp_path / "out"))
    expected = {
        (call.tid, call.time - call.duration, call.time, call.entry["fd"])
        for batch in open_source([trace]).batches()
        for call in calls_of(batch)
        if call.time is not None and call.duration is not None
    }
    assert len(expected) == 3000
    assert {
        (found.tracks[track].thread.tid, each.begin, each.end, each.args["fd"])
        for track, slices in found.slices.items()
        for each in slices
    } == expected


def test_a_text_record_cannot_be_drawn(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text("pid=7, close, fd=3, res=0\n")
    arguments = ["convert", "--to", "perfetto", "-o", str(tmp_path / "out"), str(record)]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert isinstance(result.exception, UsageError) and "a text record has no times" in str(result.exception)
    assert not (tmp_path / "out").exists()
