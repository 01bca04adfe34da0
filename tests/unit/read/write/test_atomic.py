"""Output that is there as a whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from syscord_read.errors import UsageError
from syscord_read.write.atomic import WriteError, atomic_file, atomic_folder


def ours(folder: Path) -> bool:
    return folder.is_dir() and all(each.name.startswith("host=") for each in folder.iterdir())


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_has_its_name_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with atomic_file(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists() and len(names(tmp_path)) == 1
    assert path.read_bytes() == b"half" and names(tmp_path) == {"out"}


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), atomic_file(tmp_path / "out") as file:
        file.write(b"half")
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), atomic_folder(tmp_path / "out", ours) as folder:
        (folder / "host=a").touch()
        raise ZeroDivisionError
    assert names(tmp_path) == set()


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), atomic_file(path, force=True) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_text() == "before" and names(tmp_path) == {"out"}


def test_nothing_is_replaced_unless_it_is_forced(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before")
    with pytest.raises(UsageError, match=r"out is there already: give another name, or --force"), atomic_file(path):
        pass
    with atomic_file(path, force=True) as file:
        file.write(b"after")
    assert path.read_text() == "after"


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "out"
    for name in ("host=a", "host=b"):
        with atomic_folder(path, ours, force=True) as folder:
            (folder / name).mkdir()
    assert names(path) == {"host=b"} and names(tmp_path) == {"out"}


def test_a_folder_of_others_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out"
    (path / "precious").mkdir(parents=True)
    with pytest.raises(UsageError, match="out is something else"), atomic_folder(path, ours, force=True):
        pass
    with pytest.raises(UsageError, match="out is no plain file"), atomic_file(path, force=True):
        pass
    assert names(path) == {"precious"}


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(UsageError, match="/dev/null is no plain file"), atomic_file(Path("/dev/null"), force=True):
        pass
    assert Path("/dev/null").is_char_device()


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "target").write_text("before")
    with atomic_file(tmp_path / "link", force=True) as file:
        file.write(b"after")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "after"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(WriteError, match="out: it cannot be written: No such file"),
        atomic_file(tmp_path / "no" / "out"),
    ):
        pass
    with pytest.raises(WriteError, match="No such file"), atomic_folder(tmp_path / "no" / "out", ours):
        pass


def test_a_full_disk_is_told() -> None:
    with pytest.raises(WriteError, match="No space left on device"), atomic_file(Path("/dev/shm/syscord-full")):
        raise OSError(28, "No space left on device")
    assert not Path("/dev/shm/syscord-full").exists()
