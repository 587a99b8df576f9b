import Foundation
import PackagePlugin

/// Turns text files of the package into a Swift source of the target, so that the one binary carries them:
/// `migrations/**.sql` in `Store`, `openapi/openapi.yaml` in `API`, the word list of `scripts/setup` in `Classification`.
@main struct EmbedText: BuildToolPlugin {
    private static let folders = [
        "Store": (folder: "migrations", ending: ".sql"), "API": ("openapi", ".yaml"),
        "Classification": (".build/reference-lists", ".txt"),
    ]

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let (folder, ending) = Self.folders[target.name] else { return [] }
        let root = context.package.directoryURL.appending(path: folder)
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedTexts.swift")
        guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: root.path) else {
            Diagnostics.error("\(folder)/ is missing: run scripts/setup, which makes it")
            return []
        }
        let files = paths.filter { $0.hasSuffix(ending) }.sorted().map { root.appending(path: $0) }
        return [
            .buildCommand(
                displayName: "Embedding \(files.count) files of \(folder)/",
                executable: try context.tool(named: "embed-text").url,
                arguments: [output.path] + files.map(\.path), inputFiles: files, outputFiles: [output])
        ]
    }
}
