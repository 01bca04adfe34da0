"""A recording with something in each part of a report."""

from __future__ import annotations

from tests.unit.traces import ALL, FD, INT, Declared, Maker, integer

CLONE = Declared(220, "clone", (integer("flags", INT),), "pid_t")
SOCKETS = Declared(41, "listen", (integer("sockfd", FD, "fd"),))

#: Texts that would be something else to a browser, if they were not escaped.
HOSTILE = (
    b"</script><script>window.hacked = 1</script>",
    b'"><img src=x onerror="window.hacked=1">',
    b"<!--<script>",
    b"&lt;b&gt;' onmouseover='window.hacked=1",
    b"\xff\xfe\x1b[31m\xe2\x80\xae",
)


def scene(calls: int = 2000) -> Maker:
    """So many calls, one a millisecond, of a shell and what it made; each file is read thrice and closed."""
    maker = Maker([*ALL, CLONE, SOCKETS])
    maker.process(-1, 1, 1, 1, ppid=0, comm=b"init", reason="state")
    maker.process(-1, 2, 7, 7, ppid=1, comm=b"sh", exe=b"/bin/sh", reason="state")
    maker.open_file(3, 7, -100, b"/home/me")
    maker.process(0, 10, 8, 8, ppid=7, comm=b"sh", reason="fork")
    maker.process(0, 11, 8, 8, ppid=7, comm=b"cat", exe=b"/bin/cat", reason="exec")
    maker.process(0, 12, 9, 9, ppid=8, comm=b"helper", reason="fork")
    for number in range(calls):
        _call(maker, number, 1_000_000 * (number + 1))
        if number % 500 == 499:
            maker.packet(0)
            maker.packet(1)
    return maker


def _call(maker: Maker, number: int, time: int) -> None:
    tid = 7 + number % 3
    duration = 200 << number % 17
    match number % 5:
        case 0:
            entry = {"dir": -100, "path": b"/srv/page%d" % (number // 5 % 40), "flags": 0, "mode": 0}
            ret = -2 if number % 3 == 0 else 10
            maker.call(number % 2, time, tid, "openat", entry, ret=ret, duration=duration)
        case 4 if number % 50 == 49:
            address = b"\2\0\xc0\0\x0a\0\0" + bytes([number % 7]) + bytes(8)
            entry = {"sockfd": 4, "flags": 0}
            maker.call(0, time, tid, "accept4", entry, exit={"addr": address}, ret=11, duration=duration)
        case 4:
            maker.call(number % 2, time, tid, "close", {"fd": 10}, duration=duration)
        case _:
            entry = {"fd": 10, "size": 4096}
            maker.call(number % 2, time, tid, "read", entry, exit={"data": b"x"}, ret=4096, duration=duration)


def hostile() -> Maker:
    """Names and paths that are meant to break out of the page."""
    maker = Maker(hostname=HOSTILE[0].decode())
    for place, text in enumerate(HOSTILE):
        tid = 100 + place
        maker.process(0, 10 * place + 1, tid, tid, comm=text[:16], exe=text, reason="fork")
        entry = {"dir": -100, "path": b"/" + text, "flags": 0, "mode": 0}
        maker.call(0, 10 * place + 5, tid, "openat", entry, ret=-2, duration=5)
        address = b"\1\0/" + text
        maker.call(0, 10 * place + 6, tid, "accept4", {"sockfd": 3, "flags": 0}, exit={"addr": address}, ret=4)
    return maker
