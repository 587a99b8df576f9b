import Catalog
import HTTPServer
import JSON

extension Request {
    /// What `GET /connections/{…}/browse` asks.
    func browseQuestion(about connection: ProbedConnection) throws -> SourceQuestion {
        let path = try single("path") ?? ""
        if let fault = Self.fault(in: path, connection.kind) {
            throw Refusal(.invalidParameter, "path \(fault)", hint: "Take it from an item of the list.")
        }
        guard try isInspection() else {
            for name in Self.dialect where query.items.contains(where: { $0.name == name }) {
                throw Refusal(.invalidParameter, "\(name) goes with inspect=true")
            }
            return .browse(
                SourcePlace(
                    connection: connection.address.name, path: path, after: try after(path),
                    limit: try Page.limit(of: self)))
        }
        return .inspect(from: try from(connection, path))
    }

    /// Parameters that say how a file is written.
    private static let dialect = ["format", "compression", "header", "nullText", "delimiter"]

    private static func fault(in path: String, _ kind: ConnectionKind) -> String? {
        if path.isEmpty { return nil }
        switch kind.shape {
        case .file: return FileSource.fault(inPath: path)
        case .table:
            let parts = path.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            let isName = parts.allSatisfy { (1...63).contains($0.utf8.count) && !$0.utf8.contains(0) }
            return isName ? nil : "must be SCHEMA or SCHEMA.TABLE, each 1 to 63 bytes"
        }
    }

    private func isInspection() throws(Refusal) -> Bool {
        switch try single("inspect") {
        case nil, "false": return false
        case "", "true": break
        default: throw Refusal(.invalidParameter, "inspect must be true or false")
        }
        for name in ["limit", "cursor"] where query.items.contains(where: { $0.name == name }) {
            throw Refusal(.invalidParameter, "\(name) does not go with inspect")
        }
        return true
    }

    private func after(_ path: String) throws(Refusal) -> String? {
        try cursor { text in BrowseCursor(text).flatMap { $0.path == path ? $0.after : nil } }
    }

    /// Members of a step's `from`, checked as those of a pipeline are; the format may be missing.
    private func from(_ connection: ProbedConnection, _ path: String) throws(Refusal) -> JSONObject {
        var from: JSONObject = ["connection": .string(connection.address.name)]
        from[connection.kind.shape.member] = .string(path)
        for name in Self.dialect {
            guard let text = try single(name) else { continue }
            from[name] = .string(text)
            if name == "header", text == "true" || text == "false" { from[name] = .bool(text == "true") }
        }
        var whole = from
        // What the file's first bytes will say.
        if connection.kind.shape == .file, whole["format"] == nil {
            whole["format"] = .string((FileEndings(of: path).format ?? .csv).rawValue)
        }
        do { _ = try SourceSpec.parse(.object(whole)) } catch {
            let faults = error.errors.map { "\($0.pointer.dropFirst()) \($0.detail)" }.joined(separator: "; ")
            throw Refusal(.invalidParameter, faults, hint: "The parameters are members of a step's from.")
        }
        return from
    }
}

extension SourceQuestion {
    /// What a page is of.
    var path: String { if case .browse(let place) = self { place.path } else { "" } }
}

/// Where the next page of a place begins. Bound to the place, since another has other names.
struct BrowseCursor {
    var path: String
    var after: String

    init(path: String, after: String) {
        self.path = path
        self.after = after
    }

    init?(_ text: String) {
        guard let value = try? JSONValue.parse(text), let parts = value.arrayValue, parts.count == 2,
            let path = parts[0].stringValue,
            let after = parts[1].stringValue, !after.utf8.contains(0), after.utf8.count <= 2000
        else { return nil }
        self.init(path: path, after: after)
    }

    var text: String { JSONValue([path, after]).text }
}
