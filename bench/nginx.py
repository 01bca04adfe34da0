"""The workload: nginx with one worker serves a page of 27 kB to `ab`, in a machine, and the worker is recorded."""

from __future__ import annotations

import base64
import io
import random
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.peers import sysdig
from bench.peers.sysdig import Sysdig
from vm.machine import Machine

REQUESTS, CONCURRENCY = 1500, 20
PAGE, PAGE_BYTES = "/var/www/html/page.html", 27_000
AB = f"ab -q -n {REQUESTS} -c {CONCURRENCY} http://127.0.0.1/page.html"
AB_S = 300.0
# curl has its answer when there is a worker, and it has seen the page.
START = """
sed -i 's/^worker_processes.*/worker_processes 1;/; s/sendfile on/sendfile off/' /etc/nginx/nginx.conf &&
nginx && curl --silent --fail --max-time 20 --output /dev/null http://127.0.0.1/page.html && pgrep -u www-data nginx
"""
KO, TRACE, CAPTURE = "/root/syscord.ko", "/tmp/trace", "/tmp/nginx.scap"
STATS = "/sys/module/syscord/parameters/stats"


@dataclass(frozen=True)
class Nginx:
    """A machine in which nginx waits for requests; `worker` is the process that answers them."""

    machine: Machine
    worker: int


def page() -> bytes:
    """What nginx serves: the same each time, and nothing in it repeats."""
    return base64.b64encode(random.Random(PAGE_BYTES).randbytes(PAGE_BYTES))[:PAGE_BYTES]


def start(machine: Machine, ko: Path) -> Nginx:
    """Start nginx in a machine, and bring the module there."""
    machine.put(ko, KO)
    machine.put(page(), PAGE)
    worker = machine.run(START).stdout.split()
    if len(worker) != 1:
        raise BenchError(f"nginx has {len(worker)} workers in the machine, not one")
    return Nginx(machine, int(worker[0]))


def record(nginx: Nginx, folder: Path, *, content: int) -> str:
    """Record the worker under the whole load; the trace is then in FOLDER. Returns the parameters of the module.

    Raises BenchError if a request failed, or a record was lost.
    """
    machine = nginx.machine
    parameters = f"sink=ctf content={content} record={TRACE} pid={nginx.worker}"
    machine.run(f"rm -rf {TRACE} && insmod {KO} {parameters}")
    _load(machine)
    stats = machine.get(STATS).decode()
    machine.run("rmmod syscord")
    dropped = [line for line in stats.splitlines() if re.match(r"(dropped|overwritten).*=[1-9]", line)]
    if dropped:
        raise BenchError(f"records of nginx were lost, so nothing can be measured: {', '.join(dropped)}")
    _fetch_folder(machine, TRACE, folder)
    return parameters


def capture(nginx: Nginx, program: Sysdig, file: Path, *, content: int) -> str:
    """Capture the same with sysdig, to FILE. Returns the condition that it was given."""
    machine = nginx.machine
    # The process's switches are no syscalls, and would make sysdig's lines more than there are.
    condition = f"proc.pid={nginx.worker} and evt.type!=switch"
    sysdig.install(machine, program)
    sysdig.begin(machine, CAPTURE, condition, content=content)
    _load(machine)
    sysdig.end(machine)
    file.write_bytes(machine.get(CAPTURE, timeout=120))
    return condition


def _load(machine: Machine) -> None:
    said = machine.run(AB, timeout=AB_S).stdout
    done = re.search(r"^Complete requests:\s+(\d+)$", said, re.MULTILINE)
    failed = re.search(r"^Failed requests:\s+(\d+)$", said, re.MULTILINE)
    if not done or not failed or (int(done[1]), int(failed[1])) != (REQUESTS, 0):
        raise BenchError(f"not all of {REQUESTS} requests were answered; ab says:\n{said}")


def _fetch_folder(machine: Machine, there: str, here: Path) -> None:
    """A copy of the files in a folder of the machine, in place of what was here."""
    data = machine.run(f"tar c -C {there} .", timeout=120).out
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            if member.isfile() and (content := archive.extractfile(member)):
                (here / Path(member.name).name).write_bytes(content.read())
