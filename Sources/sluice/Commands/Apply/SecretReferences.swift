internal import Glibc
internal import JSON

/// Secrets that a document names instead of holding them, so that it can be kept where others read it:
///
///     secret: {password: {$env: SHOP_PASSWORD}}
///     secret: {password: {$file: secrets/shop}}
///
/// They are read where `apply` runs and by whom: an environment variable, or a file below the document's folder or
/// wherever an absolute path leads. One line break at a file's end does not count.
struct SecretReferences: Sendable {
    /// More than any secret may have.
    static let maxFileBytes = 64 << 10

    struct Fault: Error, Sendable, Equatable {
        /// Place in the document.
        var pointer: String
        var detail: String
    }

    /// The value of an environment variable.
    var variable: @Sendable (String) -> String? = { getenv($0).map { String(cString: $0) } }
    /// The folder that relative paths begin at.
    var folder: String

    /// - Parameter file: The file of the documents; `-` for standard input.
    init(of file: String) {
        guard let slash = file.lastIndex(of: "/") else {
            folder = "."
            return
        }
        folder = slash == file.startIndex ? "/" : String(file[..<slash])
    }

    /// The document with the values of what its `secret` names.
    func resolve(_ document: JSONValue) throws(Fault) -> JSONValue {
        guard var object = document.objectValue, object["kind"]?.stringValue == "connection",
            var secret = object["secret"]?.objectValue
        else { return document }
        for (name, value) in secret {
            guard let reference = value.objectValue else { continue }
            secret[name] = .string(try text(of: reference, at: "/secret/\(JSONPointer.escaped(name))"))
        }
        object["secret"] = .object(secret)
        return .object(object)
    }

    private func text(of reference: JSONObject, at pointer: String) throws(Fault) -> String {
        let form = "must be a text, {$env: NAME} or {$file: PATH}"
        guard reference.count == 1, let (kind, name) = reference.first(where: { _ in true }),
            let name = name.stringValue, !name.isEmpty
        else { throw Fault(pointer: pointer, detail: form) }
        switch kind {
        case "$env":
            guard let value = variable(name), !value.isEmpty else {
                throw Fault(pointer: pointer, detail: "names the environment variable \(name), which is not set")
            }
            return value
        case "$file":
            return try content(of: name.hasPrefix("/") ? name : "\(folder)/\(name)", at: pointer)
        default:
            throw Fault(pointer: pointer, detail: form)
        }
    }

    private func content(of path: String, at pointer: String) throws(Fault) -> String {
        var bytes: [UInt8]
        do throws(CommandFailure) {
            bytes = try TextFile.read(path, limit: Self.maxFileBytes)
        } catch {
            throw Fault(pointer: pointer, detail: "names a file: \(error.message)")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
            throw Fault(pointer: pointer, detail: "names the file \(path), which holds no text")
        }
        return text
    }
}
