import Glibc
import Testing

@testable import Store

@Suite struct DataDirectoryTests {
    private func code(_ body: () throws(ClusterError) -> Void) -> ClusterError? {
        do throws(ClusterError) {
            try body()
            return nil
        } catch { return error }
    }

    @Test func aSecondServeIsRefusedAndToldWhoIsThere() throws {
        let folder = try TemporaryFolder()
        let users = try ClusterUsers.resolve()
        let (data, lock) = try DataDirectory.prepare("\(folder.path)/data", users: users) { _, _ in }
        let error = code { () throws(ClusterError) in
            _ = try DataDirectoryLock(in: data.open(), patience: .zero)
        }
        #expect(error?.code == .dataDirectoryInUse)
        #expect(error?.message.contains("process \(getpid())") == true)
        _ = consume lock
        #expect(code { () throws(ClusterError) in _ = try DataDirectoryLock(in: data.open(), patience: .zero) } == nil)
    }

    @Test func aFolderWithSomethingElseInItIsRefused() throws {
        let folder = try TemporaryFolder()
        mkdir("\(folder.path)/music", 0o755)
        let error = code { () throws(ClusterError) in
            _ = try DataDirectory.prepare(folder.path, users: ClusterUsers.resolve()) { _, _ in }
        }
        #expect(error?.code == .dataDirectoryForeign)
    }

    @Test(arguments: [("14\n", .wrongMajorVersion), (nil, .dataDirectoryForeign)] as [(String?, ClusterError.Code)])
    func aClusterOfAnotherVersionOrNoneIsRefused(_ version: String?, _ expected: ClusterError.Code) throws {
        let folder = try TemporaryFolder()
        let users = try ClusterUsers.resolve()
        let (data, _) = try DataDirectory.prepare("\(folder.path)/data", users: users) { _, _ in }
        let postgres = users.postgres
        let directory = try data.open().makeDirectory(
            "postgres", user: postgres.id, group: postgres.group, mode: 0o700)
        if let version {
            try directory.replaceFile(
                "PG_VERSION", with: version, user: postgres.id, group: postgres.group, mode: 0o600)
        }
        let installation = PostgresInstallation(binaries: "/none", version: PostgresVersion(major: 15, minor: 20))
        let error = code { () throws(ClusterError) in
            try Initialisation(data: data, installation: installation) { _, _ in }.run()
        }
        #expect(error?.code == expected)
    }

    @Test func aClusterOfAnotherUserIsRefused() throws {
        guard OSUser.isRoot else { return }
        let folder = try TemporaryFolder()
        let users = try ClusterUsers.resolve()
        let (data, lock) = try DataDirectory.prepare("\(folder.path)/data", users: users) { _, _ in }
        _ = try data.open().makeDirectory("postgres", user: users.server.id, group: 0, mode: 0o700)
        _ = consume lock
        let error = code { () throws(ClusterError) in
            _ = try DataDirectory.prepare("\(folder.path)/data", users: users) { _, _ in }
        }
        #expect(error?.code == .dataDirectoryForeign)
    }

    @Test func aDataDirThatItsUsersCannotReachGoesElsewhereAndIsLinked() throws {
        guard OSUser.isRoot else { return }
        let folder = try TemporaryFolder()
        let users = try ClusterUsers.resolve()
        let shut = "\(folder.path)/home"
        mkdir(shut, 0o700)
        var notes = 0
        func settle(_ name: String) throws -> String {
            try DataDirectoryPlace.settle(
                "\(shut)/\(name)", users: users, systemFolder: "\(folder.path)/system"
            ) { _, _ in notes += 1 }
        }
        let place = try settle(".sluice")
        #expect(place.hasPrefix("\(folder.path)/system/"))
        #expect(try FilePath.real("\(shut)/.sluice") == place)
        #expect(notes == 1)
        // Again: the link is followed, nothing is said; a lost target is made anew.
        #expect(try settle(".sluice") == place)
        rmdir(place)
        #expect(try settle(".sluice") == place)
        #expect(notes == 1)
        // An empty folder moves, another one is refused.
        mkdir("\(shut)/empty", 0o755)
        #expect(try settle("empty").hasPrefix("\(folder.path)/system/"))
        mkdir("\(shut)/full", 0o755)
        mkdir("\(shut)/full/music", 0o755)
        #expect(
            code { () throws(ClusterError) in
                _ = try DataDirectoryPlace.settle("\(shut)/full", users: users) { _, _ in }
            }?.code == .dataDirectoryUnusable)
    }

    @Test func nothingIsWrittenThroughALink() throws {
        let folder = try TemporaryFolder()
        let users = try ClusterUsers.resolve()
        let (data, _) = try DataDirectory.prepare("\(folder.path)/data", users: users) { _, _ in }
        mkdir("\(folder.path)/elsewhere", 0o755)
        symlink("\(folder.path)/elsewhere", "\(data.path)/log")
        #expect(throws: SystemError.self) {
            _ = try data.open().makeDirectory("log", user: 0, group: 0, mode: 0o700)
        }
        try data.open().remove("log")
        #expect(access("\(folder.path)/elsewhere", F_OK) == 0)
    }
}
