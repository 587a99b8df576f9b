internal import JSON

extension Command {
    private static let formatOption = CommandOption(
        flag: "--format", valueName: "FORMAT", choices: ResultFormat.allCases.map(\.rawValue),
        help: "table, records, csv, ndjson or json (on a terminal a table that fits it, else csv)")
    private static let maxRowsOption = CommandOption(
        flag: "--max-rows", valueName: "COUNT", help: "At most so many rows; 0: all (10000)")
    private static let timeoutOption = CommandOption(
        flag: "--timeout", valueName: "SECONDS", fallback: "30", help: "How long the statement may run")
    private static let purposeOption = CommandOption(
        flag: "--purpose", valueName: "NAME", help: "Acts for this purpose, which must be granted")
    private static let maxStatementBytes = 1 << 20
    /// A table is laid out when all of it is there.
    private static let maxTableBytes = 64 << 20

    static let query = client(
        "query", group: .look, "Runs one reading statement as the token's principal",
        details: """
            A terminal gets a table that fits it: long texts are cut, and a row too wide for that becomes a record with
            a line for each column. A pipe gets CSV. With --format table or records nothing is cut.
            """,
        operands: "SQL", operandHint: "Quote it: sluice query \"SELECT 1\". - reads it from standard input.",
        options: [formatOption, maxRowsOption, timeoutOption, purposeOption],
        examples: [
            "sluice query \"SELECT region, count(*) FROM travel.bookings GROUP BY region\"",
            "sluice query \"SELECT * FROM travel.bookings\" --max-rows 0 > bookings.csv",
            "sluice query - < report.sql",
        ]
    ) { arguments, client in
        let format = try ResultFormat(
            arguments[formatOption], isJSON: arguments.has(.json), isTerminal: Output.isTerminal)
        let seconds = try arguments.integer(timeoutOption, minimum: 1) ?? 30
        var body: JSONObject = ["sql": .string(try statement(arguments)), "timeoutSeconds": JSONValue(seconds)]
        if let rows = try arguments.integer(maxRowsOption) { body["maxRows"] = JSONValue(rows) }
        if let purpose = arguments[purposeOption] { body["purpose"] = .string(purpose) }
        var collected: [UInt8] = []
        // The server ends the statement in time; past that it is the connection that is at fault.
        let isTruncated = try client.stream(
            "POST", "/query", .object(body), accept: format.mediaType, pause: .seconds(seconds + 30)
        ) { piece in
            guard format.isLaidOut else { return try Output.write(piece) }
            guard collected.count + piece.count <= maxTableBytes else {
                throw CommandFailure(
                    .refused, "error: the answer is too long for a table",
                    hint: "Write --format csv or --max-rows 1000.")
            }
            collected += piece
        }
        guard format.isLaidOut else {
            if isTruncated { noteTruncation() }
            return
        }
        let answer = try JSONValue.parse(collected, limits: JSONLimits(maxBytes: maxTableBytes))
        try show(TextTable(answer), as: format, isAskedFor: arguments[formatOption] != nil)
        if answer["truncated"]?.boolValue == true { noteTruncation() }
    }

    private static func show(_ table: TextTable, as format: ResultFormat, isAskedFor: Bool) throws {
        let terminal = Output.terminal
        if format == .records { return try Output.write(table.records(on: terminal) + table.count) }
        if isAskedFor { return try Output.write(table.text(on: terminal) + table.count) }
        let (text, isCut) = table.fitted(to: terminal)
        try Output.write(text + table.count)
        if isCut { Output.note("Long texts are cut to the terminal; --format table or records shows them whole.") }
    }

    private static func noteTruncation() {
        Output.note("There are more rows; --max-rows 0 shows all.")
    }

    private static func statement(_ arguments: Arguments) throws -> String {
        guard let text = arguments.operands.first, !text.isEmpty else {
            throw UsageError(message: "the statement is empty", hint: "For example: sluice query \"SELECT 1\"")
        }
        guard text == "-" else { return text }
        return String(decoding: try TextFile.read("-", limit: maxStatementBytes), as: UTF8.self)
    }
}

/// How a result is shown.
enum ResultFormat: String, Sendable, CaseIterable {
    case table, records, csv, ndjson, json

    /// Whether all of the answer must be there before anything is shown.
    var isLaidOut: Bool { self == .table || self == .records }

    init(_ word: String?, isJSON: Bool, isTerminal: Bool) throws(UsageError) {
        guard let word else {
            self = isJSON ? .json : isTerminal ? .table : .csv
            return
        }
        guard let format = ResultFormat(rawValue: word), !isJSON || format == .json else {
            throw UsageError(
                message: isJSON ? "--json and --format \(word) contradict each other" : "--format \(word) is not known",
                hint: "Formats are \(ResultFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        self = format
    }

    var mediaType: String {
        switch self {
        case .table, .records, .json: "application/json"
        case .csv: "text/csv"
        case .ndjson: "application/x-ndjson"
        }
    }
}
