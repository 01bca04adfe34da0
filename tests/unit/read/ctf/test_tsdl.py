"""TSDL, the language of metadata: what is understood of it, and what is said of the rest."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syscord_read.ctf.classes import Layout
from syscord_read.ctf.tsdl import (
    DEPTH_MAX,
    ArrayType,
    EnumType,
    IntegerType,
    Metadata,
    MetadataError,
    StructType,
    parse,
)
from syscord_read.errors import ReadError
from syscord_read.model.layout import ArgumentField, Base, Field, Shape
from tests.unit.traces import EXECVE, GETSOCKNAME, NANOSLEEP, OPENAT, Declared, Maker


def struct_of(text: str) -> StructType:
    """The struct called s, and what stands before it."""
    found = parse(text).types["struct s"]
    assert isinstance(found, StructType)
    return found


def layout(*declared: Declared) -> Layout:
    return Layout(parse(Maker(declared).metadata()))


def test_an_integer_has_its_attributes() -> None:
    text = "typealias integer { size = 16; align = 8; signed = true; base = oct; } := t;"
    assert parse(text).types["t"] == IntegerType(16, True, Base.OCT, name="t")


@pytest.mark.parametrize(("base", "expected"), [("x", Base.HEX), ("16", Base.HEX), ("o", Base.OCT), ("10", Base.DEC)])
def test_a_base_has_many_names(base: str, expected: Base) -> None:
    found = parse(f"typealias integer {{ size = 8; base = {base}; }} := t;").types["t"]
    assert isinstance(found, IntegerType) and found.base is expected


def test_an_alias_of_an_alias_has_its_own_name() -> None:
    types = parse("typealias integer { size = 8; encoding = UTF8; } := a; typealias a := b;").types
    assert types["b"] == IntegerType(8, text=True, name="b")


def test_an_enumeration_counts_on() -> None:
    found = parse('enum e : integer { size = 8; } { A, B = 5, "C d" = 7 ... 9, E, F = -1, G = 0x10, };').types["enum e"]
    assert isinstance(found, EnumType)
    assert found.labels == {"A": 0, "B": 5, "C d": 7, "E": 10, "F": -1, "G": 16}


def test_a_struct_has_fields_arrays_and_sequences() -> None:
    text = """
    /* a comment; with { braces } */
    typealias integer { size = 8; } := u8;  // and one more
    struct s { u8 _a; u8 _b[3]; u8 _c[_a]; struct { u8 _x; } _d; } align(8);
    """
    fields = struct_of(text).fields
    assert [field.name for field in fields] == ["_a", "_b", "_c", "_d"]
    assert isinstance(fields[1].type, ArrayType) and fields[1].type.length == 3
    assert isinstance(fields[2].type, ArrayType) and fields[2].type.length == "_a"
    assert isinstance(fields[3].type, StructType)


def test_blocks_have_values_of_all_kinds() -> None:
    metadata = parse('env { a = "b\\"c"; n = 5; m = -0x10; o = 010; }; trace { uuid = "x"; byte_order = le; };')
    assert metadata.env == {"a": 'b"c', "n": 5, "m": -16, "o": 8}
    assert metadata.trace == {"uuid": "x", "byte_order": "le"}


def test_events_are_known_by_name_and_number_before_they_are_read() -> None:
    metadata = parse('event { name = "a"; id = 7; stream_id = 1; fields := struct { nonsense _x; }; };')
    event = metadata.events[1, 7]
    assert (event.name, event.id, event.stream) == ("a", 7, 1)
    with pytest.raises(MetadataError, match="metadata:1: there is no type 'nonsense'"):
        metadata.parts(event)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("trace {", "metadata:1: this statement has no end"),
        ("\n\nbanana { };", "metadata:3: 'banana' begins no statement"),
        ("struct s { int _a; };", "metadata:1: there is no type 'int'"),
        ("struct s { string _a; };", "a string is nothing that syscord writes"),
        ("struct s {\n\tfloating_point { } _a; };", "metadata:2: a floating_point is nothing that syscord writes"),
        ("typealias integer { } := t;", "an integer has 1 to 64 bits"),
        ("typealias integer { size = x; } := t;", "an integer has 1 to 64 bits"),
        ("typealias integer { size = 8; byte_order = be; } := t;", "integers of syscord are little-endian"),
        ("typealias integer { size 8; } := t;", "'=' is missing before '8'"),
        ("typealias struct { } := ;", "a name is missing before ';'"),
        ("enum e { A B };", "',' or '}' is missing before 'B'"),
        ("enum e : struct { } { A };", "an enumeration is of integers"),
        ("enum e { A = B };", "a number is missing before 'B'"),
        ("enum e { A = 0y };", "'0y' is no number"),
        ("event { id = 1; };", "this event has no name, or no id"),
        ('event { name = "a"; id = 1; }; event { name = "b"; id = 1; };', "there is an event of the number 1 already"),
        ("env { a = 1 };", "';' is missing before '}'"),
        ("stream { event.header := integer { size = 8; }; };", "event.header is no struct"),
        ("trace { \x01 };", "this is not TSDL"),
        ("= 5;", "a statement should begin here, not '='"),
    ],
)
def test_errors_say_where_and_what(text: str, error: str) -> None:
    with pytest.raises(MetadataError) as raised:
        parse(text)
    assert error in str(raised.value)


def test_structs_without_end_are_refused() -> None:
    deep = "struct { " * (DEPTH_MAX + 1) + "} _x; " * DEPTH_MAX + "}"
    with pytest.raises(MetadataError, match="structs stand in structs"):
        parse(f"typealias {deep} := t;")


@given(st.text(alphabet='trace env stuc{}[]();:=.,"/*\\ 0123_\n', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except MetadataError as error:
        assert "\n" not in str(error)


def test_metadata_of_an_architecture_is_read_at_once() -> None:
    """450 syscalls with ten classes each: the command must not wait for it."""
    text = Maker([Declared(nr, f"call{nr}", OPENAT.fields) for nr in range(450)]).metadata()
    assert text.count("\nevent {") > 4500
    begin = time.process_time()
    parse(text)
    assert time.process_time() - begin < 0.5


HOSTILE = ["env { " + "/* " * 300_000, "env { " + '" ' * 300_001, "{" * 300_000, "struct " * 99_999]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.timeout(20)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    with pytest.raises(MetadataError):
        parse(text)


@pytest.mark.timeout(20)
def test_structs_that_double_are_refused_at_once() -> None:
    """Sixty of them would have 2^60 fields."""
    doubling = ["struct s0 { uint8_t _a; };"]
    doubling += [f"struct s{n} {{ struct s{n - 1} _a; struct s{n - 1} _b; }};" for n in range(1, 60)]
    text = Maker([OPENAT]).metadata().replace("stream {", "\n".join(doubling) + "\nstream {", 1)
    text = text.replace("\t\tuint16_t __size;\n", "\t\tstruct s59 __size;\n")
    with pytest.raises(ReadError):
        Layout(parse(text))


# What it means


def test_fields_of_the_exit_part_are_told_by_the_prototype() -> None:
    encoding = layout(GETSOCKNAME).encoding(0, GETSOCKNAME.nr * 16 + 1)
    assert encoding is not None
    fields = encoding.event_class.fields
    assert [(field.label, field.key, field.exit) for field in fields] == [
        ("sockfd", "sockfd", False),
        ("addr", "addr", False),
        ("addr", "addr_out", True),
    ]
    prototype = encoding.event_class.prototype
    assert prototype and prototype.arguments == (
        (ArgumentField("sockfd"),),
        (ArgumentField("addr"),),
        (ArgumentField("addr", exit=True),),
    )


def test_a_label_that_ends_as_those_do_is_left_alone() -> None:
    declared = Declared(1, "copy", (Field("off_out", Shape.BYTES, "bytes", exit=True, key="off_out"),))
    encoding = layout(declared).encoding(0, 17)
    assert encoding and [field.label for field in encoding.event_class.exit] == ["off_out"]


def test_one_struct_is_told_from_a_list_by_the_prototype() -> None:
    encoding = layout(NANOSLEEP).encoding(0, NANOSLEEP.nr * 16 + 1)
    assert encoding and [field.shape for field in encoding.event_class.fields] == [Shape.STRUCT, Shape.STRUCT]
    metadata = parse(Maker([NANOSLEEP]).metadata().replace("*request", "request").replace("*>remain", ">remain"))
    encoding = Layout(metadata).encoding(0, NANOSLEEP.nr * 16 + 1)
    assert encoding and [field.shape for field in encoding.event_class.fields] == [Shape.STRUCTS, Shape.STRUCTS]


def test_prototypes_have_arguments_of_no_field_and_of_several() -> None:
    metadata = parse(Maker([EXECVE]).metadata().replace('"int(path, argv)"', '"int(path, -, argv+>late+*one)"'))
    prototype = Layout(metadata).prototype("execve")
    assert prototype is not None
    path, nothing, argv = prototype.arguments
    assert (path, nothing) == ((ArgumentField("path"),), ())
    assert argv == (ArgumentField("argv"), ArgumentField("late", exit=True), ArgumentField("one", single=True))


def test_the_environment_and_the_clock_are_there() -> None:
    found = layout(OPENAT)
    assert found.env["hostname"] == "guest"
    assert found.clock_offset == Maker().offset
    assert found.uuid == Maker().uuid.bytes


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("t_path _path[__path_length]", "t_path _path[__other]", "is of a type that is not known"),
        ("t_marks _path_marks", "uint8_t _path_marks", "is of a type that is not known"),
        ("uint32_t _duration;", "uint16_t _duration;", "it begins with"),
        ("t_mode_t_oct _mode", "t_count _mode", "_mode is of a type that is not known"),
    ],
)
def test_classes_that_are_stored_in_other_ways_are_refused(old: str, new: str, error: str) -> None:
    text = Maker([OPENAT]).metadata()
    assert old in text
    with pytest.raises(ReadError) as raised:
        Layout(parse(text.replace(old, new))).encoding(0, OPENAT.nr * 16)
    assert error in str(raised.value) and "openat" in str(raised.value)


def test_a_class_that_is_not_there_is_none() -> None:
    assert layout(OPENAT).encoding(0, 1) is None


def test_plain_metadata_can_be_empty() -> None:
    assert parse("") == Metadata("", "metadata")
