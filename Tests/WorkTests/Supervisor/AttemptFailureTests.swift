import Catalog
import Ingestion
import JSON
import Postgres
import Testing

@testable import Store
@testable import Work

@Suite struct AttemptFailureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var error: any Error
        var code: String
        var isRetryable: Bool
    }

    static let secret = "a value of the data"

    @Test(arguments: [
        Case(
            testDescription: "a right that is missing", error: Refusal(.forbidden, "no"), code: "forbidden",
            isRetryable: false),
        Case(
            testDescription: "a dataset under change", error: Refusal(.policyChanging, "soon"), code: "policy_changing",
            isRetryable: true),
        Case(
            testDescription: "a file that is not there", error: SourceFailure(.sourceUnreadable, "a.csv"),
            code: "source_unreadable", isRetryable: false),
        Case(
            testDescription: "a database that went away",
            error: SourceFailure(.sourceUnavailable, "gone", isRetryable: true), code: "source_unavailable",
            isRetryable: true),
        Case(
            testDescription: "a later attempt", error: SinkFailure(.fenced, "later"), code: "fenced", isRetryable: true),
        Case(
            testDescription: "keys that come twice", error: SinkFailure(.duplicateKey, "line 3"), code: "duplicate_key",
            isRetryable: false),
        Case(
            testDescription: "a full disk",
            error: PostgresError(code: .queryFailed, sqlState: "53100", message: secret), code: "out_of_space",
            isRetryable: true),
        Case(
            testDescription: "a fence in a function",
            error: PostgresError(code: .queryFailed, sqlState: "SL001", message: secret), code: "fenced",
            isRetryable: true),
        Case(
            testDescription: "a dataset that is gone",
            error: PostgresError(code: .queryFailed, sqlState: "42P01", message: secret), code: "dataset_gone",
            isRetryable: false),
        Case(
            testDescription: "anything else of Postgres",
            error: PostgresError(code: .queryFailed, sqlState: "22P02", message: secret), code: "internal_error",
            isRetryable: true),
        Case(testDescription: "anything else", error: CancellationError(), code: "internal_error", isRetryable: true),
    ])
    func errorsAreToldByCodeAndWithoutValues(_ row: Case) {
        let failure = AttemptFailure.describe(row.error)
        #expect(failure.code == row.code)
        #expect(failure.isRetryable == row.isRetryable)
        #expect(!failure.title.isEmpty)
        #expect(!"\(failure)".contains(Self.secret))
    }

    @Test func aClusterThatWentAwayIsNotThePipelinesFault() {
        #expect(AttemptFailure.isOurs(PostgresError(code: .connectionFailed, message: "")))
        #expect(AttemptFailure.isOurs(PostgresError(code: .queryFailed, sqlState: "57P01", message: "")))
        #expect(AttemptFailure.isOurs(SessionError(code: .timedOut)))
        #expect(!AttemptFailure.isOurs(PostgresError(code: .queryFailed, sqlState: "42501", message: "")))
        #expect(!AttemptFailure.isOurs(Refusal(.forbidden, "no")))
    }

    @Test func aDeathIsToldByWhatEndedTheProcess() {
        #expect(JobDeath(JobEnd(way: .killed(signal: 9), peakBytes: 40 << 20)).how.hasPrefix("signal 9"))
        #expect(JobDeath(JobEnd(way: .exited(status: 70), peakBytes: 0)).how.contains("70"))
    }
}
