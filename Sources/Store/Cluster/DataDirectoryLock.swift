internal import Glibc

/// The right to use a data dir, held by one `serve`: the keeper and the server child that inherits the descriptor.
/// The kernel gives it back when the last of them has ended, however it ended.
public final class DataDirectoryLock: Sendable {
    static let fileName = "lock"
    /// Of the locked file; a child that inherits it holds the lock too.
    public let descriptor: Int32

    /// Takes the lock, waiting up to `patience`: after a `kill -9` of the keeper its child is gone within milliseconds.
    init(in directory: borrowing Directory, patience: Duration = .seconds(2)) throws(ClusterError) {
        do throws(SystemError) {
            descriptor = try directory.openFile(DataDirectoryLock.fileName, flags: O_RDWR | O_CREAT, mode: 0o600)
        } catch { throw ClusterError(error) }
        let deadline = ContinuousClock.now + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < deadline else {
                let holder = (try? directory.read(DataDirectoryLock.fileName, limit: 32)) ?? nil
                throw ClusterError(
                    .dataDirectoryInUse,
                    "another serve (process \(holder?.split(separator: "\n").first ?? "unknown")) uses \(directory.path)",
                    hint: "Stop it first, or give this one a data dir of its own with --data-dir.")
            }
            // flock knows no time-out, a signal that interrupts it would be the whole process's, and a thread that waits
            // in it could not be given up. So the rare start that meets a dying server looks again, at most 100 times.
            usleep(20_000)
        }
        // For the message above only; the lock itself is the kernel's.
        let holder = "\(getpid())\n"
        if ftruncate(descriptor, 0) != 0 || pwrite(descriptor, holder, holder.utf8.count, 0) < 0 {
            throw ClusterError(SystemError("write", "\(directory.path)/\(DataDirectoryLock.fileName)"))
        }
    }

    deinit { close(descriptor) }
}
