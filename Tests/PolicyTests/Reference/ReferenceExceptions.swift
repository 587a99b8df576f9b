extension ReferenceWorld {
    /// Whom a rule does not bind: `user:x`, `group:x`, `purpose:x`.
    struct Exceptions: Sendable {
        var subjects: Set<String> = []
        /// Of the subjects, those whose exception ends one day.
        var ending: Set<String> = []
        /// Those whose exception has ended.
        var ended: Set<String> = []

        func cover(_ principal: Principal) -> Bool { !subjects.isDisjoint(with: principal.subjects) }

        /// Whether it did once.
        func hasCovered(_ principal: Principal) -> Bool { !ended.isDisjoint(with: principal.subjects) }

        /// As it is made; what has ended is aged afterwards.
        var json: String {
            func list(_ prefix: String) -> String {
                let entries = subjects.union(ended).filter { $0.hasPrefix(prefix) }.sorted().map { subject in
                    let name = JSONText.quoted(String(subject.dropFirst(prefix.count)))
                    return ending.union(ended).contains(subject)
                        ? #"{"name":\#(name),"expiresAt":"2096-10-02T07:06:40Z"}"# : name
                }
                return "[\(entries.joined(separator: ","))]"
            }
            return #"{"groups":\#(list("group:")),"principals":\#(list("user:")),"purposes":\#(list("purpose:"))}"#
        }
    }
}
