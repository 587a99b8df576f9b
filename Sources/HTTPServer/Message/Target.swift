/// What a request is for: the decoded path and query of its request target (RFC 9112 §3.2).
public struct Target: Sendable {
    /// The path as it was sent, escapes included: `/api/v1/datasets/travel.b%20c`. `*` for `OPTIONS *`.
    public let path: String
    /// The decoded segments: `["api", "v1", "datasets", "travel.b c"]`; a `/` within one was escaped. `/` has none,
    /// a trailing slash gives a last empty one.
    public let segments: [String]
    public let query: Query

    /// Reads origin-form (`/a/b?c=d`), or `*`; `nil` for bad escapes, bytes that are no UTF-8, U+0000, a fragment,
    /// and the segments `.` and `..`, which a client resolves itself and which only an attack leaves in.
    init?(bytes: Span<UInt8>) {
        var end = 0
        while end < bytes.count, bytes[end] != UInt8(ascii: "?") { end += 1 }
        let path = bytes.extracting(0..<end)
        self.path = path.text()
        if end < bytes.count {
            guard let query = Query(bytes: bytes.extracting((end + 1)..<bytes.count)) else { return nil }
            self.query = query
        } else {
            self.query = Query()
        }
        if path.equals("*") || path.equals("/") {
            segments = []
            return
        }
        guard !path.isEmpty, path[0] == UInt8(ascii: "/") else { return nil }
        var segments: [String] = []
        segments.reserveCapacity(6)
        var start = 1
        while start <= path.count {
            var stop = start
            while stop < path.count, path[stop] != UInt8(ascii: "/") { stop += 1 }
            guard let segment = PercentCoding.decode(path.extracting(start..<stop)), segment != ".", segment != ".."
            else { return nil }
            segments.append(segment)
            start = stop + 1
        }
        self.segments = segments
    }
}
