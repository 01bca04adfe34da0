"""Build the guest's agent."""

from __future__ import annotations

from pathlib import Path

from vm import cache, host
from vm.architectures import Architecture

SOURCE = Path(__file__).parent / "agent" / "agent.c"
FLAGS = ("-static", "-O2", "-Wall", "-Wextra", "-Werror")


def build_agent(arch: Architecture) -> Path:
    """The agent's static executable for ARCH."""
    compiler = f"{arch.cross_compile}gcc"
    name = f"{arch.name}-{cache.key(SOURCE, compiler, FLAGS)}"

    def make(making: Path) -> None:
        host.run([compiler, *FLAGS, "-o", making / "agent", SOURCE])

    return cache.get("agents", name, make) / "agent"
