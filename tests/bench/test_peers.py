"""Each peer records the process that it should, all of it, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench import lab, workload
from bench.lab import Lab
from bench.peers.all import all_peers
from bench.tracer import Tracer
from devtools.build import DEBIAN
from vm import architectures, kernels
from vm.kernels import Kernel

GETPPID = replace(workload.named("getppid")[0], operations=50_000)
OF_OTHERS = 5000  # syscalls of the machine's other processes, at most
NO_KERNEL = Kernel(architectures.ARM64, "", *[Path()] * 4)
PEERS = [f"{peer.name}, {peer.variant}" for peer in all_peers(NO_KERNEL)]

pytestmark = pytest.mark.timeout(1200)  # where machines, kernels and LTTng's modules have to be made first


@dataclass(frozen=True)
class Peers:
    """A machine, and the peers that are in it."""

    lab: Lab
    tracers: dict[str, Tracer]


# Not for longer than its tests: an idle machine whose clock counts instructions runs from timer to timer.
@pytest.fixture(scope="module")
def peers(arch: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    """All of them: none is missing on either architecture."""
    kernel = kernels.get(DEBIAN, arch)
    with lab.opened(kernel, tmp_path_factory.mktemp(arch), all_peers(kernel), [GETPPID]) as (machine, installed):
        yield Peers(machine, {f"{peer.name}, {peer.variant}": peer for peer in installed})


@pytest.mark.parametrize("name", PEERS)
def test_it_records_the_process_that_it_should(peers: Peers, name: str) -> None:
    tracer = peers.tracers[name]

    traced = peers.lab.run(GETPPID, tracer).traced

    least = 0 if tracer.variant == "no match" else GETPPID.shortened(tracer.shorten_by).operations
    if traced.syscalls is None:
        assert least * 10 <= traced.bytes <= (least + OF_OTHERS) * 100
    else:
        assert least <= traced.syscalls <= least + OF_OTHERS


@pytest.mark.parametrize("name", PEERS)
def test_it_leaves_nothing_behind(peers: Peers, name: str) -> None:
    processes_and_files = "ps -A -o comm= | grep -v '^kworker' | sort; find /tmp /sys/kernel/tracing/instances"
    peers.lab.machine.restore(lab.READY)
    before = peers.lab.machine.run(processes_and_files).stdout
    tracer = peers.tracers[name]

    tracer.start(peers.lab.machine, 1)
    tracer.stop(peers.lab.machine)

    assert peers.lab.machine.run(processes_and_files).stdout == before
