/// Makes an error that teaches of what Postgres wrote before it gave up.
enum StartFailure {
    /// - Parameters:
    ///   - output: The end of what initdb or the postmaster wrote.
    ///   - code: For what is none of the known causes.
    static func classify(_ output: String, code: ClusterError.Code, logFolder: String) -> ClusterError {
        let lines = output.split(separator: "\n")
        // "2026-01-01 10:00:00.000 UTC [42] FATAL:  …"; initdb's begin with "initdb: error:".
        let fault =
            lines.last { line in ["PANIC:", "FATAL:", "error:"].contains { line.contains($0) } }
            ?? lines.last ?? "it ended without a word"
        let message = "Postgres did not start: \(fault)"
        func has(_ text: String) -> Bool { output.contains(text) }

        if has("No space left on device") || has("Disk quota exceeded") {
            return ClusterError(.diskFull, message, hint: "Free space on the data dir's file system, then start again.")
        }
        if has("incompatible with server") || has("not compatible with this version") {
            return ClusterError(
                .wrongMajorVersion, message,
                hint: "Install the major version that made the data dir, or upgrade it with pg_upgrade.")
        }
        if has("Permission denied") || has("has wrong ownership") || has("has invalid permissions") {
            return ClusterError(
                .dataDirectoryUnusable, message,
                hint: "Owner or mode of a file in the data dir was changed by hand: give it back as the message says.")
        }
        if has("lock file") || has("still in use") || has("Address already in use") || has("could not bind") {
            return ClusterError(
                .dataDirectoryInUse, message,
                hint: "Another Postgres uses the data dir or its socket folder: end it, then start again.")
        }
        if has("could not map anonymous shared memory") || has("out of memory") || has("Cannot allocate memory") {
            return ClusterError(
                code, message, hint: "There is too little memory: end something else, or allow this container more.")
        }
        return ClusterError(code, message, hint: "See the newest file in \(logFolder).")
    }
}
