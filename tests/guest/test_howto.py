"""The how-to pages, done as they say: each marked block is run in a machine, and prints what the page shows."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from devtools.build import DEBIAN, build
from syscord_build import source
from syscord_build.module import Module
from syscord_gen import paths
from tests.pages import DOCS, ROOT, Block, blocks, check_shown, runs, the_file
from vm import kernels
from vm.machine import Machine

README = ROOT / "README.md"
USING = DOCS / "using.md"
ADDING = DOCS / "adding-a-handler.md"


@pytest.fixture(scope="session")
def build_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what is built; there is no .config in it, so all options are as they come."""
    return tmp_path_factory.mktemp("howto")


def built(arch: str, handlers: Path, build_folder: Path) -> Path:
    return build(arch, handlers=handlers, dot_config=build_folder / ".config", out=build_folder / arch).ko


def run_block(machine: Machine, block: Block, shown: Block | None) -> None:
    """Run a block, and compare what it printed."""
    result = machine.run(f"cd /root && exec 2>&1 && set -e\n{block.text}", check=block.tag == "run")
    if block.tag == "run, fails":
        assert result.status, f"this succeeded:\n{block.text}"
    if shown:
        check_shown(shown, result.stdout)


@pytest.mark.parametrize("heading", runs(USING))
def test_using(heading: str, machine: Machine, module: Module) -> None:
    machine.put(module.ko, "/root/syscord.ko")
    for block, shown in runs(USING)[heading]:
        run_block(machine, block, shown)


def test_the_readmes_filters_are_taken(machine: Machine, module: Module) -> None:
    """Each insmod alone, and then the changes at run time."""
    (block,) = (block for block in blocks(README) if block.heading == "Parameters")
    machine.put(module.ko, "/root/syscord.ko")
    loads = [line for line in block.text.splitlines() if line.startswith("insmod")]
    changes = [line for line in block.text.splitlines() if line.startswith("echo")]
    assert len(loads) + len(changes) == len(block.text.splitlines())
    for load in loads:
        machine.run(f"cd /root && set -e\n{load}\nrmmod syscord")
    machine.run("\n".join(["cd /root && set -e", loads[0], *changes]))
    assert machine.run("cat /sys/module/syscord/parameters/pid").stdout == "\n"


def test_adding_a_handler(arch: str, machine: Machine, build_folder: Path, tmp_path: Path) -> None:
    handlers = tmp_path / "handlers"
    shutil.copytree(paths.HANDLERS, handlers)
    (handlers / "statx.yaml").unlink()
    steps = runs(ADDING)

    machine.put(built(arch, handlers, build_folder), "/root/syscord.ko")
    run_block(machine, *only(steps["1. See what is missing"]))
    run_block(machine, *only(steps["2. Find the prototype"]))
    machine.run("rm /etc/syscall-record/record")

    (handlers / "statx.yaml").write_text(the_file(ADDING, "handlers/statx.yaml"), encoding="utf-8")
    machine.put(built(arch, handlers, build_folder), "/root/syscord.ko")
    run_block(machine, *only(steps["5. Try it"]))
    check_statx_of_hostname(machine)


def check_statx_of_hostname(machine: Machine) -> None:
    """What the page lets vary, and what is the same by chance, is what `stat` says of the file."""
    record = machine.run("cat /etc/syscall-record/record").stdout
    said = machine.run("stat -c 'uid=%u gid=%g ino=%i size=%s' /etc/hostname").stdout.strip()
    assert record.rstrip().endswith(f"mode=0100644 {said} attributes=0x0}}")


def test_the_generated_source_builds_with_a_kernels_own_tools(build_folder: Path) -> None:
    """As the page says; its ~/linux is Debian's tree here, and its first line is what `source.generate` does."""
    (block,) = (block for block in blocks(USING) if block.tag == "host")
    first, make = block.text.splitlines()
    assert first == "./dev gen --out syscord-source"
    source.generate(build_folder / "syscord-source", dot_config=build_folder / ".config")
    tree = kernels.get(DEBIAN, "arm64").build_tree
    command = make.replace("~/linux", str(tree))
    subprocess.run(["sh", "-ec", command], cwd=build_folder, check=True, env=without_make())
    assert (build_folder / "syscord-source/syscord.ko").is_file()


def without_make() -> dict[str, str]:
    """The environment, without what a make around this test would have put there."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def only(steps: list[tuple[Block, Block | None]]) -> tuple[Block, Block | None]:
    (step,) = steps
    return step


def test_every_command_of_the_pages_is_run() -> None:
    """A mistyped mark must not go unseen. Left out is what another test does in its own way."""
    every = [block for page in (USING, ADDING) for block in blocks(page) if block.language == "sh"]
    left_out = [block.text for block in every if not block.tag]
    assert left_out == ["./dev build --arch arm64 --kernel ~/linux\n", "rm handlers/statx.yaml\n"]
