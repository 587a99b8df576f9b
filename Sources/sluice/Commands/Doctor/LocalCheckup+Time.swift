internal import Glibc
internal import Scheduling

extension LocalCheckup {
    func timeZones() -> Finding {
        do {
            _ = try TimeZone(named: "Europe/Vienna")
            return .ok("tzdata", "time zones can be looked up")
        } catch {
            return .fault(
                "tzdata", "the time zone Europe/Vienna cannot be looked up: \(error)",
                why: "Schedules in time zones are refused, and those that are there do not fire.",
                remedy: "apt-get install --reinstall tzdata")
        }
    }

    func clock() -> Finding {
        let now = UnixTime(Int64(time(nil)))
        // This program did not exist before.
        guard now.seconds >= 1_735_689_600 else {
            return .fault(
                "clock", "the clock says \(now)", why: "Tokens and grants expire by it, schedules fire by it.",
                remedy: "timedatectl set-ntp true")
        }
        return .ok("clock", "\(now)")
    }
}
