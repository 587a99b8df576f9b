import Glibc
import TestSupport
import Testing

@testable import Store
@testable import Work

@Suite(.blocking, .timeLimit(.minutes(2))) struct LauncherTests {
    struct Ending: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var command: String
        var report: [String]
    }

    @Test(arguments: [
        Ending(testDescription: "its exit status", command: "exit 7", report: ["exited", "7"]),
        Ending(testDescription: "the signal that ended it", command: "kill -9 $$", report: ["killed", "9"]),
        Ending(testDescription: "success", command: "true", report: ["exited", "0"]),
    ])
    func theEndOfAJobIsReported(_ row: Ending) throws {
        let fixture = try LauncherFixture(job: row.command)
        fixture.send("start")
        #expect(try fixture.report()[0] == "started")
        let end = try fixture.report()
        #expect(end[0] == "ended")
        #expect(end[2...3].map(String.init) == row.report)
        #expect(try #require(Int(end[4])) > 100_000, "its peak memory in bytes")
    }

    @Test func aJobHasASessionOfItsOwnAndFourDescriptors() throws {
        let fixture = try LauncherFixture(
            job: """
                test $(ps -o sid= -p $$) -eq $$ || exit 1
                for fd in 0 1 2 3; do test -e /proc/$$/fd/$fd || exit 2; done
                for fd in 4 5 6 7 8 9 10 11 12; do test ! -e /proc/$$/fd/$fd || exit 3; done
                exit 42
                """)
        _ = try fixture.start()
        #expect(try fixture.report()[2...3] == ["exited", "42"])
    }

    @Test func aSignalReachesTheWholeGroup() throws {
        let fixture = try LauncherFixture(job: "sleep 1000 & sleep 1000; true")
        let job = try fixture.start()
        let members = try eventually { () -> [ProcessHandle]? in
            let found = try processes { $0.session == job.id }
            return found.count == 3 ? found : nil
        }
        fixture.send("signal 1 \(SIGTERM)")
        #expect(try fixture.report()[2...3] == ["killed", "15"])
        for member in members { #expect(member.hasEnded(within: .seconds(10))) }
    }

    @Test(arguments: [
        "sleep 1000 & exit 0", "setsid sleep 1000 & exit 0", "setsid sh -c 'sleep 1000 & sleep 1000' & exit 0",
    ])
    func whatAJobLeavesBehindEndsWithIt(_ command: String) throws {
        // The shell waits for its child's session to exist, so that there is something to leave behind.
        let mark = "90\(UInt32.random(in: 1_000_000...9_999_999))"
        let fixture = try LauncherFixture(
            job: command.replacing("sleep 1000", with: "sleep \(mark)").replacing(
                "exit 0", with: "until pgrep -f 'sleep \(mark)' >/dev/null; do :; done; exit 0"))
        fixture.send("start")
        #expect(try fixture.report()[0] == "started")
        #expect(try fixture.report()[0] == "ended")
        try eventually { try processes { $0.commandLine == "sleep \(mark)" }.isEmpty ? true : nil }
    }

    @Test(arguments: ["launcher", "supervisor"])
    func everythingDiesWith(_ victim: String) throws {
        let fixture = try LauncherFixture(job: "exec sleep 1000")
        let jobs = [try fixture.start(), try fixture.start()]
        (victim == "launcher" ? fixture.launcher : fixture.supervisor).signal(SIGKILL)
        #expect(fixture.launcher.hasEnded(within: .seconds(10)))
        #expect(fixture.supervisor.hasEnded(within: .seconds(10)))
        // The kernel's signal at the launcher's death is each job's own to ask for: sluice job does, sleep does not.
        if victim == "launcher" { for job in jobs { job.signal(SIGKILL) } }
        for job in jobs { #expect(job.hasEnded(within: .seconds(10))) }
    }

    @Test func moreThanTheBoundAreRefused() throws {
        let fixture = try LauncherFixture(job: "exec sleep 1000")
        for _ in 0..<Launcher.mostJobs { _ = try fixture.start() }
        fixture.send("start")
        #expect(try fixture.report()[0] == "refused")
    }

    @Test func theSupervisorsStatusIsTheLaunchers() throws {
        let fixture = try LauncherFixture(job: "true")
        fixture.send("nonsense")
        #expect(fixture.launcher.hasEnded(within: .seconds(10)))
        #expect(fixture.launcher.reap() == 64)
    }
}
