"""The types that a handler may name.

A *scalar* lives in a register or in a member of a struct.  A *memory* type is what a pointer leads to; a struct that a
handler file declares is one too.  A scalar with a direction is memory as well: ``{type: int, direction: out}`` is an
``int *`` that the kernel fills.
"""

from __future__ import annotations

from dataclasses import dataclass

from syscord_gen.model import Format


@dataclass(frozen=True)
class Scalar:
    """An integer of ``bits`` bits, as the record stores it."""

    name: str
    bits: int
    signed: bool
    format: Format = Format.DEC
    doc: str = ""

    @property
    def code(self) -> str:
        """The kernel's name for the fixed-width type: ``s32``, ``u64`` ..."""
        return f"{'s' if self.signed else 'u'}{self.bits}"


SCALARS: dict[str, Scalar] = {
    scalar.name: scalar
    for scalar in (
        Scalar("int", 32, True, doc="C's int"),
        Scalar("unsigned int", 32, False, doc="C's unsigned int"),
        Scalar("long", 64, True, doc="C's long on a 64-bit machine"),
        Scalar("unsigned long", 64, False, doc="C's unsigned long on a 64-bit machine"),
        Scalar("size_t", 64, False, doc="a count of bytes"),
        Scalar("ssize_t", 64, True, doc="a count of bytes, or a negative errno"),
        Scalar("length", 32, False, doc="a count of bytes in a struct; 4294967295 stands for that or more"),
        Scalar("loff_t", 64, True, doc="an offset in a file, in bytes"),
        Scalar("fd", 32, True, doc="a file descriptor"),
        Scalar("pid_t", 32, True, doc="a process or a thread"),
        Scalar("uid_t", 32, False, doc="a user"),
        Scalar("gid_t", 32, False, doc="a group"),
        Scalar("mode_t", 32, False, doc="permission bits"),
        Scalar("pointer", 64, False, Format.HEX, doc="an address that is not followed"),
        *(
            Scalar(f"{'s' if signed else 'u'}{bits}", bits, signed)
            for bits in (8, 16, 32, 64)
            for signed in (True, False)
        ),
    )
}


@dataclass(frozen=True)
class Memory:
    """A kind of memory behind a pointer.

    ``length`` says whether ``Argument.length`` must be given ("required"), may be ("optional"), or makes no sense
    ("none"); ``directions`` which directions the kind can have.  ``fields`` are the labels of the record's fields where
    the kind makes several of them, and the argument's own label is not used.
    """

    name: str
    length: str
    directions: tuple[str, ...]
    doc: str
    fields: tuple[str, ...] = ()


MEMORY: dict[str, Memory] = {
    memory.name: memory
    for memory in (
        Memory(
            "string", "optional", ("in", "out"), "text up to its NUL, or of `length` bytes; kept whole up to 4095 bytes"
        ),
        Memory("path", "optional", ("in", "out"), "a string that names a file"),
        Memory("bytes", "required", ("in", "out"), "content: cut at the module's `content=` bytes"),
        Memory("strings", "none", ("in",), "a vector of pointers to strings that ends with NULL, such as argv"),
        Memory("iovec", "required", ("in", "out"), "`length` struct iovec: the content they lead to, gathered"),
        Memory(
            "sockaddr", "required", ("in", "out"), "a socket address of `length` bytes (out: an int * that holds it)"
        ),
        Memory(
            "msghdr",
            "none",
            ("in", "out"),
            "a struct msghdr: its address, its gathered content, the size of its control data, its flags",
            fields=("addr", "data", "controllen", "msg_flags"),
        ),
    )
}
