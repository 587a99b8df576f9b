internal import Calendar
internal import Classification
internal import Glibc
internal import Ingestion
internal import JSON

extension Command {
    private static let delimiterOption = CommandOption.value(
        "--delimiter", "CHARACTER", "Between fields; tab for a tab (the most frequent of , ; tab | in the first line)")
    private static let noHeaderOption = CommandOption.switch("--no-header", "The first line is a record and no header")
    private static let allOption = CommandOption.switch("--all", "Shows the columns without a verdict, too")

    static let classify = Command(
        name: "classify", group: .protect, summary: "Finds the columns of CSV files that hold personal data",
        details: """
            Looks at up to 1,000 rows of each file, taken from all over it, and at the names of its columns. It needs no
            server, changes nothing, and shows no value. Of a folder, all files that end in .csv.
            """,
        operands: "FILE…", options: [allOption, noHeaderOption, delimiterOption, .json],
        examples: [
            "sluice classify customers.csv", "sluice classify exports/ --json",
            "sluice classify airports.dat --no-header --all",
        ]
    ) { arguments in
        var areAllRead = true
        let status = try speaking(json: arguments.has(.json)) { areAllRead = try classify(arguments) }
        return status == 0 && !areAllRead ? CommandFailure.Code.refused.rawValue : status
    }

    /// Whether every file could be read: one that cannot be does not keep the others from being looked at.
    private static func classify(_ arguments: Arguments) throws -> Bool {
        var reader = CSVValues()
        reader.hasHeader = !arguments.has(noHeaderOption)
        reader.delimiter = try delimiter(arguments)
        let classifier = Classifier(year: CivilDate(dayNumber: time(nil) / 86_400).year)
        var files: [JSONValue] = []
        var rows: [[TextTable.Cell]] = []
        var areAllRead = true
        for path in try arguments.operands.flatMap({ try TextFile.list($0, endingIn: [".csv"]) }) {
            do throws(SourceFailure) {
                let columns = ClassifiedColumn.columns(of: try reader.columns(of: path), by: classifier)
                files.append(["file": .string(path), "columns": .array(columns.map(\.value))])
                rows += columns.filter { $0.verdict != nil || arguments.has(allOption) }.map { $0.cells(path) }
            } catch {
                areAllRead = false
                files.append(
                    [
                        "file": .string(path),
                        "error": ["code": .string(error.code.rawValue), "detail": .string(error.detail)],
                    ])
                Commands.complain(error.detail, hint: error.hint)
            }
        }
        if arguments.has(.json) {
            try Output.write(["files": .array(files)] as JSONValue)
        } else if rows.isEmpty {
            if areAllRead { Output.note("No column seems to hold personal data; --all shows all columns.") }
        } else {
            let header = ["FILE", "COLUMN", "ENTITY", "CONFIDENCE", "MATCHING", "BY VALUES", "BY NAME"]
            try Output.write(
                TextTable(header, rows, numbers: ["CONFIDENCE", "MATCHING"]).fitted(to: Output.terminal).text)
        }
        return areAllRead
    }

    private static func delimiter(_ arguments: Arguments) throws(UsageError) -> UInt8? {
        guard let text = arguments[delimiterOption] else { return nil }
        if text == "tab" || text == "\\t" { return UInt8(ascii: "\t") }
        guard text.utf8.count == 1, let byte = text.utf8.first, byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\"")
        else {
            throw UsageError(
                message: "--delimiter is \(text.debugDescription), it must be one character of ASCII and no quote",
                hint: "Write --delimiter ';' or --delimiter tab.")
        }
        return byte
    }
}

/// A column of a file with its verdict.
private struct ClassifiedColumn {
    var name: String
    var verdict: Verdict?

    static func columns(of columns: [CSVColumn], by classifier: Classifier) -> [ClassifiedColumn] {
        let samples = columns.map { column in
            var sample = ColumnSample(name: column.name)
            for value in column.values { sample.add(value) }
            return sample
        }
        return zip(columns, classifier.verdicts(of: samples)).map { ClassifiedColumn(name: $0.name, verdict: $1) }
    }

    var value: JSONValue {
        guard let verdict else { return ["name": .string(name), "entity": .null] }
        let evidence = verdict.evidence
        return [
            "name": .string(name), "entity": .string(verdict.entity.rawValue),
            "confidence": JSONValue(verdict.confidence),
            "evidence": [
                "share": JSONValue(evidence.share), "values": JSONValue(evidence.valueCount),
                "recogniser": JSONValue(evidence.recogniser), "nameRule": JSONValue(evidence.nameRule),
            ],
        ]
    }

    func cells(_ path: String) -> [TextTable.Cell] {
        let percent = verdict.map { "\(Int(($0.evidence.share * 100).rounded())) %" }
        return [
            .init(path), .init(name), .init(verdict?.entity.rawValue ?? ""),
            .init(verdict.map { "\($0.confidence)" } ?? ""),
            .init(percent ?? ""), .init(verdict?.evidence.recogniser ?? ""), .init(verdict?.evidence.nameRule ?? ""),
        ]
    }
}
