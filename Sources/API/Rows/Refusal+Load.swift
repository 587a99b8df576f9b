import Catalog
import Ingestion
import JSON

extension Refusal {
    /// What is wrong with an upload: 422 with the place of each wrong record, 400 when the body is no JSON at all.
    init(_ errors: RowErrors, in format: RowDecoder.Format) {
        let isMalformed = format == .json && errors.errors.last?.code == .malformedJSON
        var detail = errors.errors.first.map { "\($0)" } ?? "the rows cannot be loaded"
        if errors.errors.count > 1 { detail += " (the first of \(errors.errors.count))" }
        self.init(
            isMalformed ? .malformedJSON : .invalidRows, detail,
            hint: "Nothing was loaded. Correct the places named, and send all rows again.",
            errors: errors.errors.map { JSONFieldError(pointer: $0.pointer(in: format), detail: "\($0)") })
    }
}

extension RowError {
    /// The place as a JSON pointer: into the array that was sent, `/0/email`; in text, by the line, `/2/email`.
    func pointer(in format: RowDecoder.Format) -> String {
        let column = column.map { "/\($0)" } ?? ""
        guard format == .json else { return "/\(line)\(column)" }
        return record.map { "/\($0 - 1)\(column)" } ?? ""
    }
}
