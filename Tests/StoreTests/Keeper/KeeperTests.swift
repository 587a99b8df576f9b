import Glibc
import TestSupport
import Testing

@testable import Store

@Suite(.blocking, .timeLimit(.minutes(5))) struct KeeperTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func aSignalEndsServerAndPostgresInOrder(_ signal: Int32) throws {
        let serve = try ServeFixture()
        try serve.start()
        #expect(serve.isReady())
        let child = try serve.child()
        serve.keeper?.signal(signal)
        #expect(try serve.status() == 0)
        #expect(child.hasEnded)
        #expect(serve.postmaster == nil)
    }

    @Test func aSignalWhilePostgresStartsEndsItToo() throws {
        let serve = try ServeFixture()
        try serve.start()
        #expect(serve.logShows("making a Postgres cluster"))
        serve.keeper?.signal(SIGTERM)
        #expect(try serve.status() == 0)
        #expect(serve.postmaster == nil)
    }

    @Test func theServerHasGivenUpItsRights() throws {
        guard OSUser.isRoot else { return }
        let serve = try ServeFixture()
        try serve.start()
        #expect(serve.isReady())
        let child = try serve.child()
        let user = try ClusterUsers.resolve().server
        let ids = Array(repeating: "\(user.id)", count: 4).joined(separator: " ")
        #expect(try serve.statusLine("Uid", of: child) == ids)
        #expect(try serve.statusLine("Groups", of: child) == "\(user.group)")
        #expect(try serve.statusLine("CapEff", of: child) == "0000000000000000")
        #expect(try serve.statusLine("NoNewPrivs", of: child) == "1")
    }

    @Test func noOtherProcessOfTheServersUserReadsItsEnvironmentOrMemory() throws {
        let serve = try ServeFixture()
        try serve.start()
        #expect(serve.isReady())
        let child = try serve.child()
        for name in ["environ", "mem", "maps"] {
            var specification = ProcessSpecification(
                executable: "/usr/bin/head", arguments: ["-c1", "/proc/\(child.id)/\(name)"])
            specification.user = OSUser.isRoot ? try ClusterUsers.resolve().server : nil
            #expect(try ProcessHandle.run(specification, within: .seconds(10)).output.contains("Permission denied"))
        }
    }

    @Test func onAClusterOfSomebodyElsesItServesWithoutAKeeper() throws {
        let fixture = try ClusterFixture()
        try fixture.start()
        let serve = try ServeFixture()
        let socket = try #require(fixture.cluster?.socketDirectory)
        try serve.start(["--database-url", "host=\(socket) user=sluice dbname=postgres"])
        #expect(serve.isReady())
        let keeper = try #require(serve.keeper)
        let user = try ClusterUsers.resolve().server
        #expect(try serve.statusLine("Uid", of: keeper)?.hasPrefix("\(user.id) ") == true)
        #expect(serve.postmaster == nil)
        keeper.signal(SIGTERM)
        #expect(try serve.status() == 0)
        #expect(fixture.cluster?.postmaster?.hasEnded == false)
    }

    @Test func anAddressThatIsTakenIsSaidAndEndsIt() throws {
        let first = try ServeFixture()
        try first.start()
        #expect(first.isReady())
        let address = try #require(first.log.split(separator: "ready http=").last?.split(separator: " ").first)
        let second = try ServeFixture()
        try second.start(["--http", String(address)])
        #expect(second.logShows("Address already in use"))
        #expect(second.logShows("choose another --http"))
        #expect(try second.status() == 1)
        #expect(second.postmaster == nil)
    }

    @Test func killedTheKeeperTakesTheServerAlongAndLeavesPostgresToTheNext() throws {
        let serve = try ServeFixture()
        try serve.start()
        #expect(serve.isReady())
        let child = try serve.child()
        let postmaster = try #require(serve.postmaster)
        serve.keeper?.signal(SIGKILL)
        #expect(child.hasEnded(within: .seconds(10)))
        #expect(!postmaster.hasEnded)

        try serve.start()
        #expect(serve.isReady())
        #expect(serve.log.contains("\"start\":\"adopted\""))
        #expect(serve.postmaster?.id == postmaster.id)
        serve.keeper?.signal(SIGTERM)
        #expect(try serve.status() == 0)
        #expect(postmaster.hasEnded)
    }

    @Test func aPostmasterThatDiesIsReplacedWhileTheServerServes() throws {
        let serve = try ServeFixture()
        try serve.start()
        #expect(serve.isReady())
        let child = try serve.child()
        let first = try #require(serve.postmaster)
        first.signal(SIGKILL)
        #expect(serve.logShows("Postgres has died"))
        while serve.postmaster.map({ $0.id == first.id }) ?? true {
            try #require(!child.hasEnded(within: .milliseconds(5)))
        }
        serve.keeper?.signal(SIGTERM)
        #expect(try serve.status() == 0)
    }

    @Test func theServersEndIsItsKeepersEnd() throws {
        let serve = try ServeFixture()
        try serve.start()
        #expect(serve.isReady())
        try serve.child().signal(SIGKILL)
        #expect(try serve.status() == 128 + SIGKILL)
        #expect(serve.postmaster == nil)
    }

    @Test func aSecondServeOnTheSameDataDirIsRefusedAndHarmsNothing() throws {
        let serve = try ServeFixture()
        try serve.start()
        #expect(serve.isReady())
        var specification = ProcessSpecification(
            executable: try ServeFixture.program, arguments: ["serve", "--data-dir", serve.dataDirectory])
        specification.environment = ["PATH=/usr/bin:/bin"]
        let second = try ProcessHandle.run(specification, within: .seconds(30))
        #expect(second.status == 1)
        #expect(second.output.contains("another serve (process \(serve.keeper?.id ?? 0)) uses"))
        #expect(second.output.contains("--data-dir"))
        #expect(serve.keeper?.hasEnded == false)
        serve.keeper?.signal(SIGTERM)
        #expect(try serve.status() == 0)
    }

    @Test(
        arguments: [
            (["serv"], "Did you mean sluice serve?"), (["serve", "--htp", "x"], "Did you mean --http?"),
            (["serve", "--http"], "Write --http HOST:PORT."), (["serve", "now"], "takes no operand"),
            (["serve", "--drain-timeout", "soon"], "whole number"), (["serve", "--log=loud"], "--log debug"),
            (["serve", "--help=yes"], "takes no value"), (["serve", "--kept-by", "1"], "without it"),
            (["serve", "--data-dir="], "SLUICE_DATA_DIR"),
        ] as [([String], String)])
    func aCommandLineThatCannotBeUnderstoodTeaches(_ words: [String], _ hint: String) throws {
        let specification = ProcessSpecification(executable: try ServeFixture.program, arguments: words)
        let answer = try ProcessHandle.run(specification, within: .seconds(30))
        #expect(answer.status == 2)
        #expect(answer.output.contains(hint))
    }

    @Test func theBackOffGrowsToItsCeilingAndForgetsAfterACalmLife() {
        let start = ContinuousClock.now
        var backOff = RestartBackOff(startedAt: start)
        let delays = (0..<12).map { _ in backOff.delay(afterDeathAt: start + .seconds(1)) }
        #expect(delays.prefix(4) == [.zero, .milliseconds(100), .milliseconds(200), .milliseconds(400)])
        #expect(delays.last == RestartBackOff.ceiling)
        #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(backOff.delay(afterDeathAt: start + RestartBackOff.calm) == .zero)
    }
}
