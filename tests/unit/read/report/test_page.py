"""The report's page, without a browser: numbers, escapes, size."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from syscord_read.cli.command import cli
from syscord_read.errors import UsageError
from syscord_read.measure.process_tree import ProcessNode
from syscord_read.measure.recording import Recording
from syscord_read.measure.timeline import STEPS, Timeline
from syscord_read.model.selection import Selection
from syscord_read.report.page import format, page, tree
from syscord_read.report.page.page import make_page
from syscord_read.report.printable import printable
from syscord_read.source import open_source
from tests.unit.read.report.report_scene import HOSTILE, hostile, scene
from tests.unit.traces import OFFSET, Maker

MEGABYTE = 1_000_000


class Page(HTMLParser):
    """What a browser would make_page of it: elements with their attributes, and the texts in them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in self.raw:
            self.inside = tag
            self.raw[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.raw[self.inside][-1] += data
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    @property
    def data(self) -> Any:
        return json.loads(self.raw["script"][0])


def report(maker: Maker, folder: Path) -> str:
    return make_page(open_source([maker.write(folder / "trace")]), Selection())


def test_the_charts_have_every_call(tmp_path: Path) -> None:
    found = Page(report(scene(), tmp_path)).data
    totals = {series["name"]: sum(series["counts"]) for series in found["series"]}
    assert totals == {"read": 1200, "openat": 400, "close": 360, "accept4": 40}
    assert found["begin"] == str(OFFSET + 1_000_000)
    assert all(len(series["counts"]) == found["steps"] for series in found["series"])
    assert found["steps"] * found["width"] >= 1999 * 1_000_000 > (found["steps"] - 1) * found["width"]
    steps, rows, counts = np.array(found["heat"]["cells"]).reshape(-1, 3).T
    assert counts.sum() == 2000 and steps.max() < found["steps"] and rows.max() < len(found["heat"]["least"]) - 1


def test_the_heat_map_goes_from_the_shortest_to_the_longest(tmp_path: Path) -> None:
    least = Page(report(scene(), tmp_path)).data["heat"]["least"]
    assert least[0] <= 200 < least[1] and least[-2] <= 200 << 16 < least[-1]


def test_syscalls_beyond_the_colours_are_summed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "SERIES", 2)
    series = Page(report(scene(), tmp_path)).data["series"]
    assert [(each["name"], sum(each["counts"])) for each in series] == [
        ("read", 1200),
        ("openat", 400),
        ("2 others", 400),
    ]
    assert [each.get("rest", False) for each in series] == [False, False, True]


@pytest.mark.usefixtures("berlin")
def test_the_head_says_whose_it_is_and_of_when(tmp_path: Path) -> None:
    maker = scene()
    maker.hostname = "board"
    text = Page(report(maker, tmp_path)).text
    assert text.startswith(
        "Syscalls of board Syscalls of board 2023-11-14T23:13:20.001+01:00 to 2023-11-14T23:13:22.000+01:00"
    )
    for tile in ("Syscalls2,000 1,001 a second", "Failed6.7 % 134 calls", "Processes3 on 2 CPUs", "Time span2 s"):
        assert tile in text


def test_what_is_missing_is_said_at_the_top(tmp_path: Path) -> None:
    maker = scene()
    maker.counts[0].dropped["ring"] += 70
    maker.call(0, 10**10, 7, "close", {"fd": 1})
    path = maker.write(tmp_path / "trace")
    with (path / "cpu0").open("ab") as file:
        file.write(b"<nonsense>")
    text = Page(make_page(open_source([path]), Selection())).text
    assert "Not everything is here. 70 records were lost (70 ring)." in text
    assert "The recording is damaged." in text and str(path / "cpu0") in text


def test_a_whole_recording_has_no_warning(tmp_path: Path) -> None:
    text = Page(report(scene(), tmp_path)).text
    assert "damaged" not in text and "Not everything" not in text


@pytest.mark.parametrize("texts", [HOSTILE])
def test_hostile_names_stay_texts(tmp_path: Path, texts: tuple[bytes, ...]) -> None:
    plain, attacked = Page(report(scene(50), tmp_path / "1")), Page(report(hostile(), tmp_path / "2"))
    assert {tag for tag, _ in attacked.elements} <= {tag for tag, _ in plain.elements}
    known = {name for _, attributes in plain.elements for name in attributes}
    assert {name for _, attributes in attacked.elements for name in attributes} <= known
    assert len(attacked.raw["script"]) == 2 and attacked.raw["script"][1] == plain.raw["script"][1]
    assert isinstance(attacked.data, dict)
    for text in texts:
        assert " ".join(printable(b"/" + text).split()) in attacked.text


def test_nothing_in_the_data_ends_its_script(tmp_path: Path) -> None:
    source = report(hostile(), tmp_path)
    data = source[source.index('id="data">') : source.index("</script>", source.index('id="data">'))]
    assert not set("<>&") & set(data.removeprefix('id="data">'))


@given(st.text())
def test_json_for_a_script_is_json_still(text: str) -> None:
    made = str(page._json({"name": text}))
    assert json.loads(made) == {"name": text} and not set("<>&") & set(made)


def test_only_the_page_s_own_script_and_style_may_run(tmp_path: Path) -> None:
    found = Page(report(scene(50), tmp_path))
    (policy,) = (attributes["content"] for tag, attributes in found.elements if attributes.get("http-equiv"))
    assert policy and policy.startswith("default-src 'none'; img-src data:; ")
    for kind, text in (("style", found.raw["style"][0]), ("script", found.raw["script"][1])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not any(name == "style" or name.startswith("on") for _, attributes in found.elements for name in attributes)


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    found = Page(report(scene(50), tmp_path))
    links = [value for _, attributes in found.elements for name, value in attributes.items() if name in ("src", "href")]
    assert links == ["data:,"]
    assert not re.search(r"url\(|@import", found.raw["style"][0])
    assert re.findall(r"https?://[^\"]*", found.raw["script"][1]) == ["http://www.w3.org/2000/svg"]


def test_a_page_of_very_much_is_less_than_2_megabytes(tmp_path: Path) -> None:
    """Everything that can be many is: syscalls, steps, durations, files with long names, processes."""
    maker = Maker()
    path = b"/" + b"\xff" * 4000
    for number in range(600):
        pid = 1000 + number
        maker.process(0, 10 * number, pid, pid, ppid=pid - 1, comm=b"\x01" * 16, exe=path, reason="fork")
        entry = {"dir": -100, "path": path + b"%d" % number, "flags": 0, "mode": 0}
        maker.call(0, 10 * number + 1, pid, "openat", entry, ret=-(number + 1), duration=1)
    source = open_source([maker.write(tmp_path / "trace")])
    recording, times = Recording(), Timeline()
    for batch in source.batches():
        times.add(batch, batch.is_call, recording.add(batch, batch.is_call))
    times.coarsen()
    times.used = 256
    times.calls = np.full((STEPS, times.calls.shape[1]), 1_000_000_000)
    times.durations[:256] = 1_000_000_000
    assert len(page.render(source, recording, times)) < 2 * MEGABYTE


def test_an_empty_recording_has_a_page(tmp_path: Path) -> None:
    found = Page(report(Maker(), tmp_path))
    assert "There are no records." in found.text and found.data["steps"] == 0


def test_a_text_record_has_a_page_without_charts(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text("pid=7, openat, dir=-100, path=/etc/hosts, flags=0, mode=0, res=3\n")
    found = Page(make_page(open_source([record]), Selection()))
    assert found.data["steps"] == 0 and "A text record has no times" in found.text and "/etc/hosts" in found.text
    assert "stack" not in {attributes.get("id") for _, attributes in found.elements}


def test_several_hosts_are_told_apart(tmp_path: Path) -> None:
    maker = scene(50)
    first = maker.write(tmp_path / "first")
    maker.hostname = "board"
    text = Page(make_page(open_source([first, maker.write(tmp_path / "second")]), Selection())).text
    assert "Syscalls of guest, board" in text and text.count("board init") == text.count("guest init") == 1


def run(*arguments: str | Path) -> BaseException | int | None:
    result = CliRunner().invoke(cli, ["report", *map(str, arguments)], standalone_mode=False)
    return result.exception or result.return_value


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    trace, output = scene(50).write(tmp_path / "trace"), tmp_path / "report.html"
    assert run(trace, "-o", output) == 0
    assert output.read_text("utf-8").startswith("<!doctype html>")
    assert isinstance(run(trace, "-o", output), UsageError)
    assert run(trace, "-o", output, "--force", "-e", "openat") == 0
    assert [series["name"] for series in Page(output.read_text("utf-8")).data["series"]] == ["openat"]


# Who made whom


def recording_of(maker: Maker, folder: Path) -> Recording:
    recording = Recording()
    for batch in open_source([maker.write(folder / "trace")]).batches():
        recording.add(batch, batch.is_call)
    return recording


def shown(lines: list[tree.Line]) -> list[tuple[int, int, int, int]]:
    """Depth, process, own calls, and all; of processes that are hidden, how many, with a minus."""
    return [
        (line.depth, line.node.pid if line.node else -line.hidden, line.own.calls, line.all.calls) for line in lines
    ]


@pytest.fixture
def family() -> Maker:
    """1 made 2, which made 3 and 4; 5 is nobody's and does nothing, as 1; 6 is nobody's."""
    maker = Maker()
    for pid, ppid in ((1, 0), (2, 1), (3, 2), (4, 2), (5, 0), (6, 0)):
        maker.process(0, pid, pid, pid, ppid=ppid, comm=b"p%d" % pid, reason="fork")
    for pid, calls in ((2, 1), (3, 2), (4, 5), (6, 4)):
        for number in range(calls):
            maker.call(0, 100 * pid + number, pid, "close", {"fd": 1}, duration=10)
    return maker


def test_children_stand_below_their_parents_the_busiest_first(family: Maker, tmp_path: Path) -> None:
    assert shown(tree.lines(recording_of(family, tmp_path))) == [
        (0, 1, 0, 8),
        (1, 2, 1, 8),
        (2, 4, 5, 5),
        (2, 3, 2, 2),
        (0, 6, 4, 4),
    ]


def test_processes_that_are_not_shown_are_summed_up_where_they_would_be(family: Maker, tmp_path: Path) -> None:
    assert shown(tree.lines(recording_of(family, tmp_path), shown=1)) == [
        (0, 1, 0, 8),
        (1, 2, 1, 8),
        (2, 4, 5, 5),
        (2, -1, 0, 2),
        (0, -1, 0, 4),
    ]


def test_a_tree_may_be_as_deep_as_a_trace_says(tmp_path: Path) -> None:
    maker = Maker()
    for pid in range(1, 3001):
        maker.process(0, pid, pid, pid, ppid=pid - 1, reason="fork")
    maker.call(0, 9000, 3000, "close", {"fd": 1})
    recording = recording_of(maker, tmp_path)
    lines = tree.lines(recording)
    assert len(lines) == 3000 and lines[-1].depth == 2999
    assert "3000" in Page(page.render(open_source([tmp_path / "trace"]), recording, Timeline())).text


def test_the_sum_of_all_is_the_sum_of_the_first(family: Maker, tmp_path: Path) -> None:
    lines = tree.lines(recording_of(family, tmp_path))
    assert sum(line.all.calls for line in lines if line.depth == 0) == sum(line.own.calls for line in lines) == 12
    assert all(isinstance(line.node, ProcessNode) for line in lines)


# Words


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 ns"),
        (7, "7 ns"),
        (999.4, "999 ns"),
        (999.6, "1 µs"),
        (7010, "7.01 µs"),
        (15_680, "15.7 µs"),
        (440_000, "440 µs"),
        (1_250_000, "1.25 ms"),
        (12_400_000_000, "12.4 s"),
        (119_000_000_000, "119 s"),
        (130_000_000_000, "2 min 10 s"),
        (7_500_000_000_000, "2 h 5 min"),
        (200_000_000_000_000, "2 d 7 h"),
    ],
)
def test_durations_have_three_digits(nanoseconds: float, text: str) -> None:
    assert format.duration(nanoseconds) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (615, "615 B"), (999_499, "999 kB"), (40_500_000, "40.5 MB")])
def test_sizes_have_three_digits(count: int, text: str) -> None:
    assert format.size(count) == text


def test_other_words() -> None:
    assert format.count(1_234_567) == "1,234,567"
    assert (format.percent(1, 3), format.percent(0, 3), format.percent(1, 10_000), format.percent(1, 0)) == (
        "33.3 %",
        "0.0 %",
        "< 0.1 %",
        "0.0 %",
    )
    assert format.shorten("a" * 50 + "b" * 50, 11) == "aaaaa…bbbbb" and format.shorten("abc", 3) == "abc"
