"""What `pip install .` gives a user: the reader, the generator with its data, and nothing of the developers'."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from devtools.paths import ROOT
from syscord_build import source

USERS = {"syscord_build", "syscord_gen", "syscord_read"}
# A file in folders that nobody has named: data are found by pattern.
ADDED = "kmod_templates/a_folder/below/added.h"
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")

IMPORT_ALL = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    for found in pkgutil.walk_packages(importlib.import_module(name).__path__, name + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
"""
FILES = "import importlib.metadata, json; print(json.dumps([*map(str, importlib.metadata.files('syscord'))]))"
GENERATE = "import sys, pathlib, syscord_build.source; syscord_build.source.generate(pathlib.Path(sys.argv[1]))"


class Installed:
    """An environment of its own, with nothing in it but syscord and what that requires."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, program: str, *arguments: str) -> str:
        """Run a program of the environment, in an empty folder, and return its output."""
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        command = [str(self.folder / "bin" / program), *arguments]
        done = subprocess.run(command, cwd=empty, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def python(self, code: str, *arguments: str) -> str:
        """Run Python code there, which sees nothing of this tree."""
        return self.run("python", "-I", "-c", code, *arguments)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel of this tree, and of a file more, in an environment of its own."""
    tree = tmp_path_factory.mktemp("copy") / "tree"
    # Links stay links, as in a clone; and what earlier builds left is not here.
    shutil.copytree(ROOT, tree, symlinks=True, ignore=NOT_COPIED)
    (tree / ADDED).parent.mkdir(parents=True)
    (tree / ADDED).write_text("/* added */\n", encoding="utf-8")
    wheels = tmp_path_factory.mktemp("wheels")
    pip("wheel", "--no-deps", "--wheel-dir", str(wheels), str(tree))
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=False)
    pip("--python", str(environment / "bin/python"), "install", *map(str, wheels.glob("*.whl")))
    return Installed(environment)


def pip(*arguments: str) -> None:
    """This environment's pip, which need not be in the other one."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_a_users_packages_are_installed(installed: Installed) -> None:
    files = [Path(name) for name in json.loads(installed.python(FILES))]
    tops = {file.parts[0] for file in files if file.parts[0] != ".."}
    assert {top for top in tops if not top.endswith(".dist-info")} == USERS


def test_every_module_finds_what_it_imports(installed: Installed) -> None:
    installed.python(IMPORT_ALL, *sorted(USERS))


def test_the_command_says_what_it_can_do(installed: Installed) -> None:
    assert "Usage: syscord" in installed.run("syscord", "--help")


def test_the_manual_page_is_installed(installed: Installed) -> None:
    page = installed.folder / "share/man/man1/syscord.1"
    assert page.read_bytes() == (ROOT / "docs/man/syscord.1").read_bytes()


def test_the_handlers_are_sound(installed: Installed) -> None:
    assert "no problems" in installed.run("python", "-I", "-m", "syscord_gen", "check")


def test_the_module_is_generated_as_from_the_tree(installed: Installed, tmp_path: Path) -> None:
    installed.python(GENERATE, str(tmp_path / "installed"))
    source.generate(tmp_path / "tree")
    made, expected = texts(tmp_path / "installed"), texts(tmp_path / "tree")
    assert made.pop("a_folder/below/added.h") == "/* added */\n"
    # The list of the files has the added one.
    assert made.pop(".generated").replace("a_folder/below/added.h\n", "") == expected.pop(".generated")
    assert sorted(made) == sorted(expected)
    assert [name for name in made if made[name] != expected[name]] == []


def texts(folder: Path) -> dict[str, str]:
    """The files of a folder, by their paths in it."""
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()
    }
