internal import CPQ
internal import Glibc

/// One blocking libpq session, as psql has it: what a principal can do with the cluster directly, no Sluice between.
///
/// Used by one thread at a time.
final class RawSession {
    /// What a statement answered.
    enum Answer: Equatable, Sendable {
        /// Columns in text form; a statement without rows answers none.
        case rows([[String?]])
        case failure(Failure)
    }

    struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        var sqlState: String
        var text: String
        var description: String { "\(sqlState) \(text)" }
    }

    private var connection: OpaquePointer
    /// Everything the server said beside answers.
    private final class Notices {
        var text = ""
    }
    private let notices = Notices()

    /// Connects with libpq keywords.
    init(_ keywords: [String: String]) throws(Failure) {
        let text = keywords.map { "\($0.key)='\(Self.escaped($0.value))'" }.sorted().joined(separator: " ")
        guard let connection = PQconnectdb(text) else { throw Failure(sqlState: "53200", text: "out of memory") }
        guard PQstatus(connection) == CONNECTION_OK else {
            let text = String(cString: PQerrorMessage(connection))
            PQfinish(connection)
            throw Failure(sqlState: "08006", text: text)
        }
        self.connection = connection
        PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context else { return }
                let notices = Unmanaged<Notices>.fromOpaque(context).takeUnretainedValue()
                notices.text +=
                    PQresultVerboseErrorMessage(result, PQERRORS_VERBOSE, PQSHOW_CONTEXT_ALWAYS)
                    .map { text in
                        defer { PQfreemem(text) }
                        return String(cString: text)
                    } ?? ""
            }, Unmanaged.passUnretained(notices).toOpaque())
    }

    deinit { PQfinish(connection) }

    private static func escaped(_ value: String) -> String {
        String(value.flatMap { $0 == "'" || $0 == "\\" ? ["\\", $0] : [$0] })
    }

    var isOpen: Bool { PQstatus(connection) == CONNECTION_OK }
    var backendPID: Int32 { PQbackendPID(connection) }

    /// Notices so far, with all their fields.
    func takeNotices() -> String {
        defer { notices.text = "" }
        return notices.text
    }

    /// The simple protocol; the answer of the last of several statements, or the first failure.
    func simple(_ sql: String) -> Answer { take(PQexec(connection, sql)) }

    /// The extended protocol with the unnamed statement.
    func extended(_ sql: String, _ parameters: [String] = []) -> Answer {
        withParameters(parameters) {
            take(PQexecParams(connection, sql, Int32(parameters.count), nil, $0, nil, nil, 0))
        }
    }

    func prepare(_ name: String, _ sql: String) -> Answer { take(PQprepare(connection, name, sql, 0, nil)) }

    func execute(_ name: String, _ parameters: [String] = []) -> Answer {
        withParameters(parameters) {
            take(PQexecPrepared(connection, name, Int32(parameters.count), $0, nil, nil, 0))
        }
    }

    /// The rows of `query` by way of COPY, as exports take them.
    func copy(_ query: String) -> Answer {
        let answer = extended("COPY (\(query)\n) TO STDOUT")
        guard case .rows(let lines) = answer else { return answer }
        return .rows(lines.map { $0[0].map(Self.cells) ?? [] })
    }

    /// The cells of a line of COPY's text format.
    private static func cells(_ line: String) -> [String?] {
        line.dropLast().split(separator: "\t", omittingEmptySubsequences: false).map { cell in
            if cell == "\\N" { return nil }
            var text = ""
            var isEscaped = false
            for character in cell {
                if character == "\\", !isEscaped {
                    isEscaped = true
                    continue
                }
                text.append(isEscaped ? ["n": "\n", "t": "\t", "r": "\r"][character] ?? character : character)
                isEscaped = false
            }
            return text
        }
    }

    private func withParameters(_ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Answer) -> Answer
    {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return copies.map { $0.map { UnsafePointer($0) } }.withUnsafeBufferPointer { body($0.baseAddress) }
    }

    private func take(_ result: OpaquePointer?) -> Answer {
        guard let result else {
            return .failure(Failure(sqlState: "08006", text: String(cString: PQerrorMessage(connection))))
        }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK:
            let columns = PQnfields(result)
            return .rows(
                (0..<PQntuples(result)).map { row in
                    (0..<columns).map { column in
                        if PQgetisnull(result, row, column) == 1 { return nil }
                        return PQgetvalue(result, row, column).map { String(cString: $0) }
                    }
                })
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return .rows([])
        case PGRES_COPY_OUT: return copied()
        case PGRES_COPY_IN:
            PQputCopyEnd(connection, "refused by the test")
            return take(PQgetResult(connection))
        default:
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? "08006"
            let text = PQresultVerboseErrorMessage(result, PQERRORS_VERBOSE, PQSHOW_CONTEXT_ALWAYS)
            defer { PQfreemem(text) }
            return .failure(Failure(sqlState: state, text: text.map { String(cString: $0) } ?? ""))
        }
    }

    /// The lines of a COPY TO STDOUT.
    private func copied() -> Answer {
        var lines: [[String?]] = []
        var buffer: UnsafeMutablePointer<CChar>?
        while PQgetCopyData(connection, &buffer, 0) > 0 {
            guard let line = buffer else { continue }
            lines.append([String(cString: line)])
            PQfreemem(line)
        }
        while let result = PQgetResult(connection) {
            if case .failure(let failure) = take(result) { return .failure(failure) }
        }
        return .rows(lines)
    }
}

extension RawSession {
    /// The rows of a statement that must not fail.
    @discardableResult
    func rows(_ sql: String) throws(Failure) -> [[String?]] {
        switch simple(sql) {
        case .rows(let rows): return rows
        case .failure(let failure): throw failure
        }
    }
}
