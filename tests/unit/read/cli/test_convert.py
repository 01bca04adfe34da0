"""JSON Lines in a file: the same as ``syscord read --style json`` prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from syscord_read.cli.command import cli
from syscord_read.errors import UsageError
from syscord_read.source import open_source
from syscord_read.write.json import Writer
from tests.unit.traces import Maker


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    maker = Maker()
    maker.process(-1, 1, 7, 7, comm=b"tool", reason="state")
    for number in range(100):
        maker.call(0, 10 * number + 10, 7, "close", {"fd": number}, ret=-9 if number % 3 else 0)
    return maker.write(tmp_path / "trace")


def convert(*arguments: str | Path) -> int | BaseException | None:
    command = ["convert", "--to", "json", *map(str, arguments)]
    result = CliRunner().invoke(cli, command, standalone_mode=False)
    return result.exception or result.return_value


def test_it_is_what_read_prints(trace: Path, tmp_path: Path) -> None:
    writer = Writer()
    printed = b"".join(bytes(writer.lines(batch)) for batch in open_source([trace]).batches())
    assert convert("-o", tmp_path / "out", trace) == 0
    assert (tmp_path / "out").read_bytes() == printed and printed.count(b"\n") == 100


def test_filters_hold(trace: Path, tmp_path: Path) -> None:
    assert convert("-o", tmp_path / "out", "--ok", trace) == 0
    assert (tmp_path / "out").read_bytes().count(b"\n") == 34


def test_nothing_is_overwritten(trace: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("precious")
    assert isinstance(convert("-o", tmp_path / "out", trace), UsageError)
    assert (tmp_path / "out").read_text() == "precious"
    assert convert("-o", tmp_path / "out", "--force", trace) == 0


def test_a_damaged_trace_is_converted_as_far_as_it_goes(trace: Path, tmp_path: Path) -> None:
    with (trace / "cpu0").open("ab") as file:
        file.write(b"nonsense")
    assert convert("-o", tmp_path / "out", trace) == 1
    assert (tmp_path / "out").read_bytes().count(b"\n") == 100
