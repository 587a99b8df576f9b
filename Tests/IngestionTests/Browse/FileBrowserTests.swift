import Catalog
import Foundation
import Testing

@testable import Ingestion

@Suite struct FileBrowserTests {
    private func page(
        _ path: String = "", in folder: String, roots: [String], except: [String] = [], after: String? = nil,
        limit: Int = 100
    ) throws -> SourcePage {
        try FileBrowser(roots: FileRoots(roots, except: except), folder: folder, declaredAs: "in").page(
            SourcePlace(connection: "files", path: path, after: after, limit: limit))
    }

    private func refusal(_ path: String, in folder: String, roots: [String], except: [String] = []) -> SourceFailure
        .Code?
    {
        do {
            _ = try page(path, in: folder, roots: roots, except: except)
            return nil
        } catch { return (error as? SourceFailure)?.code }
    }

    @Test func onlyWhatCouldBeLoadedIsShown() throws {
        let folder = try TemporaryFolder()
        let (root, outside) = (folder.path + "/root", folder.path + "/outside")
        let manager = FileManager.default
        for path in [root + "/data", root + "/in", outside] {
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try folder.write(Array("a\n".utf8), to: "root/a.csv.gz")
        try folder.write(Array("a\n".utf8), to: "root/in/b.jsonl")
        try folder.write(Array("secret\n".utf8), to: "outside/token")
        for (name, target) in [
            ("out.csv", outside + "/token"), ("outside", outside), ("dangling", "/nowhere"), ("loop", "loop"),
            ("inner", "in"), ("to-data", "data"),
        ] { try manager.createSymbolicLink(atPath: "\(root)/\(name)", withDestinationPath: target) }
        #expect(mkfifo(root + "/pipe.csv", 0o600) == 0)

        let found = try page(in: root, roots: [root], except: [root + "/data"])
        #expect(found.items.map(\.name) == ["a.csv.gz", "in", "inner"])
        #expect(found.items.map(\.kind) == [.file, .folder, .folder])
        #expect(found.next == nil)
        guard case .file(let size, let modifiedAt, _, let endings) = found.items[0].details else {
            Issue.record("no file")
            return
        }
        #expect(size == 2 && endings == FileEndings(format: .csv, compression: .gzip))
        #expect(modifiedAt.map(RFC3339.isValid) == true)
        #expect(try page("inner", in: root, roots: [root]).items.map(\.path) == ["inner/b.jsonl"])
        #expect(try page("in/b.jsonl", in: root, roots: [root]).items.map(\.path) == ["in/b.jsonl"])

        for path in ["outside", "out.csv", "dangling", "loop", "pipe.csv", "..", "data", "to-data", "data/x"] {
            #expect(refusal(path, in: root, roots: [root], except: [root + "/data"]) == .sourceRefused, "\(path)")
        }
        #expect(refusal("", in: outside, roots: [root]) == .sourceRefused)
        #expect(refusal("", in: "/proc/self", roots: ["/"]) == .sourceRefused)
        #expect(refusal("", in: root, roots: []) == .sourceRefused)
        #expect(refusal("missing", in: root, roots: [root]) == .sourceUnreadable)
    }

    @Test(arguments: [1, 3, 7, 100]) func pagesGiveEachNameOnce(_ limit: Int) throws {
        let folder = try TemporaryFolder()
        let names = (0..<25).map { "f\($0)" } + ["ü.csv", "u\u{308}.csv", "Z", "a b"]
        for name in names { try folder.write([], to: name) }
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/f10x", withDestinationPath: "/etc/passwd")
        var (found, after): ([String], String?) = ([], nil)
        repeat {
            let page = try page(in: folder.path, roots: [folder.path], after: after, limit: limit)
            #expect(page.items.count <= limit)
            found += page.items.map(\.name)
            after = page.next
        } while after != nil
        let sorted = names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        #expect(found.map { Array($0.utf8) } == sorted.map { Array($0.utf8) })
    }
}
