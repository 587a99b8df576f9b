internal import Catalog
internal import HTTPClient

/// A file of a web server, pulled once from its beginning.
final class WebFileInput: StoredInput {
    let name: String
    /// None: a server's word that a file is the same (`ETag`) is no proof. An attempt after this one begins anew.
    let identity: String? = nil
    /// In bytes, as the server says; `nil`: it says nothing.
    let size: Int?
    /// RFC 3339 in UTC, as the server says; `nil`: it says nothing.
    let modifiedAt: String?
    private(set) var position = 0
    private let download: HTTPDownload

    init(_ name: String, _ download: HTTPDownload) throws(SourceFailure) {
        let head = download.head
        if let failure = SourceFailure(status: head.status, of: name) { throw failure }
        self.name = name
        self.download = download
        // With chunks a length does not count (RFC 9112 §6.3).
        let isChunked = head["Transfer-Encoding"] != nil
        size = isChunked ? nil : head["Content-Length"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        modifiedAt = head["Last-Modified"].flatMap(Self.time)
        try Self.requireStoredBytes(name, coding: head["Content-Encoding"])
    }

    /// Refuses what a server has compressed on the way. That `a.csv.gz` is in gzip many servers say, too.
    private static func requireStoredBytes(_ name: String, coding: String?) throws(SourceFailure) {
        guard let coding = coding?.lowercased(), coding != "identity", !coding.isEmpty else { return }
        let own: Set<String> =
            switch FileEndings(of: name).compression {
            case .none: []
            case .gzip: ["gzip", "x-gzip"]
            case .zstd: ["zstd"]
            }
        guard own.contains(coding) else {
            throw SourceFailure(
                .malformedSource, "the server sends \(name) in a content coding that it was not asked for",
                hint: "Have it send the file as it is stored.")
        }
    }

    var progress: Double? { size.flatMap { $0 > 0 ? min(1, Double(position) / Double($0)) : nil } }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceFailure) -> Int {
        do throws(HTTPClientError) {
            let count = try download.read(into: buffer)
            position += count
            return count
        } catch {
            let whole = size.map { " of \($0)" } ?? ""
            throw SourceFailure(error, "\(name) comes no further than byte \(position)\(whole)")
        }
    }

    /// `1994-11-06T08:49:37Z` of `Sun, 06 Nov 1994 08:49:37 GMT`, the form that servers must send (RFC 9110 §5.6.7).
    static func time(_ field: String) -> String? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = field.split(separator: " ").map(String.init)
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: parts[2]) else { return nil }
        let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let isNumber: (String, Int, ClosedRange<Int>) -> Bool = { text, count, range in
            text.utf8.count == count && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
                && range.contains(Int(text) ?? -1)
        }
        guard isNumber(parts[1], 2, 1...31), isNumber(parts[3], 4, 1...9999), clock.count == 3,
            isNumber(clock[0], 2, 0...23), isNumber(clock[1], 2, 0...59), isNumber(clock[2], 2, 0...59)
        else { return nil }
        return "\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z"
    }
}
