internal import JSON

/// The answer of `POST /apply` as a person reads it.
struct ChangeReport: Sendable, Equatable {
    struct Change: Sendable, Equatable {
        var action: String
        var kind: String
        var address: String
        var fields: [FieldDifference]
    }

    var changes: [Change]
    var policyVersion: Int?
    var testsPassed: Int

    init(_ answer: JSONValue) {
        changes = (answer["changes"]?.arrayValue ?? []).map { change in
            let before = change["before"] ?? .null
            return Change(
                action: change["action"]?.stringValue ?? "?", kind: change["kind"]?.stringValue ?? "?",
                address: change["address"]?.stringValue ?? "?",
                fields: before.isNull ? [] : FieldDifference.all(from: before, to: change["after"] ?? .null))
        }
        policyVersion = answer["policyVersion"]?.intValue
        testsPassed = answer["policyTests"]?["passed"]?.intValue ?? 0
    }

    var changesNothing: Bool { changes.allSatisfy { $0.action == "unchanged" } }

    /// A line for each object, and one for each changed field.
    var text: String {
        changes.map { change in
            var lines = "\(Self.padded(change.action, to: 9))  \(change.kind) \(change.address)\n"
            for field in change.fields where change.action == "update" {
                // Of a secret only this is known, here and anywhere.
                if field.path == "secretVersion" {
                    lines += "             secret: changed\n"
                    continue
                }
                lines += "             \(field.path): \(Self.shown(field.before)) -> \(Self.shown(field.after))\n"
            }
            return lines
        }.joined()
    }

    /// `3 to create, 1 to update, 4 unchanged`
    func summary(_ create: String, _ update: String) -> String {
        let counts = Dictionary(changes.map { ($0.action, 1) }, uniquingKeysWith: +)
        return [("create", create), ("update", update), ("unchanged", "unchanged")]
            .map { "\(counts[$0.0] ?? 0) \($0.1)" }.joined(separator: ", ")
    }

    private static func shown(_ value: JSONValue?) -> String { value?.text ?? "(none)" }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
