/// The form of rows that are loaded.
enum LoadFormat: String, Sendable, CaseIterable {
    case csv, ndjson, json

    var mediaType: String {
        switch self {
        case .csv: "text/csv"
        case .ndjson: "application/x-ndjson"
        case .json: "application/json"
        }
    }

    /// As asked for, else by the ending of the file's name.
    init(_ word: String?, file: String) throws(UsageError) {
        if let word, let format = LoadFormat(rawValue: word) {
            self = format
            return
        }
        let endings: [(String, LoadFormat)] = [
            (".csv", .csv), (".ndjson", .ndjson), (".jsonl", .ndjson), (".json", .json),
        ]
        let name = file.lowercased()
        if let (_, format) = endings.first(where: { name.hasSuffix($0.0) }) {
            self = format
        } else if name.hasSuffix(".gz") || name.hasSuffix(".zst") {
            throw UsageError(
                message: "\(file) is compressed, and rows are sent as they are",
                hint: "For example: zcat \(file) | sluice load DATASET - --format csv. A pipeline reads it as it is.")
        } else {
            throw UsageError(
                message: file == "-" ? "the format of standard input is not said" : "\(file) does not tell its format",
                hint: "Write --format csv, ndjson or json.")
        }
    }
}
