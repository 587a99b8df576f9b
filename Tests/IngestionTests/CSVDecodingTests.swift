import Ingestion
import Testing

@Suite struct CSVDecodingTests {
    @Test(arguments: [
        "a,b\n1,x\n2,\n", "a,b\r\n1,x\r\n2,\r\n", "a,b\r1,x\r2,\r", "\u{FEFF}a,b\n1,x\n2,",
        "\"a\",\"b\"\n\"1\",x\n2,\n", "b,a\nx,1\n,2", "\n\na,b\n\n1,x\r\n\r\n2,\n\n",
    ])
    func lineBreaksQuotesOrderAndEmptyLinesDoNotMatter(_ text: String) throws {
        #expect(try decode(.csv, try columns("a int", "b text"), text) == "1\tx\n2\t\\N\n")
    }

    @Test func anEmptyFieldIsNullAndAQuotedOneIsEmptyText() throws {
        let columns = try columns("a text", "b text")
        #expect(try decode(.csv, columns, "a,b\n,\"\"\n\"\",\n") == "\\N\t\n\t\\N\n")
        #expect(try decode(.csv, columns, "a,b\n\\N,NA\n") == "\\\\N\tNA\n")
    }

    @Test func quotedFieldsMayHoldAnything() throws {
        let text = "a,b\n\"x,\"\"y\"\"\nz\r\n\",1\n"
        #expect(try decode(.csv, try columns("a text", "b int"), text) == "x,\"y\"\\nz\\r\\n\t1\n")
    }

    @Test func columnsThatAreNotGivenAreNull() throws {
        #expect(try decode(.csv, try columns("a int", "b text", "c int!"), "c\n1\n") == "\\N\t\\N\t1\n")
    }

    @Test func anEmptyLineOfOneFieldIsARowOfNull() throws {
        #expect(try decode(.csv, try columns("a int"), "a\n1\n\n2\n") == "1\n\\N\n2\n")
    }

    @Test func aHeaderAloneIsNoRow() throws {
        #expect(try decode(.csv, try columns("a int"), "a").isEmpty)
        #expect(try decode(.csv, try columns("a int"), "a\r\n").isEmpty)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var errors: [String]

        init(_ description: String, _ text: String, _ errors: String...) {
            (testDescription, self.text, self.errors) = (description, text, errors)
        }
    }

    @Test(arguments: [
        Refused("nothing at all", "", "missing_header@1"),
        Refused("only empty lines", "\n\n", "missing_header@1"),
        Refused("unknown names", "a,c,x", "unknown_column@1", "unknown_column@1"),
        Refused("duplicate name", "a,b,a\n", "duplicate_column@1:a"),
        Refused("missing column that must not be NULL", "b\n", "missing_column@1:a"),
        Refused("several mistakes", "b,b,z\n", "duplicate_column@1:b", "unknown_column@1", "missing_column@1:a"),
        Refused("too few fields", "a,b\n1\n2,x\n3\n", "too_few_fields@2.1", "too_few_fields@4.3"),
        Refused("too many fields", "a,b\n1,x,\n", "too_many_fields@2.1"),
        Refused("a field after a break in a quoted one", "a,b\n1,\"x\ry\n\r\nz\",3\n", "too_many_fields@5.1"),
        Refused("wrong value behind a break", "b,a\n\"x\ny\",z\n", "invalid_value@3.1:a"),
        Refused("empty where NULL is not allowed", "a,b\n,x\n", "null_not_allowed@2.1:a"),
        Refused("unclosed quote", "a,b\n1,x\n2,\"y\n3,z\n4,w\n", "unclosed_quote@3.2"),
        Refused("unclosed quote in the header", "a,\"b\n1,2\n", "unclosed_quote@1"),
        Refused("quote inside a field", "a,b\n1,5\" pipe\n", "misplaced_quote@2.1"),
        Refused("text after a quoted field", "a,b\n1,\"x\" \n", "misplaced_quote@2.1"),
        Refused("errors before a fatal one", "a,b\nx,1\n1,y\"\n", "invalid_value@2.1:a", "misplaced_quote@3.2"),
        Refused("all wrong records", "a\nx\n1\ny\n", "invalid_value@2.1:a", "invalid_value@4.3:a"),
        Refused("NUL in a text", "a,b\n1,x\0\n", "nul_character@2.1:b"),
    ])
    func refuses(_ row: Refused) throws {
        let columns = try columns("a int!", "b text")
        #expect(errors(.csv, columns, row.text) == row.errors)
        for chunkSize in [1, 2, 5] {
            let pieces = Result { () throws(RowErrors) in
                try decode(.csv, columns, Array(row.text.utf8), chunkSize: chunkSize)
            }
            guard case .failure(let errors) = pieces else { return #expect(row.errors.isEmpty) }
            #expect(errors.errors.map(\.code.rawValue) == row.errors.map { String($0.prefix { $0 != "@" }) })
        }
    }

    @Test func messagesSayWhatToDo() throws {
        let columns = try columns("amount int", "b text")
        func message(_ text: String) -> String {
            do { return try decode(.csv, columns, text) } catch { return error.description }
        }
        #expect(
            message("amonut,b\n")
                == "line 1: field 1 of the header names no column of the dataset; did you mean \"amount\"?")
        #expect(
            message("amount;b\n")
                == "line 1: field 1 of the header names no column of the dataset; fields end with commas")
        #expect(message("amount,b\n1,2,3\n") == "line 2: the record has 3 fields, the header 2")
        #expect(message("amount,b\nsecret,x\n") == "line 2, column \"amount\": is not an integer")
        #expect(message("amount,b\n1,\"x\n") == "line 2: the quote that begins field 2 is not closed up to the end")
    }

    @Test func otherEncodingsAreRefused() throws {
        let columns = try columns("a text")
        #expect(errors(.csv, columns, [0xFF, 0xFE, 0x61, 0, 0x0A, 0]) == ["not_utf8@1"])
        #expect(errors(.csv, columns, [0xFE, 0xFF, 0, 0x61]) == ["not_utf8@1"])
        #expect(errors(.csv, columns, [0xEF, 0xBB]) == ["not_utf8@1"])
        #expect(errors(.csv, columns, [0xE4, 0x0A]) == ["not_utf8@1"])
        #expect(errors(.csv, columns, Array("a\nK".utf8) + [0xF6] + Array("ln\n".utf8)) == ["not_utf8@2.1:a"])
        #expect(
            errors(.csv, columns, Array("a\n\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"\n".utf8)) == ["not_utf8@2.1:a"])
    }

    @Test(arguments: [1, 3, 1000])
    func limitsHoldBeforeMemoryGrows(_ chunkSize: Int) throws {
        var limits = DecodingLimits()
        limits.maxFieldBytes = 20
        limits.maxRecordBytes = 50
        limits.maxFields = 4
        func code(_ text: String) throws -> String {
            let columns = try columns("a text", "b text", "c text", "d text")
            do { return try decode(.csv, columns, Array(text.utf8), chunkSize: chunkSize, limits: limits) } catch {
                return error.errors.map { "\($0.code.rawValue)@\($0.line)" }.joined()
            }
        }
        let long = String(repeating: "x", count: 21)
        #expect(try code("a,b,c,d\n1,2,3,\(long.dropLast())\n") == "1\t2\t3\t\(long.dropLast())\n")
        #expect(try code("a,b,c,d\n1,2,3,\(long)\n") == "limit_exceeded@2")
        #expect(try code("a,b,c,d\n1,2,3,\"\(long)") == "unclosed_quote@2")
        #expect(
            try code("a,b,c,d\n\(long.dropLast(2)),\(long.dropLast(2)),\(long.dropLast(2)),\n") == "limit_exceeded@2")
        #expect(try code("a,b,c,d,e\n") == "limit_exceeded@1")
    }

    @Test func errorsAreCountedAndThenEnough() throws {
        var limits = DecodingLimits()
        limits.maxErrors = 3
        let text = "a\n" + String(repeating: "x\n", count: 1000)
        #expect(errors(.csv, try columns("a int"), text, limits: limits).count == 3)
    }

    @Test func outputPerCallIsBounded() throws {
        var limits = DecodingLimits()
        limits.outputBytes = 100
        var decoder = RowDecoder(.csv, columns: try columns("a text", "b text"), limits: limits)
        let text = Array(("a,b\n" + String(repeating: "1,\n", count: 500)).utf8)
        var calls = 0
        decoder.push(text)
        var isMore = true
        while isMore {
            var output: [UInt8] = []
            isMore = try decoder.decode(into: &output)
            #expect(output.count <= 106)
            calls += 1
        }
        #expect(calls > 20 && decoder.rowCount == 500)
    }
}
