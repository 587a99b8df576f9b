internal import Catalog
internal import Glibc
public import JSON

/// What sources may lead to, by an operator's word.
public struct SourceBounds: Sendable, Hashable {
    /// Folders below which files are read, absolute and without links.
    public var roots: [String]
    /// The data dir, which is never read from, wherever the roots lie.
    public var dataDirectory: String
    /// Whether other databases may be on this machine's loopback addresses.
    public var allowsLoopback: Bool
    /// `system_identifier` of the platform's own cluster; `nil` where its login may not know.
    public var ownSystemIdentifier: String?
    /// Where the own cluster is reached by TCP, if it is.
    public var ownHost: String?
    /// Goes with `ownHost`.
    public var ownPort: Int?

    public init(roots: [String], dataDirectory: String, allowsLoopback: Bool) {
        self.roots = roots
        self.dataDirectory = dataDirectory
        self.allowsLoopback = allowsLoopback
    }
}

extension SourceBounds {
    var fileRoots: FileRoots { FileRoots(roots, except: [dataDirectory]) }

    var addressPolicy: AddressPolicy {
        AddressPolicy(
            allowsLoopback: allowsLoopback, ownSystemIdentifier: ownSystemIdentifier, ownHost: ownHost, ownPort: ownPort
        )
    }

    /// Where a connection's folder is, absolute: a relative one is the one below the first root that has it.
    func place(_ folder: FileFolder) -> String {
        guard !folder.path.hasPrefix("/") else { return folder.path }
        let candidates = roots.map { "\($0)/\(folder.path)" }
        return candidates.first { access($0, F_OK) == 0 } ?? candidates.first ?? "/\(folder.path)"
    }

    func browser(of folder: FileFolder) -> FileBrowser {
        FileBrowser(roots: fileRoots, folder: place(folder), declaredAs: folder.path)
    }
}

extension SourceBounds {
    public var json: JSONValue {
        [
            "roots": JSONValue(roots), "dataDirectory": .string(dataDirectory), "allowsLoopback": .bool(allowsLoopback),
            "ownSystemIdentifier": JSONValue(ownSystemIdentifier), "ownHost": JSONValue(ownHost),
            "ownPort": ownPort.map { JSONValue($0) } ?? .null,
        ]
    }

    /// Reads what ``json`` wrote.
    public init(_ fields: inout JSONFields) {
        self.init(
            roots: fields.required("roots"), dataDirectory: fields.required("dataDirectory"),
            allowsLoopback: fields.required("allowsLoopback"))
        ownSystemIdentifier = fields.optional("ownSystemIdentifier")
        ownHost = fields.optional("ownHost")
        ownPort = fields.optional("ownPort")
    }
}
