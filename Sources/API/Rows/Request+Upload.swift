import Catalog
import HTTPServer
import Ingestion

extension Request {
    /// How the uploaded rows are written, by `Content-Type`; 415 for what cannot be read.
    func uploadFormat() throws(Refusal) -> RowDecoder.Format {
        if let coding = fields["Content-Encoding"], coding.trimmed.lowercased() != "identity" {
            throw Refusal(
                .unsupportedMediaType, "the body is encoded as \(coding.trimmed)",
                hint: "Send it without Content-Encoding.")
        }
        let parts = (fields["Content-Type"] ?? "").split(separator: ";", omittingEmptySubsequences: false)
            .map(\.trimmed)
        let format: RowDecoder.Format
        switch parts[0].lowercased() {
        case "application/json": format = .json
        case "application/x-ndjson": format = .ndjson
        case "text/csv": format = .csv
        default:
            throw Refusal(
                .unsupportedMediaType, parts[0].isEmpty ? "the body has no Content-Type" : "the body is \(parts[0])",
                hint: "Send application/json (an array), application/x-ndjson or text/csv.")
        }
        for parameter in parts.dropFirst() { try Self.check(parameter, of: format) }
        return format
    }

    /// `charset` (any format) and `header` (CSV, RFC 4180 section 3) say what the decoder takes for granted.
    private static func check(_ parameter: String, of format: RowDecoder.Format) throws(Refusal) {
        let pair = parameter.split(separator: "=", maxSplits: 1).map(\.trimmed)
        guard pair.count == 2 else { return }
        let value = pair[1].filter { $0 != "\"" }.lowercased()
        switch pair[0].lowercased() {
        case "charset" where !["utf-8", "utf8", "us-ascii"].contains(value):
            throw Refusal(.unsupportedMediaType, "the body is in \(value)", hint: "Send UTF-8.")
        case "header" where format == .csv && value == "absent":
            throw Refusal(
                .unsupportedMediaType, "the CSV has no header line", hint: "Begin with a line of the columns' names.")
        default: break
        }
    }
}
