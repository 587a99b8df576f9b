internal import Glibc

/// Progress on standard error: a line that is written over on a terminal, a line now and then elsewhere.
struct ProgressDisplay {
    private static let redraw = Duration.milliseconds(100)
    private static let report = Duration.seconds(10)

    private let terminal: Terminal
    private let subject: String
    private let wording: (Int) -> String
    private var pace: Pace
    private var lastShown: ContinuousClock.Instant
    /// Whether a line stands on the terminal that the next one must remove.
    private var isDrawn = false

    /// - Parameter wording: What is counted: `1,000 rows`.
    init(_ subject: String, on terminal: Terminal = Terminal(STDERR_FILENO), _ wording: @escaping (Int) -> String) {
        self.subject = subject
        self.terminal = terminal
        self.wording = wording
        pace = Pace(from: .now)
        lastShown = .now
    }

    mutating func show(_ progress: Progress, isLast: Bool = false) {
        let now = ContinuousClock.now
        pace.note(progress, at: now)
        let interval = terminal.isTerminal ? Self.redraw : Self.report
        guard isLast && terminal.isTerminal || now - lastShown >= interval else { return }
        lastShown = now
        let line = progress.line(
            subject, pace: pace, at: now, width: terminal.isTerminal ? terminal.width : 200, wording)
        guard terminal.isTerminal else { return Output.note(line) }
        Commands.write("\r\(line)\u{1b}[K", to: STDERR_FILENO)
        isDrawn = true
    }

    /// A line of its own, above the progress.
    mutating func note(_ text: String) {
        clear()
        Output.note(text)
    }

    mutating func clear() {
        guard isDrawn else { return }
        Commands.write("\r\u{1b}[K", to: STDERR_FILENO)
        isDrawn = false
    }
}
