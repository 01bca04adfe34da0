"""What can be done here, one task each: `invoke --list`. Every task calls one function of a package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from bench.errors import BenchError
from syscord_build.errors import BuildError
from syscord_build.module import DEBIAN
from vm.errors import VmError

P = ParamSpec("P")

ARCH = "arm64 or x86_64"
KERNEL = "debian:SUITE, `running`, or the folder that a kernel was built in"


def explained(body: Callable[P, None]) -> Callable[P, None]:
    """Show what went wrong as the error says it, without a stack of calls; Ctrl-C ends with its own status."""

    @wraps(body)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            body(*args, **kwargs)
        except (BenchError, BuildError, VmError) as error:
            raise Exit(str(error), code=1) from error
        except KeyboardInterrupt:
            raise Exit("interrupted", code=130) from None

    return run


@task(help={"arch": ARCH, "kernel": KERNEL})
@explained
def build(_: Context, arch: str = "arm64", kernel: str = DEBIAN) -> None:
    """Build syscord.ko for a kernel, and say where it lies."""
    from syscord_build import module  # noqa: PLC0415

    print(module.build(arch, kernel).ko)


@task(help={"out": "the folder to write to"})
@explained
def gen(_: Context, out: str) -> None:
    """Write the module's self-contained source: `make && insmod ./syscord.ko` there needs no Python."""
    from syscord_build import source  # noqa: PLC0415

    changed = source.generate(Path(out))
    print(f"{out}: {len(changed)} files written, the rest was up to date")


@task
@explained
def menuconfig(_: Context) -> None:
    """Choose the options of the build in a menu, kept in .config."""
    from syscord_build import options, source  # noqa: PLC0415

    options.menu(source.sound_model())


@task
@explained
def check(_: Context) -> None:
    """Check everything that can be checked without running it: handlers, Python, C."""
    from syscord_build import lint  # noqa: PLC0415

    if not lint.check_all():
        raise Exit(code=1)


@task
@explained
def docs(_: Context) -> None:
    """Write docs/handlers.md and the JSON Schemas anew, from the handlers and the model."""
    from syscord_gen.__main__ import main  # noqa: PLC0415

    if main(["schema"]) or main(["reference"]):
        raise Exit(code=1)


@task(help={"arch": ARCH, "kernel": "debian:SUITE"})
@explained
def vm(_: Context, arch: str = "arm64", kernel: str = DEBIAN) -> None:
    """A root shell in a machine with the module in it, on this terminal."""
    from demo import shell  # noqa: PLC0415

    shell.run(arch, kernel)


@task(help={"arch": ARCH})
@explained
def demo(_: Context, arch: str = "arm64") -> None:
    """Record nginx under load in a machine, and show what was recorded."""
    from demo import nginx  # noqa: PLC0415

    nginx.run(arch)


@task(
    help={
        "arch": "arm64, x86_64 or both",
        "peers": "beside ftrace, perf trace, LTTng, sysdig and strace, too",
        "workload": "only these, with commas between them",
        "variant": "only these, with commas between them, such as 'ctf pid,no match shared'",
        "rounds": "how often each is run",
        "calls": "what calls of all kinds cost instead, each by itself",
        "trace": "the binary trace instead: its size, and reading it",
    }
)
@explained
def bench(  # noqa: PLR0917
    _: Context,
    arch: str = "both",
    peers: bool = False,
    workload: str = "",
    variant: str = "",
    rounds: int = 3,
    calls: bool = False,
    trace: bool = False,
) -> None:
    """Measure what tracing costs, in instructions. Figures go to build/bench/, unless only some are asked for."""
    from bench import calls as of_calls  # noqa: PLC0415
    from bench import cost  # noqa: PLC0415
    from bench import trace as of_trace  # noqa: PLC0415

    if trace:
        of_trace.run(arch)
    elif calls:
        of_calls.run(arch)
    else:
        cost.run(arch, peers=peers, workloads=workload, variants=variant, rounds=rounds)


@task(
    help={
        "arch": "arm64, x86_64 or both",
        "k": "only the tests that match this expression, as pytest takes it",
        "unit": "only the tests that need no machine",
    }
)
@explained
def test(_: Context, arch: str = "both", k: str = "", unit: bool = False) -> None:
    """Run the tests, those in machines of both architectures included."""
    import pytest  # noqa: PLC0415

    here = Path(__file__).parent
    folders = [here / "tests/unit", here / "tests/vm"] if unit else [here / "tests"]
    arguments = [*map(str, folders), "--rootdir", str(here), *(["-k", k] if k else [])]
    status = pytest.main([*arguments, *([] if unit else ["--arch", arch])])
    if status:
        raise Exit(code=int(status))


@task(help={"everything": "what was downloaded and built for machines, too"})
@explained
def clean(_: Context, everything: bool = False) -> None:
    """Remove what was built here; downloads and machines stay in the user's cache unless asked for."""
    from syscord_build import cleaning  # noqa: PLC0415

    for path in cleaning.clean(everything=everything):
        print(f"removed {path}", file=sys.stderr)
