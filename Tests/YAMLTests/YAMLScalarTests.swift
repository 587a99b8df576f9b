import JSON
import Testing
import YAML

@Suite struct YAMLScalarTests {
    @Test(arguments: [
        ("~", JSONValue.null), ("null", .null), ("Null", .null), ("nUll", .string("nUll")), ("'null'", .string("null")),
        ("true", .bool(true)), ("False", .bool(false)), ("\"true\"", .string("true")), ("tRue", .string("tRue")),
        ("NO", .string("NO")), ("no", .string("no")), ("yes", .string("yes")), ("on", .string("on")),
        ("y", .string("y")),
        ("0", .number("0")), ("-0", .number("-0")), ("12", .number("12")), ("+12", .number("12")),
        ("-12", .number("-12")),
        ("007", .number("7")), ("00", .number("0")), ("0x1F", .number("31")), ("0o17", .number("15")),
        ("0b1", .string("0b1")),
        ("0xFFFFFFFFFFFFFFFF", .number("18446744073709551615")), ("0x", .string("0x")), ("0xg", .string("0xg")),
        ("-0x1", .string("-0x1")),
        ("123456789012345678901234567890", .number("123456789012345678901234567890")),
        ("1.5", .number("1.5")), (".5", .number("0.5")), ("5.", .number("5.0")), ("-.5e+3", .number("-0.5e3")),
        ("1E-2", .number("1e-2")),
        ("01.50", .number("1.50")), (".", .string(".")), ("1e", .string("1e")), ("e1", .string("e1")),
        ("1.2.3", .string("1.2.3")),
        ("+", .string("+")), ("--1", .string("--1")), (".inf", .string("Infinity")), ("-.INF", .string("-Infinity")),
        (".nan", .string("NaN")),
        ("1_000", .string("1_000")), ("12:30:00", .string("12:30:00")), ("2020-01-01", .string("2020-01-01")),
        ("١", .string("١")),
        ("'12'", .string("12")), ("\"a\\u00e9\\n\"", .string("aé\n")), ("'it''s'", .string("it's")),
        ("\"\"", .string("")),
        ("|\n  two\n  lines\n", .string("two\nlines\n")), (">-\n  one\n  line\n", .string("one line")),
        ("a: b", .object(["a": "b"])),
        ("plain text # comment", .string("plain text")), ("a#b", .string("a#b")),
    ])
    func plainScalarsAreOfTheCoreSchemaAndQuotedOnesText(text: String, value: JSONValue) throws {
        #expect(try YAMLDocument.parse(text).map(\.value) == [value])
    }
}
