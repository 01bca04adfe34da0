"""How much the files may take, and what stays free: root's reserve, min_free_mb=, max_mb=."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from tests.guest.recorder import Recorder

# The disk is full when the module says so; what comes then is more than the rings hold.
FLOOD = 'until dmesg | grep -q "can\'t write"; do ./programs writes 300 1000; done; ./programs writes 1000 1000'
# Free blocks, those that a user without privileges may use, and all of them.
BLOCKS = "stat -f -c '%f %a %b' {}"
WHERE = {"text": "record={}/r/record", "ctf": "sink=ctf record={}/t"}


@pytest.fixture(scope="session")
def disk(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small ext4 of which a fifth is kept for root, compressed."""
    image = tmp_path_factory.mktemp("disk") / "ext4"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "20", image, "8M"], check=True)
    return gzip.compress(Path(image).read_bytes())


def mount(recorder: Recorder, disk: bytes, place: str) -> None:
    """Mount it in the guest."""
    recorder.machine.put(disk, "/tmp/disk.gz")
    recorder.run(f"gunzip disk.gz; modprobe loop; mkdir -p {place}; mount -o loop disk {place}")


@pytest.mark.parametrize("sink", WHERE)
def test_the_blocks_that_are_kept_for_root_stay_free(recorder: Recorder, disk: bytes, sink: str) -> None:
    mount(recorder, disk, "/tmp/full")
    recorder.load(f"{WHERE[sink].format('/tmp/full')} content=1000 ring_kb=64 proc_name=programs")
    recorder.run(FLOOD, timeout=120)
    free, available, blocks = map(int, recorder.run(BLOCKS.format("full")).split())
    assert available * 20 < blocks
    assert free * 10 > blocks
    assert recorder.stats()["dropped_sink"] > 0
    recorder.unload()
    free, _, _ = map(int, recorder.run(BLOCKS.format("full")).split())
    assert free * 10 > blocks
