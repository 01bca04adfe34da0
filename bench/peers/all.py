"""All peers, each in each of its settings."""

from __future__ import annotations

from bench.peers.ftrace import Ftrace
from bench.peers.lttng import LttngTracer
from bench.peers.perf import PerfTrace
from bench.peers.strace import Strace
from bench.peers.sysdig import SysdigTracer
from bench.peers.whom import Whom
from bench.tracer import Tracer
from vm.kernels import Kernel


def all_peers(kernel: Kernel) -> list[Tracer]:
    """Each peer in each of its settings, for machines of a kernel, the cheap ones first. Nothing is downloaded yet.

    All record the process's threads. ftrace, perf trace and strace go on to its children, LTTng and sysdig do not.
    """
    return [
        *(Ftrace(kernel, whom) for whom in Whom),
        *(LttngTracer(kernel, whom) for whom in Whom),
        LttngTracer(kernel, Whom.PID, context=True),
        *(SysdigTracer(kernel, whom) for whom in Whom),
        PerfTrace(kernel),
        Strace(kernel),
    ]
