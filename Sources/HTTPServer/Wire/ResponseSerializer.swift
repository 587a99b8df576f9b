/// Writes HTTP/1.1 answers as bytes.
enum ResponseSerializer {
    static let continueHead = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    static let lastChunk = Array("0\r\n\r\n".utf8)

    /// Status lines by code; made once.
    private static let statusLines: [[UInt8]] = (0...599).map { code in
        Array("HTTP/1.1 \(code) \(Status(code).reason)\r\n".utf8)
    }

    /// Fields that belong to the connection, not to the answer: the plan decides them.
    private static func isOwn(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: equalsIgnoringCase(name, "date")
        case 10: equalsIgnoringCase(name, "connection") || equalsIgnoringCase(name, "keep-alive")
        case 14: equalsIgnoringCase(name, "content-length")
        case 17: equalsIgnoringCase(name, "transfer-encoding")
        default: false
        }
    }

    /// Appends the head of an answer.
    ///
    /// - Parameters:
    ///   - date: The value of `Date`, ASCII; `nil` where there is none at hand.
    ///   - minorVersion: The request's; a kept HTTP/1.0 connection must be announced.
    static func appendHead(
        _ status: Status, _ fields: Fields, prepared: PreparedFields? = nil, plan: ResponsePlan, minorVersion: Int,
        requestID: String,
        serverTiming: String?, date: [UInt8]?, to output: inout [UInt8]
    ) {
        output += statusLines[status.code]
        append("X-Request-Id: ", to: &output)
        append(requestID, to: &output)
        if let date {
            append("\r\nDate: ", to: &output)
            output += date
        }
        switch plan.framing {
        case .none, .untilClose: break
        case .length(let length):
            append("\r\nContent-Length: ", to: &output)
            append(decimal: length, to: &output)
        case .chunked:
            append("\r\nTransfer-Encoding: chunked", to: &output)
        }
        if !plan.keepAlive {
            append("\r\nConnection: close", to: &output)
        } else if minorVersion == 0 {
            append("\r\nConnection: keep-alive", to: &output)
        }
        if let serverTiming { append(name: "Server-Timing", value: serverTiming, to: &output) }
        append(fields, to: &output)
        if let prepared { output += prepared.bytes }
        append("\r\n\r\n", to: &output)
    }

    /// Appends the fields that are the answer's own, each after a line break.
    static func append(_ fields: Fields, to output: inout [UInt8]) {
        for field in fields.all where !isOwn(field.name) { append(name: field.name, value: field.value, to: &output) }
    }

    /// Appends a chunk; nothing for no bytes, since an empty chunk would end the body.
    static func appendChunk(_ bytes: [UInt8], to output: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        append(hex: bytes.count, to: &output)
        append("\r\n", to: &output)
        output += bytes
        append("\r\n", to: &output)
    }

    /// Appends the end of a chunked body.
    static func appendLastChunk(trailers: Fields, to output: inout [UInt8]) {
        guard !trailers.isEmpty else {
            output += lastChunk
            return
        }
        append("0", to: &output)
        for field in trailers.all where !isOwn(field.name) { append(name: field.name, value: field.value, to: &output) }
        append("\r\n\r\n", to: &output)
    }

    /// CR LF, then the field: lines are ended by the next one, the last by the empty line.
    private static func append(name: String, value: String, to output: inout [UInt8]) {
        append("\r\n", to: &output)
        // A handler may put what a user gave into a field. A line break there would start a field or an answer of the
        // user's own (response splitting), so what cannot stand in a name or value is replaced.
        let start = output.count
        append(name, to: &output)
        for index in start..<output.count where !output[index].isTokenByte { output[index] = UInt8(ascii: "_") }
        append(": ", to: &output)
        let valueStart = output.count
        append(value, to: &output)
        for index in valueStart..<output.count where !output[index].isFieldValueByte {
            output[index] = UInt8(ascii: " ")
        }
    }

    private static func append(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { output += $0 }
    }

    private static func append(decimal value: Int64, to output: inout [UInt8]) {
        append(String(value), to: &output)
    }

    private static func append(hex value: Int, to output: inout [UInt8]) {
        append(String(value, radix: 16), to: &output)
    }
}
