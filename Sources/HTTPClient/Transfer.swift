internal import CCurl

/// Takes what libcurl hands over during one request, on the thread that performs it.
final class Transfer {
    private(set) var response = HTTPResponse()
    private(set) var failure: (any Error)?
    private(set) var isTooLarge = false

    /// What is sent; `nil`: the request's own body.
    let upload: HTTPUpload?
    private let maxBodyBytes: Int
    /// Whether what comes must wait.
    private let isFull: () -> Bool
    private let receive: ((HTTPResponse, UnsafeRawBufferPointer) throws -> Void)?
    /// Whether header lines that come now stand after the body.
    private var isHeadComplete = false

    /// Whether the head is there, and not that of an interim answer (1xx).
    var isFinalHeadComplete: Bool { isHeadComplete && response.status >= 200 }

    init(
        maxBodyBytes: Int, upload: HTTPUpload? = nil, isFull: @escaping () -> Bool = { false },
        receive: ((HTTPResponse, UnsafeRawBufferPointer) throws -> Void)? = nil
    ) {
        self.maxBodyBytes = maxBodyBytes
        self.upload = upload
        self.isFull = isFull
        self.receive = receive
    }

    /// Called for the next piece of the body; 0 is its end.
    static let uploadCallback: curl_read_callback = { data, size, count, context in
        guard let context, let data else { return Int(CURL_READFUNC_ABORT) }
        let room = UnsafeMutableRawBufferPointer(start: data, count: size * count)
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().fill(room)
    }

    private func fill(_ room: UnsafeMutableRawBufferPointer) -> Int {
        guard let upload else { return 0 }
        do {
            return try upload.read(room)
        } catch {
            failure = error
            return Int(CURL_READFUNC_ABORT)
        }
    }

    /// Called once per line, status lines, trailers and the empty line included.
    static let headerCallback: curl_write_callback = { data, size, count, context in
        guard let context else { return 0 }
        let line = UnsafeRawBufferPointer(start: data, count: size * count)
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().take(header: line)
    }

    /// Called once per piece; anything but the piece's length as an answer ends the transfer.
    static let bodyCallback: curl_write_callback = { data, size, count, context in
        guard let context else { return 0 }
        let piece = UnsafeRawBufferPointer(start: data, count: size * count)
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().take(body: piece)
    }

    private func take(header: UnsafeRawBufferPointer) -> Int {
        let line = String(decoding: header, as: UTF8.self).prefix { $0 != "\r\n" && $0 != "\n" && $0 != "\r" }
        if line.hasPrefix("HTTP/"), !isHeadComplete || response.status < 200 {
            // A new head: the first one, or the one after an interim answer (1xx).
            response = HTTPResponse()
            isHeadComplete = false
            response.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        } else if line.isEmpty {
            isHeadComplete = true
        } else if let colon = line.firstIndex(of: ":") {
            let field = (name: String(line[..<colon]), value: Self.trimmed(line[line.index(after: colon)...]))
            if isHeadComplete { response.trailers.append(field) } else { response.headers.append(field) }
        }
        return header.count
    }

    private func take(body: UnsafeRawBufferPointer) -> Int {
        if isFull() { return Int(CURL_WRITEFUNC_PAUSE) }
        if let receive {
            do {
                try receive(response, body)
            } catch {
                failure = error
                return 0
            }
        } else {
            guard body.count <= maxBodyBytes - response.body.count else {
                isTooLarge = true
                return 0
            }
            response.body += body
        }
        return body.count
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return String(start.prefix(start.count - start.reversed().prefix { $0 == " " || $0 == "\t" }.count))
    }
}
