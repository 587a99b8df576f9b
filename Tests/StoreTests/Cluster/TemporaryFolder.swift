import Glibc

@testable import Store

/// A folder of one test, reachable for every OS user, removed with this object.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("\(P_tmpdir)/sluice-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", P_tmpdir) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        chmod(path, 0o755)
    }

    deinit { try? Directory(opening: FilePath.parent(of: path)).remove(FilePath.name(of: path)) }
}
