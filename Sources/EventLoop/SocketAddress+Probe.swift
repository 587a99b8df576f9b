internal import CLinux
internal import Glibc

extension SocketAddress {
    /// Why a server cannot listen here, as `errno` has it (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`); `nil` when it can.
    public func obstacleToListening() -> Int32? {
        let descriptor = clinux_stream_socket(family)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        return withKernelAddress { bind(descriptor, $0, $1) == 0 && listen(descriptor, 1) == 0 ? nil : errno }
    }
}
