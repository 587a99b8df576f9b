extension RequestHead {
    /// Draws from the fields what the connection must know, refusing what is contradictory.
    init(_ line: RequestLine, _ fields: Fields) throws(WireError) {
        var hosts = 0
        var lengths: [String] = []
        var codings: [String] = []
        var hasTransferEncoding = false
        var close = false
        var keep = false
        var expectsContinue = false
        for field in fields.all {
            switch field.name {
            case "host":
                hosts += 1
                guard hosts == 1, RequestLine.isHost(field.value) else { throw .badHost }
            case "content-length":
                lengths.append(field.value)
            case "transfer-encoding":
                hasTransferEncoding = true
                codings += field.value.split(separator: ",", omittingEmptySubsequences: false)
                    .map { trimmed(String($0)) }
            case "connection":
                close = close || RequestHead.lists("close", in: field.value)
                keep = keep || RequestHead.lists("keep-alive", in: field.value)
            case "expect":
                // HTTP/1.0 clients do not know it (RFC 9110 §10.1.1).
                guard line.minorVersion > 0 else { continue }
                guard equalsIgnoringCase(field.value, "100-continue") else { throw .unknownExpectation }
                expectsContinue = true
            default:
                continue
            }
        }
        guard hosts == 1 || line.minorVersion == 0 else { throw .badHost }
        let framing = try RequestHead.framing(
            lengths: lengths, codings: hasTransferEncoding ? codings : nil, minorVersion: line.minorVersion)
        var fields = fields
        if let authority = line.authority { fields["host"] = authority }
        self.init(
            method: line.method, target: line.target, minorVersion: line.minorVersion, fields: fields,
            framing: framing, expectsContinue: expectsContinue && framing != .none,
            keepAlive: line.minorVersion == 0 ? keep && !close : !close)
    }

    /// RFC 9112 §6.3, without its leniencies: a length is given once, never beside a transfer coding.
    private static func framing(
        lengths: [String], codings: [String]?, minorVersion: Int
    ) throws(WireError) -> Framing {
        if let codings {
            guard lengths.isEmpty else { throw .ambiguousFraming }
            guard minorVersion > 0 else { throw .badTransferEncoding }
            let known = codings.map { equalsIgnoringCase($0, "chunked") }
            for coding in codings where coding.isEmpty || !coding.utf8.allSatisfy(\.isTokenByte) {
                throw .badTransferEncoding
            }
            guard known.last == true, known.filter({ $0 }).count == 1 else { throw .badTransferEncoding }
            guard known.count == 1 else { throw .unsupportedTransferEncoding }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        guard lengths.count == 1, (1...19).contains(length.utf8.count), length.utf8.allSatisfy(\.isDigit) else {
            throw .badContentLength
        }
        // 19 digits may exceed Int64: a well-formed length that nothing could take.
        guard let bytes = Int64(length) else { throw .bodyTooLarge }
        return bytes == 0 ? .none : .length(bytes)
    }

    private static func lists(_ member: String, in value: String) -> Bool {
        if equalsIgnoringCase(value, member) { return true }
        return value.split(separator: ",").contains { equalsIgnoringCase(trimmed(String($0)), member) }
    }
}
