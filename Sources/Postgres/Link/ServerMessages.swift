internal import CPQ

/// A warning or note that came with a statement's result. May quote row values.
public struct Notice: Sendable {
    public var severity: String
    public var sqlState: String
    public var message: String
    public var fields: ServerFields
}

/// A message on a channel the session listens to.
public struct Notification: Sendable, Hashable {
    public var channel: String
    /// At most 8,000 bytes by Postgres's own limit.
    public var payload: String
    /// The backend that sent it.
    public var backendPID: Int32
}

/// Collects what libpq reports outside of results. Called by libpq on the thread that uses the connection.
final class ServerMessages {
    private var notices: [Notice] = []
    /// The fatal error with which the server ended a session that was idle, `nil` as long as it did not.
    private(set) var lastWords: PostgresError?

    /// Notices kept between two calls of `takeNotices`; later ones are dropped.
    static let maxNotices = 64

    func takeNotices() -> [Notice] {
        defer { notices = [] }
        return notices
    }

    /// Makes `raw` report here. The caller keeps this object as long as the connection.
    func attach(to raw: OpaquePointer) {
        PQsetNoticeReceiver(
            raw,
            { context, result in
                guard let context, let result else { return }
                Unmanaged<ServerMessages>.fromOpaque(context).takeUnretainedValue().receive(result)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// `result` stays libpq's own.
    private func receive(_ result: OpaquePointer) {
        func field(_ letter: Unicode.Scalar) -> String {
            PQresultErrorField(result, CInt(letter.value)).map { String(cString: $0) } ?? ""
        }
        let severity = field("V")
        if severity == "FATAL" || severity == "PANIC" {
            lastWords = PostgresError(code: .connectionFailed, sqlState: field("C"), message: field("M"))
        } else if notices.count < ServerMessages.maxNotices {
            var fields = ServerFields()
            fields.severity = severity
            fields.detail = PQresultErrorField(result, CInt(UnicodeScalar("D").value)).map { String(cString: $0) }
            fields.hint = PQresultErrorField(result, CInt(UnicodeScalar("H").value)).map { String(cString: $0) }
            notices.append(Notice(severity: severity, sqlState: field("C"), message: field("M"), fields: fields))
        }
    }
}
