"""How the fields of an event are stored, as the TSDL of a trace's metadata says.

A field of the record is one, two or three fields of TSDL: an integer; or what was behind a pointer, with its length and
its marks.  docs/trace-format.md, *Fields*, is the contract.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from syscord_read.ctf.tsdl import ArrayType, EnumType, Fields, FieldType, IntegerType, StructType, Type
from syscord_read.errors import ReadError
from syscord_read.model.layout import Base, Field, Integer, Member, Shape, Symbols

#: What to do with a trace that is of another format.
NEWER = "read it with the syscord that belongs to the module"


@dataclass(frozen=True)
class Word:
    """The integer of ``size`` bytes before elements that were behind a pointer: their number, then marks.

    The number is in the low ``count_bits``, the marks in those above.
    """

    size: int
    count_bits: int


@dataclass(frozen=True)
class Step:
    """How one field is stored.

    ``size`` is that of an INTEGER, or of a text of fixed length, in bytes.  For all others it is 0: they begin with a
    ``word``, which says how many elements of ``unit`` bytes follow.  A ``unit`` of 0 means strings: each begins with a
    word of its own, ``inner``.  ``members`` are the integers of an element that is a struct, with their offsets.
    """

    field: Field
    size: int = 0
    unit: int = 0
    members: tuple[tuple[int, Integer], ...] = ()
    word: Word = Word(0, 0)
    inner: Word = Word(0, 0)


def bits_of(type: Type) -> int:
    """Bits of an integer, or of a row of some; 0 of something else."""
    match type:
        case IntegerType():
            return type.bits
        case EnumType():
            return type.integer.bits
        case ArrayType(element=IntegerType(bits=bits), length=int(length)):
            return bits * length
    return 0


def label_of(name: str) -> str:
    """TSDL puts an underscore before names, lest they be its own words."""
    return name.removeprefix("_")


def integer_of(type: Type) -> Integer:
    """What an integer or an enumeration is; one of 0 bits if it is neither."""
    match type:
        case IntegerType():
            return Integer(type.bits, type.signed, type.base)
        case EnumType():
            return replace(integer_of(type.integer), symbols=symbols_of(type))
    return Integer(0, False)


def symbols_of(type: EnumType) -> Symbols:
    """The set of an enumeration: ``e_SET__TYPE``, or ``f_SET__TYPE`` if its values are bits."""
    kind = "flags" if type.name.startswith("f_") else "enum"
    return Symbols(type.name[2:].partition("__")[0], kind, type.labels)


def is_symbols(type: Type) -> bool:
    """Whether it is an enumeration of a set of symbols."""
    return isinstance(type, EnumType) and type.name.startswith(("e_", "f_")) and "__" in type.name


#: What stands behind the name of a type of 64 bits where 32 of them are enough.
NARROW = "_32"


def _meant(type: Type) -> Integer:
    """What an integer is, no matter in how many bits it is stored."""
    integer = integer_of(type)
    return replace(integer, bits=64) if type.name.endswith(NARROW) else integer


def _type_name(type: Type) -> str:
    """The handler's type: ``t_unsigned_int_hex`` is an unsigned int."""
    name = type.name
    name = name.partition("__")[2] if name.startswith(("e_", "f_")) else name.removeprefix("t_")
    name = name.removesuffix(NARROW)
    base = integer_of(type).base
    if base is not Base.DEC:
        name = name.removesuffix(f"_{base.value}")
    return name if name.endswith("_t") else name.replace("_", " ")


def _kept_as(type: Type) -> Integer:
    """How an integer is stored; no machine has others than these."""
    integer = integer_of(type)
    if integer.bits not in (8, 16, 32, 64):
        raise _Unknown
    return integer


class _Unknown(Exception):
    """A field is of a type that syscord does not write."""


@dataclass(frozen=True)
class StepReader:
    """Makes steps of TSDL's fields.

    ``exits`` has the labels of those of the exit part, by name; ``singles`` says, by label and part, which fields are
    one element and not a list.
    """

    where: str
    exits: Mapping[str, str]
    singles: frozenset[tuple[str, bool]]

    def steps(self, fields: Fields) -> Iterator[Step]:
        """One for each field, of which those that were behind a pointer are three in TSDL."""
        rest = list(fields)
        while rest:
            first = rest.pop(0)
            try:
                if _is_count(first, rest):
                    yield self.memory(first, rest.pop(0), rest.pop(0))
                elif isinstance(first.type, ArrayType):
                    yield self.fixed_text(first.name, first.type)
                else:
                    yield self.scalar(first)
            except _Unknown:
                raise ReadError(self.where, f"{first.name} is of a type that is not known", NEWER) from None

    def field(self, name: str, shape: Shape, type: str) -> Field:
        """What a field is called."""
        key = label_of(name)
        return Field(self.exits.get(key, key), shape, type, key in self.exits, key=key)

    def scalar(self, field: FieldType) -> Step:
        """An integer."""
        stored = _kept_as(field.type)
        named = self.field(field.name, Shape.INTEGER, _type_name(field.type))
        return Step(replace(named, integer=_meant(field.type)), size=stored.bits // 8, members=((0, stored),))

    def fixed_text(self, name: str, array: ArrayType) -> Step:
        """A text with zeros behind it."""
        if bits_of(array.element) != 8 or not isinstance(array.length, int) or not 0 < array.length <= FIXED_MAX:
            raise _Unknown
        return Step(self.field(name, Shape.TEXT, "string"), size=array.length)

    def memory(self, length: FieldType, marks: FieldType, data: FieldType) -> Step:
        """What was behind a pointer: length, marks, and the elements."""
        array, word = data.type, _word(length, marks)
        if not isinstance(array, ArrayType) or not word:
            raise _Unknown
        element = array.element
        if isinstance(element, StructType):
            return self.structs(data.name, element, word)
        if isinstance(element, IntegerType) and (element.text or _type_name(element) in BYTES_TYPES):
            type = _type_name(element) if _type_name(element) in BYTES_TYPES else "string"
            return Step(self.field(data.name, BYTES_TYPES[type], type), unit=1, word=word)
        integer = _kept_as(element)
        shape = Shape.NUMBER if self.is_single(data.name) else Shape.NUMBERS
        field = replace(self.field(data.name, shape, _type_name(element)), integer=integer)
        return Step(field, unit=integer.bits // 8, members=((0, integer),), word=word)

    def structs(self, name: str, struct: StructType, word: Word) -> Step:
        """Structs, or strings, which TSDL has as structs too."""
        inner = _string_word(struct)
        if inner:
            return Step(self.field(name, Shape.STRINGS, "strings"), word=word, inner=inner)
        members = tuple(map(_member, struct.fields))
        if not members:
            raise _Unknown
        shape = Shape.STRUCT if self.is_single(name) else Shape.STRUCTS
        field = replace(self.field(name, shape, struct.name.removeprefix("s_")), members=members)
        unit = sum(member.integer.bits for member in members) // 8
        return Step(field, unit=unit, members=_offsets([member.integer for member in members]), word=word)

    def is_single(self, name: str) -> bool:
        """Whether a field is one element, not a list."""
        key = label_of(name)
        return (self.exits.get(key, key), key in self.exits) in self.singles


def _member(field: FieldType) -> Member:
    return Member(label_of(field.name), _type_name(field.type), _kept_as(field.type))


def _is_count(field: FieldType, rest: Sequence[FieldType]) -> bool:
    """Whether it is the length of the field after the next."""
    follower = rest[1].type if len(rest) >= 2 else None
    return isinstance(follower, ArrayType) and follower.length == field.name


def _word(length: FieldType, marks: FieldType) -> Word | None:
    """A number of elements, and marks, which make a word of 16 or 32 bits."""
    count, all = bits_of(length.type), bits_of(length.type) + bits_of(marks.type)
    return Word(all // 8, count) if all in (16, 32) and 0 < count < all else None


BYTES_TYPES = {"path": Shape.TEXT, "string": Shape.TEXT, "bytes": Shape.BYTES, "sockaddr": Shape.ADDRESS}

#: Bytes that a text of fixed size has at most.
FIXED_MAX = 4096


def _string_word(struct: StructType) -> Word | None:
    """The word of a string in a list, if the struct is one: length, marks, text."""
    if len(struct.fields) != 3:
        return None
    length, marks, text = struct.fields
    of_text = isinstance(text.type, ArrayType) and text.type.length == length.name and bits_of(text.type.element) == 8
    return _word(length, marks) if of_text else None


def _offsets(integers: list[Integer]) -> tuple[tuple[int, Integer], ...]:
    places = []
    offset = 0
    for integer in integers:
        places.append((offset, integer))
        offset += integer.bits // 8
    return tuple(places)
