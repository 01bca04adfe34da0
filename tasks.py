"""What can be done here, one task each: `invoke --list`. Every task calls one function of a package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import pytest
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from bench.errors import BenchError
from demo import nginx, shell
from devtools import cleaning, lint
from devtools.build import DEBIAN
from devtools.build import build as build_module
from devtools.paths import DOT_CONFIG, ROOT
from syscord_build import menu, source
from syscord_build.errors import BuildError
from syscord_gen.__main__ import main as syscord_gen
from torture.errors import TortureError
from torture.run import run as run_torture
from vm import architectures, kernels
from vm.errors import VmError

P = ParamSpec("P")

ARCH = "arm64 or x86_64"
KERNEL = "debian:SUITE, sanitize, kcsan, rt, `running`, or the folder that a kernel was built in"
OURS = "debian:SUITE, sanitize, kcsan or rt"


def explained(body: Callable[P, None]) -> Callable[P, None]:
    """Show what went wrong as the error says it, without a stack of calls; Ctrl-C ends with its own status."""

    @wraps(body)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            body(*args, **kwargs)
        except (BenchError, BuildError, TortureError, VmError) as error:
            raise Exit(str(error), code=1) from error
        except KeyboardInterrupt:
            raise Exit("interrupted", code=130) from None

    return run


@task(help={"arch": ARCH, "kernel": KERNEL})
@explained
def build(_: Context, arch: str = "arm64", kernel: str = DEBIAN) -> None:
    """Build syscord.ko for a kernel, and say where it lies."""
    print(build_module(arch, kernel).ko)


@task(
    help={
        "arch": "arm64, x86_64 or both",
        "sanitize": "the one that checks memory, locks, RCU and leaks, and can fail allocations",
        "kcsan": "the one that looks for data races",
        "rt": "Debian's own with PREEMPT_RT, downloaded",
    }
)
@explained
def kernel(_: Context, arch: str = "x86_64", sanitize: bool = False, kcsan: bool = False, rt: bool = False) -> None:
    """Get kernels for torture: build them from Debian's source, unless they are in the cache. Say where they lie."""
    chosen = [name for name, wanted in (("sanitize", sanitize), ("kcsan", kcsan), ("rt", rt)) if wanted]
    for name in architectures.chosen(arch):
        for word in chosen or ["sanitize"]:
            print(kernels.get(word, name).build_tree)


@task(help={"out": "the folder to write to"})
@explained
def gen(_: Context, out: str) -> None:
    """Write the module's self-contained source: `make && insmod ./syscord.ko` there needs no Python."""
    changed, removed = source.generate(Path(out), dot_config=DOT_CONFIG)
    print(f"{out}: {len(changed)} files written, the rest was up to date")
    for name in removed:
        print(f"{out}: {name} of an earlier run removed")


@task
@explained
def menuconfig(_: Context) -> None:
    """Choose the options of the build in a menu, kept in .config."""
    menu.show(source.checked_model(), DOT_CONFIG)


@task
@explained
def check(_: Context) -> None:
    """Check everything that can be checked without running it: handlers, Python, C."""
    if not lint.check_all():
        raise Exit(code=1)


@task
@explained
def docs(_: Context) -> None:
    """Write docs/handlers.md and the JSON Schemas anew, from the handlers and the model."""
    if syscord_gen(["schema"]) or syscord_gen(["reference"]):
        raise Exit(code=1)


@task(help={"arch": ARCH, "kernel": OURS})
@explained
def vm(_: Context, arch: str = "arm64", kernel: str = DEBIAN) -> None:
    """A root shell in a machine with the module in it, on this terminal."""
    shell.run(arch, kernel)


@task(help={"arch": ARCH})
@explained
def demo(_: Context, arch: str = "arm64") -> None:
    """Record nginx under load in a machine, and show what was recorded."""
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
    # Here and not above: it takes longer than all others together, since it draws, and `./dev --list` is to be fast.
    from bench.run import run  # noqa: PLC0415

    run(arch, peers=peers, workloads=workload, variants=variant, rounds=rounds, calls=calls, trace=trace)


@task(
    help={
        "arch": ARCH,
        "minutes": "how long; half an hour and more fails every allocation of insmod",
        "seed": "as an earlier run printed it, to do the same again",
        "kernel": OURS,
    }
)
@explained
def torture(_: Context, arch: str = "x86_64", minutes: float = 5, seed: int = -1, kernel: str = "sanitize") -> None:
    """Torment the module in a kernel that checks itself: load, faults, hostile programs, full disks, random calls."""
    run_torture(arch, minutes, None if seed < 0 else seed, kernel)


@task(
    help={
        "arch": "arm64, x86_64 or both",
        "k": "only the tests that match this expression, as pytest takes it",
        "unit": "only the tests that need no machine",
        "slow": "those that are marked slow, too",
        "workers": "how many processes run them together; 1: this one alone",
    }
)
@explained
def test(_: Context, arch: str = "both", k: str = "", unit: bool = False, slow: bool = False, workers: int = 2) -> None:
    """Run the tests, those in machines of both architectures included."""
    folders = [ROOT / "tests/unit", ROOT / "tests/vm"] if unit else [ROOT / "tests"]
    arguments = [*map(str, folders), "--rootdir", str(ROOT), *(["-k", k] if k else [])]
    # Each process takes a file, for one architecture, in this order: what takes long comes first (tests/workers.py).
    together = ["-n", str(workers), "--dist", "loadscope", "--no-loadscope-reorder"] if workers > 1 else []
    status = pytest.main([*arguments, *together, *(["--slow"] if slow else []), *([] if unit else ["--arch", arch])])
    if status:
        raise Exit(code=int(status))


@task(help={"everything": "what was downloaded and built for machines, too"})
@explained
def clean(_: Context, everything: bool = False) -> None:
    """Remove what was built here; downloads and machines stay in the user's cache unless asked for."""
    for path in cleaning.clean(everything=everything):
        print(f"removed {path}", file=sys.stderr)
