"""Values as strace writes them; what is expected is what strace 6.1 writes, or what its manual says."""

from __future__ import annotations

import pytest

from syscord_read.model.layout import Symbols
from syscord_read.write.strace import format
from syscord_read.write.strace.processes import status
from syscord_read.write.strace.sockets import inet6
from syscord_read.write.strace.structs import limit

PROT = (("PROT_NONE", 0), ("PROT_READ", 1), ("PROT_WRITE", 2))
PLAIN = (("A", 1), ("BOTH", 3), ("B", 2))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", '""'),
        (b'say "hi"\\', '"say \\"hi\\"\\\\"'),
        (b"\t\n\v\f\r", '"\\t\\n\\v\\f\\r"'),
        (b"\0", '"\\0"'),
        (b"\0001", '"\\0001"'),
        (b"\0008", '"\\08"'),
        (b"\x7f\xff\x1b[", '"\\177\\377\\33["'),
        (b"<a>", '"<a>"'),
    ],
)
def test_bytes_are_quoted_in_as_few_digits_as_do(data: bytes, expected: str) -> None:
    assert format.quoted(data) == expected


def test_random_bytes_are_quoted_in_hexadecimal() -> None:
    assert format.content(b"aZ\0", 2, hexadecimal=True) == '"\\x61\\x5a"...'


@pytest.mark.parametrize(
    ("length", "limit", "expected"),
    [
        (None, 32, '"abc"'),
        (None, 3, '"abc"'),
        (None, 2, '"ab"...'),
        (9, 32, '"abc"...'),
        (9, 3, '"abc"...'),
        (None, 0, '""...'),
    ],
)
def test_content_is_cut(length: int | None, limit: int, expected: str) -> None:
    assert format.content(b"abc", limit, length=length) == expected


@pytest.mark.parametrize(
    ("value", "pairs", "expected"),
    [
        (0, PROT, "PROT_NONE"),
        (3, PROT, "PROT_READ|PROT_WRITE"),
        (9, PROT, "PROT_READ|0x8"),
        (8, PROT, "0x8 /* PROT_??? */"),
        (0, PLAIN, "0"),
        (3, PLAIN, "A|B"),
    ],
)
def test_flags(value: int, pairs: tuple[tuple[str, int], ...], expected: str) -> None:
    assert format.flags(value, pairs, "PROT_???") == expected


def test_one_of_some_names() -> None:
    symbols = Symbols("x", "enum", {"ONE": 1, "UNO": 1})
    assert format.one_of(1, symbols, "X_???") == "ONE"
    assert format.one_of(0, symbols, "X_???") == "0 /* X_??? */"
    assert format.one_of(-1, symbols, None) == "0xffffffff"
    assert format.one_of(7, None, "X_???") == "0x7 /* X_??? */"


def test_numbers() -> None:
    assert [format.octal(value) for value in (0, 0o22, 0o644, 0o4755)] == ["000", "022", "0644", "04755"]
    assert [format.address(value) for value in (0, 1, -1)] == ["NULL", "0x1", "0xffffffffffffffff"]
    assert [format.owner(value) for value in (0, 0xFFFFFFFF)] == ["0", "-1"]
    assert [limit(value) for value in (0, 1024, 1025, 2048, (1 << 64) - 1)] == [
        "0",
        "1024",
        "1025",
        "2*1024",
        "RLIM64_INFINITY",
    ]
    assert format.device(0x103) == "makedev(0x1, 0x3)"
    assert format.device(0xFE00) == "makedev(0xfe, 0)"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0o100644, "S_IFREG|0644"),
        (0o104751, "S_IFREG|S_ISUID|0751"),
        (0o41777, "S_IFDIR|S_ISVTX|0777"),
        (0o777, "0777"),
        (0o30000, "030000"),
        (0, "000"),
    ],
)
def test_modes_of_files(mode: int, expected: str) -> None:
    assert format.mode(mode) == expected


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (0, "[]"),
        (1 << 9 | 1 << 33, "[USR1 RT_2]"),
        ((1 << 64) - 1, "~[]"),
        (0xFFFFFFFE7FFFFFFF, "~[RTMIN RT_1]"),
        ((1 << 41) - 1, "[HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP "
         "TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS RTMIN RT_1 RT_2 RT_3 RT_4 RT_5 RT_6 RT_7 "
         "RT_8 RT_9]"),
        ((1 << 42) - 1, f"~[{' '.join(f'RT_{number}' for number in range(11, 33))}]"),
    ],
    ids=["none", "two", "all", "most", "two thirds less one", "two thirds"],
)  # fmt: skip
def test_sets_of_signals(mask: int, expected: str) -> None:
    assert format.signals(mask) == expected


def test_signals() -> None:
    assert [format.signal(number) for number in (0, 9, 32, 33, 64, 65, -1)] == [
        *("0", "SIGKILL", "SIGRTMIN", "SIGRT_1", "SIGRT_32", "65", "-1")
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "[{WIFEXITED(s) && WEXITSTATUS(s) == 0}]"),
        (0x300, "[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]"),
        (0x8B, "[{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}]"),
        (0x137F, "[{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}]"),
        (0xFFFF, "[{WIFCONTINUED(s)}]"),
        (0x10300, "[{WIFEXITED(s) && WEXITSTATUS(s) == 3}|0x10000]"),
    ],
)
def test_how_a_process_ended(value: int, expected: str) -> None:
    assert status(value) == expected


def test_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    assert format.moment(0) == ""
    assert format.moment(1618084800) == "2021-04-10T20:00:00+0000"
    assert format.moment(1, 5) == "1970-01-01T00:00:01.000000005+0000"
    assert format.moment(1, 1_000_000_000) == ""
    assert format.moment(1 << 62) == ""


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("00000000000000000000000000000001", "::1"),
        ("00000000000000000000ffff01020304", "::ffff:1.2.3.4"),
        ("00000000000000000000000001020304", "::1.2.3.4"),
        ("20010db8000000000001000000000007", "2001:db8::1:0:0:7"),
    ],
)
def test_addresses_of_ipv6(host: str, expected: str) -> None:
    assert inet6(bytes.fromhex(host)) == expected
