"""Options of the build, what a kernel must have, and where one is found."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from syscord_build import architectures, kernel_config, kernel_tree, options, source
from syscord_build.errors import BadHandlers, BuildError
from tests.unit.specs import folder_of

NEEDS = "CONFIG_MODULES=y\nCONFIG_64BIT=y\nCONFIG_TRACEPOINTS=y\nCONFIG_HAVE_SYSCALL_TRACEPOINTS=y\nCONFIG_GLOB=y\n"


def header(tmp_path: Path, dot_config: str) -> str:
    path = tmp_path / ".config"
    path.write_text(dot_config, encoding="utf-8")
    return options.load(source.checked_model(), path).header


def build_tree(tmp_path: Path, arch: str = "arm64") -> Path:
    """What a kernel's build folder has, as far as it is looked at."""
    (tmp_path / "include/config").mkdir(parents=True)
    (tmp_path / "include/config/kernel.release").write_text("6.1.0-board\n", encoding="utf-8")
    (tmp_path / f"arch/{arch}/include/generated").mkdir(parents=True)
    (tmp_path / "Makefile").touch()
    return tmp_path


def test_without_a_config_the_defaults_hold(tmp_path: Path) -> None:
    chosen = options.load(source.checked_model(), tmp_path / "none")
    assert '#define CONFIG_SYSCORD_RECORD_PATH "/etc/syscall-record/record"' in chosen.header
    assert "#define CONFIG_SYSCORD_CONTENT 256" in chosen.header
    assert {"file", "socket", "identity"} <= chosen.stems


def test_a_config_changes_what_it_names(tmp_path: Path) -> None:
    text = header(tmp_path, 'CONFIG_SYSCORD_CONTENT=64\nCONFIG_SYSCORD_RECORD_PATH="/var/log/calls"\n')
    assert "#define CONFIG_SYSCORD_CONTENT 64" in text
    assert '#define CONFIG_SYSCORD_RECORD_PATH "/var/log/calls"' in text
    assert "#define CONFIG_SYSCORD_FLUSH_MS 100" in text


def test_content_that_is_not_cut_is_kept_whole(tmp_path: Path) -> None:
    assert "#define CONFIG_SYSCORD_CONTENT 65536" in header(tmp_path, "# CONFIG_SYSCORD_TRUNCATE_CONTENT is not set\n")


def test_a_handler_file_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ".config").write_text("# CONFIG_SYSCORD_HANDLERS_SOCKET is not set\n", encoding="utf-8")
    chosen = options.load(source.checked_model(), tmp_path / ".config")
    assert "socket" not in chosen.stems
    assert "file" in chosen.stems


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("CONFIG_SYSCORD_CONTENT=65537", "65537"),
        ("CONFIG_SYSCORD_CONTENT=much", "much"),
        ("CONFIG_SYSCORD_RING_KB=5000", "write a power of two"),
        ("CONFIG_SYSCORD_NOSUCH=y", "NOSUCH"),
    ],
)
def test_a_config_that_says_something_impossible_is_refused(line: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=complaint):
        header(tmp_path, f"{line}\n")


def test_handlers_with_problems_are_refused_with_all_of_them(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a_yaml="title: A\nsyscalls:\n  opneat: {doc: Do., ret: int}\n  read: {ret: nt}\n")
    with pytest.raises(BadHandlers) as caught:
        source.generate(tmp_path / "out", folder)
    assert "Did you mean 'openat'" in str(caught.value)
    assert len(caught.value.problems) > 1
    assert not (tmp_path / "out").exists()


def test_a_kernel_that_has_everything_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".config").write_text(NEEDS + "CONFIG_OTHER=m\n", encoding="utf-8")
    kernel_config.check(tmp_path / ".config")


@pytest.mark.parametrize("option", ["MODULES", "64BIT", "TRACEPOINTS", "HAVE_SYSCALL_TRACEPOINTS", "GLOB"])
def test_a_kernel_that_lacks_an_option_is_refused_by_its_name(option: str, tmp_path: Path) -> None:
    lacking = NEEDS.replace(f"CONFIG_{option}=y\n", f"# CONFIG_{option} is not set\n")
    (tmp_path / ".config").write_text(lacking, encoding="utf-8")
    with pytest.raises(BuildError, match=rf"(?s)lacks.*CONFIG_{option}=y: \w+") as caught:
        kernel_config.check(tmp_path / ".config")
    assert str(caught.value).count("=y:") == 1


def test_a_kernel_that_was_not_configured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="is missing"):
        kernel_config.check(tmp_path / ".config")


def test_a_build_tree_is_found_by_its_path(tmp_path: Path) -> None:
    found = kernel_tree.find(str(build_tree(tmp_path)), architectures.ARM64)
    assert (found.path, found.release) == (tmp_path, "6.1.0-board")


def test_a_build_tree_of_another_architecture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="was not built for x86_64"):
        kernel_tree.find(str(build_tree(tmp_path)), architectures.X86_64)


def test_a_folder_that_is_no_build_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no kernel's build tree"):
        kernel_tree.find(str(tmp_path), architectures.ARM64)


def test_the_running_kernel_is_only_for_its_own_architecture() -> None:
    other = architectures.ARM64 if platform.machine() == "x86_64" else architectures.X86_64
    with pytest.raises(BuildError, match="running kernel is not for"):
        kernel_tree.find("running", other)
