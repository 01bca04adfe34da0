"""`invoke bench`: which of the measurements."""

from __future__ import annotations

from bench import calls as calls_of_all_kinds
from bench import cost
from bench import trace as binary_trace


def run(arch: str, *, peers: bool, workloads: str, variants: str, rounds: int, calls: bool, trace: bool) -> None:
    """Measure the trace, or calls of all kinds, or else what tracing costs. Raises what their own `run` does."""
    if trace:
        binary_trace.run(arch)
    elif calls:
        calls_of_all_kinds.run(arch)
    else:
        cost.run(arch, peers=peers, workloads=workloads, variants=variants, rounds=rounds)
