"""Run a program and write what it took to a file descriptor: `python -I -S launch.py FD PROGRAM [ARGUMENT...]`.

A process of its own, since a program's peak of memory, as the kernel counts it, includes that of the process which
forked for it. This one has some 10 MiB; the one that measures has read whole traces.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> int:
    """Returns the program's status, 128 and the signal's number if one ended it."""
    report, *argv = sys.argv[1:]
    start = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, os.environ)
    _, status, usage = os.wait4(pid, 0)
    took = {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_rss_kib": usage.ru_maxrss,
    }
    os.write(int(report), json.dumps(took).encode())
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
