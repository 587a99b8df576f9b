internal import JSON

extension Command {
    private static let formatOption = CommandOption(
        flag: "--format", valueName: "FORMAT", help: "table, csv, ndjson or json (table on a terminal, else csv)")
    private static let maxRowsOption = CommandOption(
        flag: "--max-rows", valueName: "COUNT", help: "At most so many rows; 0: all (10000)")
    private static let timeoutOption = CommandOption(
        flag: "--timeout", valueName: "SECONDS", fallback: "30", help: "How long the statement may run")
    private static let maxStatementBytes = 1 << 20
    /// A table is laid out when all of it is there.
    private static let maxTableBytes = 64 << 20

    static let query = client(
        "query", "Runs one reading statement as the token's principal", operands: "\"SELECT …\"",
        options: [formatOption, maxRowsOption, timeoutOption],
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
        var collected: [UInt8] = []
        let isTruncated: Bool
        do {
            // The server ends the statement in time; past that it is the connection that is at fault.
            isTruncated = try client.stream(
                "/query", .object(body), accept: format.mediaType, pause: .seconds(seconds + 30)
            ) { piece in
                guard format == .table else { return try Output.write(piece) }
                guard collected.count + piece.count <= maxTableBytes else {
                    throw CommandFailure(
                        .refused, "error: the answer is too long for a table",
                        hint: "Write --format csv or --max-rows 1000.")
                }
                collected += piece
            }
        } catch let problem as ServerProblem {
            throw problem.failure
        }
        if format == .json { try Output.write("\n") }
        guard format == .table else {
            if isTruncated { noteTruncation() }
            return
        }
        let answer = try JSONValue.parse(collected, limits: JSONLimits(maxBytes: maxTableBytes))
        try Output.write(TextTable(answer).text)
        if answer["truncated"]?.boolValue == true { noteTruncation() }
    }

    private static func noteTruncation() {
        Output.note("There are more rows; --max-rows 0 shows all.")
    }

    private static func statement(_ arguments: Arguments) throws -> String {
        guard arguments.operands.count == 1, let text = arguments.operands.first, !text.isEmpty else {
            throw UsageError(
                message: "sluice query takes one statement",
                hint: "Quote it: sluice query \"SELECT 1\". - reads it from standard input.")
        }
        guard text == "-" else { return text }
        return String(decoding: try TextFile.read("-", limit: maxStatementBytes), as: UTF8.self)
    }
}

/// How a result is shown.
enum ResultFormat: String, Sendable, CaseIterable {
    case table, csv, ndjson, json

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
        case .table, .json: "application/json"
        case .csv: "text/csv"
        case .ndjson: "application/x-ndjson"
        }
    }
}
