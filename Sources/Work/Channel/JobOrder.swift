internal import Catalog
internal import Ingestion
internal import JSON

/// The one line that a job process reads: what it is to do.
enum JobOrder: Sendable {
    case attempt(Assignment)
    case probe(ProbeAssignment)

    /// The session with the warehouse that it needs; a probe needs none.
    var session: TargetSession? {
        switch self {
        case .attempt(let assignment): assignment.target?.session
        case .probe: nil
        }
    }

    init(line: [UInt8]) throws {
        let document = try JSONValue.parse(line)
        if let probe = document["probe"] {
            self = .probe(try ProbeAssignment(probe))
        } else {
            self = .attempt(try Assignment(line: line))
        }
    }
}

/// A question about a connection's source, with what it takes to ask there. It holds secrets, so it is never logged.
struct ProbeAssignment: Sendable {
    var question: SourceQuestion
    var connection: ConnectionSpec
    var secret: ConnectionSecret?
    var bounds: SourceBounds

    /// The line, without its end.
    func line() -> [UInt8] {
        let document: JSONValue = [
            "probe": [
                "question": question.json, "connection": connection.json, "secret": secret?.json ?? .null,
                "bounds": bounds.json,
            ]
        ]
        return document.encoded()
    }

    init(question: SourceQuestion, connection: ConnectionSpec, secret: ConnectionSecret?, bounds: SourceBounds) {
        self.question = question
        self.connection = connection
        self.secret = secret
        self.bounds = bounds
    }

    fileprivate init(_ document: JSONValue) throws {
        question = try SourceQuestion.parse(document["question"] ?? .null)
        connection = try ConnectionSpec.parse(document["connection"] ?? .null)
        secret = try document["secret"].flatMap { $0.isNull ? nil : try ConnectionSecret(opened: $0) }
        bounds = try JSONFields.read(document["bounds"] ?? .null) { SourceBounds(&$0) }
    }
}
