import Glibc
import Testing

@testable import HTTPServer

/// A real client, as far as the machine has one.
@Suite(.timeLimit(.minutes(1)), .enabled(if: access("/usr/bin/curl", X_OK) == 0)) struct CurlTests {
    private func curl(_ arguments: String) throws -> String {
        try shell("/usr/bin/curl -sS --max-time 20 \(arguments) 2>&1")
    }

    /// What a command prints.
    private func shell(_ command: String) throws -> String {
        guard let pipe = popen(command, "r") else { throw RawClient.Failure(description: "popen: errno \(errno)") }
        defer { pclose(pipe) }
        var output = ""
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), pipe) != nil {
            output += String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return output
    }

    @Test func `curl gets, uploads, asks first and sees cut-off answers`() throws {
        let server = try TestServer { request in
            switch request.path {
            case "/broken":
                return .stream(contentType: "a/b") { writer in
                    try await writer.write("some")
                    try await writer.flush()
                    throw ConnectionClosed()
                }
            default:
                var (total, body) = (0, request.body)
                while let chunk = try await body.next() { total += chunk.count }
                return .text("\(request.method.rawValue) \(total)\n")
            }
        }
        let base = "http://127.0.0.1:\(server.port)"
        #expect(try curl("\(base)/a \(base)/b") == "GET 0\nGET 0\n")
        #expect(try curl("--http1.0 \(base)/a") == "GET 0\n")
        #expect(try curl("-I -o /dev/null -w '%{http_code}' \(base)/a") == "200")
        let zeros = "head -c 3000000 /dev/zero |"
        #expect(try shell("\(zeros) /usr/bin/curl -sS -T - \(base)/up") == "PUT 3000000\n")
        #expect(
            try shell("\(zeros) /usr/bin/curl -sS -H 'Expect: 100-continue' --data-binary @- \(base)/")
                == "POST 3000000\n")
        // 18: partial file.
        #expect(try curl("-o /dev/null -w '%{exitcode}' \(base)/broken").hasSuffix("18"))
    }
}
