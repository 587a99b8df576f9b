internal import Glibc
internal import Store

extension LocalCheckup {
    /// Where the data dir is, or the folder in which it will be made.
    private var place: String? {
        if case .success(let data?) = data { return data.path }
        return try? DataDirectory.folder(above: dataDirectory)
    }

    func disk() -> Finding {
        guard let place, let space = FileSystemSpace(place) else {
            return .skipped("disk", "the data dir's file system cannot be looked at")
        }
        let what = "\(Wording.bytes(space.freeBytes)) of \(Wording.bytes(space.bytes)) are free for \(place)"
        let remedy = "df -h \(place); then free space there, or move the data dir to a larger file system."
        if space.isReadOnly {
            return .fault(
                "disk", "the file system of \(place) is read-only", why: "Postgres cannot write.",
                remedy: "mount -o remount,rw on it, after looking into dmesg for the cause.")
        }
        if space.freeBytes < 1 << 30 {
            return .fault("disk", what, why: "Postgres stops when its disk is full; loads are refused.", remedy: remedy)
        }
        if let files = space.freeFiles, files < 10_000 {
            return .fault(
                "disk", "only \(files) files more may be made on the file system of \(place)",
                why: "Postgres makes a file for each table and index.", remedy: "df -i \(place); remove files there.")
        }
        return .ok("disk", what)
    }

    func sharedMemory() -> Finding {
        let place = "/dev/shm"
        guard let space = FileSystemSpace(place) else {
            return .fault(
                "shm", "\(place) is not there", why: "Postgres keeps what parallel queries share in it.",
                remedy: "mount -t tmpfs -o mode=1777,size=1g tmpfs \(place)")
        }
        guard space.freeBytes >= 32 << 20 else {
            return .fault(
                "shm", "\(Wording.bytes(space.freeBytes)) of \(Wording.bytes(space.bytes)) are free in \(place)",
                why: "Postgres keeps what parallel queries share in it, and fails large ones without room.",
                remedy: "mount -o remount,size=1g \(place) (a container: docker run --shm-size=1g)")
        }
        return .ok("shm", "\(Wording.bytes(space.freeBytes)) are free in \(place)")
    }

    /// The server-key opens everything; without it, secrets are lost.
    func secrets() -> Finding {
        guard case .success(let data?) = data else { return .skipped("secrets", "there is no data dir yet") }
        let key = "\(data.path)/server-key"
        var status = stat()
        if access("\(data.path)/postgres/PG_VERSION", F_OK) == 0, lstat(key, &status) != 0, errno == ENOENT {
            return .fault(
                "secrets", "\(key) is missing, and a cluster is there",
                why: "serve would make a new key, and the secrets of connections could never be opened again.",
                remedy: "Put the key back from the backup before the next serve.")
        }
        for file in [key, "\(data.path)/admin-token"] where lstat(file, &status) == 0 {
            guard status.st_mode & 0o077 == 0 else {
                return .fault(
                    "secrets",
                    "\(file) has mode \(String(status.st_mode & 0o777, radix: 8)): others than its owner may use it",
                    why: "Whoever reads it is the platform's administrator.",
                    remedy: "chmod 600 \(file)"
                        + (file == key ? "" : "; then sluice token revoke its token, if others could read it."))
            }
        }
        if access(key, R_OK) == 0 {
            do { _ = try SecretFile.existingKey(at: key) } catch {
                return .fault(
                    "secrets", "\(error)", why: "serve cannot start without its key.",
                    remedy: "Put the key back from the backup.")
            }
        }
        return .ok("secrets", "only their owner may read server-key and admin-token")
    }
}
