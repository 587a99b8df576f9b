internal import Glibc
internal import HTTPClient
internal import JSON

extension Command {
    private static let loadFormatOption = CommandOption.choice(
        "--format", LoadFormat.allCases.map(\.rawValue), "Of the rows (by the ending of the file's name)")
    private static let keyOption = CommandOption.value(
        "--key", "TEXT", "Names this load: within 24 hours a second one of the same name does nothing")
    /// The server may have much to write after the last byte: indexes, checks, the commit.
    private static let patience = Duration.seconds(600)

    static let load = client(
        "load", group: .load, "Loads the rows of a file into a dataset: all of them or none",
        details: """
            CSV has a header line; columns may be in any order, an empty field is NULL. The file is sent as it is read,
            so it may be longer than memory. - stands for standard input.
            """,
        operands: "DATASET FILE", options: [loadFormatOption, keyOption],
        examples: [
            "sluice load travel.bookings bookings.csv",
            "sluice load travel.offers offers.ndjson --key offers-2026-11-21",
            "zcat bookings.csv.gz | sluice load travel.bookings - --format csv",
        ]
    ) { arguments, client in
        let (dataset, path) = (arguments.operands[0], arguments.operands[1])
        let format = try LoadFormat(arguments[loadFormatOption], file: path)
        let file = try UploadedFile(path)
        var headers: [(name: String, value: String)] = []
        if let key = arguments[keyOption] { headers.append(("Idempotency-Key", key)) }
        let start = ContinuousClock.now
        var display = ProgressDisplay("Loading \(dataset)", Wording.bytes)
        defer { display.clear() }
        let answer: JSONValue
        do {
            answer = try client.upload(
                "/datasets/\(APIPath.segment(dataset))/rows", contentType: format.mediaType, headers: headers,
                patience: patience,
                HTTPUpload(byteCount: file.byteCount) { room in
                    let count = try file.read(room)
                    display.show(file.progress, isLast: count == 0 || file.byteCountRead == file.byteCount)
                    return count
                })
        } catch let failure as CommandFailure where failure.code == .unreachable && file.byteCountRead > 0 {
            display.clear()
            throw CommandFailure(
                .unreachable, "\(failure.message)\nWhether the rows are in is not known.",
                hint: arguments[keyOption].map { "Run it again with --key \($0): if they are in, that does nothing." }
                    ?? "Count the rows before you load again; with --key NAME a repeat would do nothing.")
        }
        display.clear()
        if arguments.has(.json) { return try Output.write(answer) }
        let rows = answer["rows"]?["written"]?.intValue ?? 0
        try Output.write(
            "Loaded \(Wording.count(rows, "row")) into \(dataset) in \(Wording.duration(.now - start)).\n")
    }
}

/// A file that is sent while it is read.
final class UploadedFile {
    /// `nil` when it has no size: a pipe.
    let byteCount: Int?
    private(set) var byteCountRead = 0
    private let path: String
    private let descriptor: Int32

    /// Opens the file; `-` is standard input.
    init(_ path: String) throws(CommandFailure) {
        self.path = path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else { throw Self.failure(path) }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw CommandFailure(.refused, "error: \(path) is a folder", hint: "Name a CSV, NDJSON or JSON file.")
        }
        if path == "-", isatty(descriptor) == 1 { Output.note("Reading rows from the terminal; Ctrl-D ends them.") }
        let isFile = status.st_mode & S_IFMT == S_IFREG
        // Of a file that is open already, what is left.
        byteCount = isFile ? max(0, Int(status.st_size) - max(0, lseek(descriptor, 0, SEEK_CUR))) : nil
    }

    deinit { if descriptor > STDERR_FILENO { close(descriptor) } }

    var progress: Progress {
        Progress(done: byteCountRead, share: byteCount.map { $0 == 0 ? 1 : Double(byteCountRead) / Double($0) })
    }

    func read(_ room: UnsafeMutableRawBufferPointer) throws(CommandFailure) -> Int {
        while true {
            let count = Glibc.read(descriptor, room.baseAddress, room.count)
            if count >= 0 {
                byteCountRead += count
                return count
            }
            if errno != EINTR { throw Self.failure(path) }
        }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure(.refused, "error: cannot read \(path): \(String(cString: strerror(errno)))")
    }
}
