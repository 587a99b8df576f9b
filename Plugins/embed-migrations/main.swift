import Glibc

/// Usage: embed-migrations OUTPUT FILE.sql …  A file's folder names its database, its name orders it.
/// Free of Foundation: the tool is built for the host in every flavour.
func contents(of path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { fatalError("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&buffer, 1, buffer.count, file)
        if count == 0 { return bytes }
        bytes += buffer[..<count]
    }
}

var source = "// Generated from migrations/ by embed-migrations.\n\nlet embeddedMigrations: [EmbeddedMigration] = [\n"
for path in CommandLine.arguments.dropFirst(2) {
    let parts = path.split(separator: "/")
    let text = String(decoding: contents(of: path), as: UTF8.self)
    precondition(!text.contains("\"\"\"###"), "\(path): contains the raw string's delimiter")
    source += "    EmbeddedMigration(database: \"\(parts[parts.count - 2])\", name: \"\(parts.last!.dropLast(4))\", "
    source += "sql: ###\"\"\"\n\(text)\n\"\"\"###),\n"
}
source += "]\n"
guard let file = fopen(CommandLine.arguments[1], "w") else { fatalError("cannot write \(CommandLine.arguments[1])") }
fputs(source, file)
fclose(file)
