import Catalog
import JSON

/// What applying a document did to its object.
struct AppliedChange: Sendable {
    enum Action: String, Sendable {
        case create, update, unchanged
    }

    var action: Action
    var kind: ApplyKind
    var address: String
    var before: Document?
    var after: Document

    init(_ document: ApplyDocument, before: Document?, after: Document) throws {
        kind = document.kind
        address = document.address
        self.before = before
        self.after = after
        if let before {
            action = try before.saysTheSame(as: after) ? .unchanged : .update
        } else {
            action = .create
        }
    }

    func encode(into bytes: inout [UInt8]) {
        bytes += "{\"action\":\"\(action.rawValue)\",\"kind\":\"\(kind.rawValue)\",\"address\":".utf8
        JSONText.append(quoted: address, to: &bytes)
        bytes += ",\"before\":\(before?.text ?? "null"),\"after\":\(after.text)}".utf8
    }
}

/// The outcome of applying documents.
struct ApplyResult: Sendable {
    var changes: [AppliedChange]
    /// In force; of a dry run the version that stays.
    var policyVersion: Int64
    var tests = AppliedTests()

    var changesNothing: Bool { changes.allSatisfy { $0.action == .unchanged } }

    func encoded() -> [UInt8] {
        var bytes = Array("{\"changes\":[".utf8)
        for (index, change) in changes.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            change.encode(into: &bytes)
        }
        bytes += "],\"policyTests\":\(tests.body.text),\"policyVersion\":\(policyVersion)}".utf8
        return bytes
    }
}
