internal import JSON
internal import YAML

/// The documents of the files that `apply` was given, in their order, each with the places of its parts.
struct SourceDocuments: Sendable {
    struct Source: Sendable {
        var file: String
        var document: YAMLDocument
        /// What is sent: the document's value, secrets that it names read.
        var value: JSONValue
    }

    var sources: [Source] = []

    init() {}

    /// Reads a file, or the `*.yaml` and `*.yml` of a folder.
    ///
    /// - Throws: `CommandFailure` with a line `FILE:LINE:COLUMN: …` for each file that is no YAML.
    init(at path: String) throws(CommandFailure) {
        var faults: [String] = []
        for file in try TextFile.list(path, endingIn: [".yaml", ".yml"]) {
            let bytes = try TextFile.read(file, limit: YAMLLimits.standard.maxBytes)
            do throws(YAMLError) {
                try add(bytes, of: file)
            } catch {
                faults.append(Self.line(file, error.position, error.message))
            }
        }
        guard faults.isEmpty else { throw CommandFailure(.refused, faults.joined(separator: "\n")) }
        guard !sources.isEmpty else { throw CommandFailure(.refused, "\(path) holds no document") }
    }

    /// Adds the documents of a text.
    mutating func add(_ bytes: [UInt8], of file: String) throws(YAMLError) {
        sources += try YAMLDocument.parse(bytes).map { Source(file: file, document: $0, value: $0.value) }
    }

    /// Reads the secrets that connections name.
    mutating func resolveSecrets() throws(CommandFailure) {
        var faults: [String] = []
        for (index, source) in sources.enumerated() {
            do throws(SecretReferences.Fault) {
                sources[index].value = try SecretReferences(of: source.file).resolve(source.document.value)
            } catch {
                faults.append(
                    line(ServerProblem.Fault(pointer: "/documents/\(index)\(error.pointer)", detail: error.detail)))
            }
        }
        guard faults.isEmpty else { throw CommandFailure(.refused, faults.joined(separator: "\n")) }
    }

    /// The body of `POST /apply`.
    var body: JSONValue { ["documents": .array(sources.map(\.value))] }

    /// The problem that the server has with `body`, each fault at its place in the files.
    func failure(_ problem: ServerProblem) -> CommandFailure {
        // A policy test that fails lies in no document.
        guard problem.errors.contains(where: { !$0.pointer.isEmpty }) else { return problem.failure }
        return CommandFailure(.refused, problem.errors.map(line).joined(separator: "\n"), hint: problem.hint)
    }

    private func line(_ fault: ServerProblem.Fault) -> String {
        // "", "documents", "3", the rest: a pointer into the document.
        let parts = fault.pointer.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1] == "documents", let index = Int(parts[2]), sources.indices.contains(index)
        else { return "error: \(fault.pointer) \(fault.detail)" }
        let source = sources[index]
        guard parts.count == 4 else {
            return Self.line(source.file, source.document.position(of: ""), fault.detail)
        }
        let pointer = "/\(parts[3])"
        // Of a field that should not be there, the field is the place; else its value.
        let isUnknown = fault.detail.hasPrefix("is not a known field")
        let position = isUnknown ? source.document.keyPosition(of: pointer) : source.document.position(of: pointer)
        return Self.line(source.file, position, "\(parts[3]) \(fault.detail)")
    }

    private static func line(_ file: String, _ position: YAMLPosition, _ message: String) -> String {
        "\(file == "-" ? "<stdin>" : file):\(position.line):\(position.column): \(message)"
    }
}
