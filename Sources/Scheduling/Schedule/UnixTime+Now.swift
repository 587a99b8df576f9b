import Glibc

extension UnixTime {
    /// By this machine's clock: for showing only, what decides is the database's.
    public static var now: UnixTime { UnixTime(Int64(time(nil))) }
}
