"""What is measured: operations in a loop, and servers under load. All of them are done by bench/workloads/measure.c."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench import nginx
from bench.errors import BenchError

FOLDER = "/tmp/bench"  # in the machine: a tmpfs
SQL, DATABASE = f"{FOLDER}/inserts.sql", f"{FOLDER}/inserts.db"
TRANSACTIONS, INSERTS = 1000, 10
REDIS_REQUESTS, REDIS_CLIENTS = 5_000, 20
REDIS = """
redis-server --daemonize yes --save '' --dir /tmp --logfile /tmp/redis.log >/dev/null &&
until redis-cli ping >/dev/null 2>&1; do sleep 0.1; done
"""


@dataclass(frozen=True)
class Workload:
    """Something that is done so many times, `operations`, and what one of them is called.

    `program` does them all; without one it is an operation of bench/workloads/operations.c, done in so many `threads`,
    each on a CPU of its own and in equal shares, or without any.

    `prepare` is run once a machine, with the shell; `warm_up` before each measured run, when the tracer has started.
    `server` prints the number of the process that is traced, which is otherwise the one that does the operations;
    `proof` is a command that fails if the run was not as it should be, its output being in the file `log`.
    """

    name: str
    operations: int
    operation: str
    threads: int = 0
    program: str = ""
    prepare: str = ""
    warm_up: str = ""
    server: str = ""
    proof: str = ""

    @property
    def arguments(self) -> str:
        """What `measure` is given after the folder."""
        if self.program:
            return f"1 0 {self.program}"
        return f"{self.operations // max(self.threads, 1)} {self.threads} {self.name}"

    def shortened(self, by: int) -> Workload:
        """The same with so many times fewer operations, if it is a loop."""
        return self if self.program else replace(self, operations=max(self.operations // by, 1))

    @property
    def is_steady(self) -> bool:
        """Whether it is one syscall after the other, so that each run of it takes the same, all but exactly."""
        return not self.program and self.name != "forkexec"


def inserts() -> bytes:
    """The SQL that sqlite is given: the same rows each time."""
    lines = ["PRAGMA journal_mode=DELETE;", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, value INTEGER);"]
    for first in range(0, TRANSACTIONS * INSERTS, INSERTS):
        rows = (f"({number}, 'name of {number}', {number * 7919 % 10007})" for number in range(first, first + INSERTS))
        lines += ["BEGIN;", *(f"INSERT INTO t VALUES {row};" for row in rows), "COMMIT;"]
    return "\n".join(lines).encode() + b"\n"


_AB = f"grep -Eq '^Complete requests: +{nginx.REQUESTS}$' log && grep -Eq '^Failed requests: +0$' log"
ALL = (
    Workload("getppid", 1_000_000, "call"),
    Workload("read64", 250_000, "call"),
    Workload("openclose", 40_000, "open and close"),
    Workload("futex", 40_000, "there and back"),
    Workload("forkexec", 500, "fork, exec, wait"),
    Workload(
        "nginx",
        nginx.REQUESTS,
        "request",
        program=nginx.AB,
        prepare=nginx.START,
        warm_up=nginx.AB.replace(f"-n {nginx.REQUESTS}", "-n 100"),
        server="pgrep -u www-data nginx",
        proof=_AB,
    ),
    Workload(
        "redis",
        2 * REDIS_REQUESTS,
        "request",
        program=f"redis-benchmark -q -t set,get -n {REDIS_REQUESTS} -c {REDIS_CLIENTS}",
        prepare=REDIS,
        warm_up="redis-benchmark -q -t set,get -n 200 -c 20",
        server="pgrep -x redis-server",
        proof="[ $(grep -Ec '(SET|GET): [0-9.]+ requests per second' log) = 2 ]",
    ),
    Workload(
        "sqlite",
        TRANSACTIONS,
        "transaction",
        program=f"sqlite3 -batch -bail {DATABASE} '.read {SQL}'",
        proof=f"[ $(sqlite3 {DATABASE} 'SELECT count(*) FROM t') = {TRANSACTIONS * INSERTS} ] && rm {DATABASE}",
    ),
)


def named(names: str) -> list[Workload]:
    """The workloads of these names, with commas between them; all, if there is no name. Raises BenchError."""
    known = {workload.name: workload for workload in ALL}
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for name in chosen:
        if name not in known:
            raise BenchError(f"no workload '{name}': say one of {', '.join(known)}")
    return [known[name] for name in chosen] or list(ALL)
