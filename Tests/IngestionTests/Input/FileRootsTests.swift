import Catalog
import Foundation
import Ingestion
import Testing

@Suite struct FileRootsTests {
    private func refusal(
        _ path: String, folder: String, roots: [String], except: [String] = []
    ) -> SourceFailure.Code? {
        let file = FileSource(connection: "c", path: path, format: .csv)
        do {
            _ = try SourceReader.open(file, folder: folder, roots: FileRoots(roots, except: except))
            return nil
        } catch { return error.code }
    }

    @Test func onlyRegularFilesBelowTheRootsAreRead() throws {
        let folder = try TemporaryFolder()
        let other = try TemporaryFolder()
        let manager = FileManager.default
        let (root, outside) = (folder.path + "/root", folder.path + "/outside")
        for path in [root + "/in", outside, folder.path + "/root-not"] {
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try folder.write(Array("a\n".utf8), to: "root/in/a.csv")
        try folder.write(Array("secret\n".utf8), to: "outside/admin-token")
        try folder.write(Array("a\n".utf8), to: "root-not/a.csv")
        try manager.createSymbolicLink(atPath: root + "/good", withDestinationPath: "in/a.csv")
        try manager.createSymbolicLink(atPath: root + "/absolute", withDestinationPath: root + "/in/a.csv")
        try manager.createSymbolicLink(atPath: root + "/out", withDestinationPath: "../outside/admin-token")
        try manager.createSymbolicLink(atPath: root + "/outFolder", withDestinationPath: outside)
        try manager.createSymbolicLink(atPath: root + "/dangling", withDestinationPath: outside + "/nothing")
        try manager.createSymbolicLink(atPath: root + "/environ", withDestinationPath: "/proc/self/environ")
        try manager.createSymbolicLink(atPath: root + "/loop", withDestinationPath: "loop")
        try manager.createSymbolicLink(atPath: other.path + "/root", withDestinationPath: root)
        #expect(mkfifo(root + "/fifo", 0o600) == 0)

        #expect(refusal("in/a.csv", folder: root, roots: [root]) == nil)
        #expect(refusal("a.csv", folder: root + "/in", roots: [root]) == nil)
        #expect(refusal("good", folder: root, roots: [root]) == nil)
        #expect(refusal("absolute", folder: root, roots: [root]) == nil)
        // A root that is itself a link.
        #expect(refusal("in/a.csv", folder: other.path + "/root", roots: [other.path + "/root"]) == nil)
        #expect(refusal("in/a.csv", folder: root, roots: [other.path + "/root"]) == nil)
        #expect(refusal("in/a.csv", folder: root, roots: [outside, root]) == nil)

        for path in [
            "out", "outFolder/admin-token", "dangling", "environ", "loop", "../outside/admin-token",
            "in/../../outside/admin-token",
        ] {
            #expect(refusal(path, folder: root, roots: [root]) == .sourceRefused, "\(path)")
        }
        #expect(refusal("admin-token", folder: outside, roots: [root]) == .sourceRefused)
        #expect(refusal("a.csv", folder: folder.path + "/root-not", roots: [root]) == .sourceRefused)
        #expect(refusal("/etc/passwd", folder: root, roots: [root]) == .sourceRefused)
        #expect(refusal("etc/passwd", folder: "/", roots: [root]) == .sourceRefused)
        #expect(refusal("in/a.csv", folder: "root", roots: [root]) == .sourceRefused)
        #expect(refusal("in/a.csv", folder: root, roots: []) == .sourceRefused)
        for path in ["fifo", "in"] { #expect(refusal(path, folder: root, roots: [root]) == .sourceRefused, "\(path)") }
        #expect(refusal("missing.csv", folder: root, roots: [root]) == .sourceUnreadable)
        #expect(
            refusal("outside/admin-token", folder: folder.path, roots: [folder.path], except: [outside])
                == .sourceRefused)
        #expect(refusal("proc/self/environ", folder: "/", roots: ["/"]) == .sourceRefused)
        #expect(refusal("dev/zero", folder: "/", roots: ["/"]) == .sourceRefused)
    }
}
