import Testing

@testable import sluice

@Suite struct CompletionTests {
    @Test(arguments: Completion.Shell.allCases)
    func everyCommandAndOptionIsInTheScript(_ shell: Completion.Shell) {
        let script = Completion.script(for: shell, of: .root)
        for entry in Completion.entries(of: .root) {
            #expect(script.contains(entry.command), "\(entry.command)")
            for option in entry.options {
                #expect(script.contains(shell == .fish ? "-l \(option.flag.dropFirst(2))" : option.flag))
            }
        }
        #expect(!script.contains("supervise") && !script.contains("--kept-by"))
    }

    @Test func textsAreQuotedAsEachShellReadsThem() {
        #expect(Completion.quoted("Postgres's own", for: .bash) == "'Postgres'\\''s own'")
        #expect(Completion.quoted("it's a \\", for: .fish) == "'it\\'s a \\\\'")
    }
}
