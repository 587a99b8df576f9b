internal import CPQ
internal import EventLoop

extension Pipeline {
    /// Reads answers until the session ends. Runs as a task of its own, also while nothing is in flight, and so notices
    /// at once when the server ends the session.
    func read() async {
        guard let link else { return }
        do throws(PostgresError) {
            while true {
                takeAnswers(link)
                try await link.receive(before: .never)
            }
        } catch {
            fail(error)
        }
    }

    /// Hands out what has arrived.
    private func takeAnswers(_ link: Link) {
        while let step = sent.first, link.isOpen, !link.isBusy {
            if let result = link.nextBufferedResult() {
                take(result, of: step, link)
            } else {
                finish(step, link)
            }
        }
    }

    private func take(_ result: consuming ResultHandle, of step: Step, _ link: Link) {
        switch result.status {
        case PGRES_PIPELINE_SYNC:
            _ = sent.popFirst()
            retrySkipped(link)
            batchEnded()
            beginAnswer(link)
        case PGRES_PIPELINE_ABORTED:
            verdict = .skipped
        case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
            guard case .execute(let execution) = step, case .good = verdict else { return }
            if rows.columns.isEmpty {
                rows.columns = execution.statement.columns ?? result.columns
                execution.statement.columns = rows.columns
            }
            result.append(to: &rows)
            if rows.byteCount > configuration.maxResultBytes {
                // The rest is dropped as it comes: cancelling could hit the statement behind.
                rows = RowSet.Builder()
                verdict = .failed(
                    PostgresError(
                        code: .resultTooLarge, message: "more than \(configuration.maxResultBytes) bytes of rows"))
            }
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
        default:
            let failure = result.failure ?? PostgresError(code: .invalidStatement, message: "unexpected result")
            // COPY has no place in a pipeline: the session cannot go on.
            if failure.code == .queryFailed { verdict = .failed(failure) } else { fail(failure) }
        }
    }

    /// The first step has had its last result.
    private func finish(_ step: Step, _ link: Link) {
        _ = sent.popFirst()
        let verdict = self.verdict
        self.verdict = .good
        let answer = rows.take()
        rows.columns = []
        switch (step, verdict) {
        case (.prepare(let statement), .good):
            statement.state = .ready
            // Replaced while this was under way.
            if !statements.keeps(statement) { abandoned.append(statement) }
        case (.prepare(let statement), .skipped): statement.state = .absent
        case (.prepare(let statement), .failed(let failure)):
            statement.state = .absent
            statement.refusal = failure
            statements.forget(statement)
        case (.deallocate(let statement), .skipped): abandoned.append(statement)
        case (.deallocate, _), (.sync, _): break
        case (.execute(let execution), let verdict):
            execution.statement.inFlight -= 1
            finish(execution, answer, verdict)
        }
        beginAnswer(link)
    }

    private func finish(_ execution: Execution, _ answer: RowSet, _ verdict: Verdict) {
        let statement = execution.statement
        var failure = Pipeline.skippedAgain
        switch verdict {
        case .good: return execution.answer(.success(answer))
        case .failed(let reported) where !reported.isStalePlan:
            return execution.answer(.failure(reported))
        case .failed(let reported): failure = reported
        case .skipped: break
        }
        if let refusal = statement.refusal {
            return execution.answer(.failure(refusal))
        }
        if case .failed = verdict { renew(statement, failure) }
        if execution.isRetry {
            execution.answer(.failure(failure))
        } else {
            skipped.append(execution)
        }
    }

    /// Sees to it that the next use of `statement` prepares it anew.
    private func renew(_ statement: Statement, _ failure: PostgresError) {
        if failure.sqlState == "26000" {
            // Not if it has been sent again meanwhile: then the execution that failed was ahead of it.
            if statement.state == .ready { statement.state = .absent }
        } else if statements.forget(statement) {
            abandoned.append(statement)
        }
    }

    private static let skippedAgain = PostgresError(code: .queryFailed, message: "skipped after another's failure")

    /// Asks for the next statement's rows one by one, which libpq wants told once its answer is next.
    func beginAnswer(_ link: Link) {
        if configuration.takesRowsSingly, case .execute = sent.first { link.selectSingleRows() }
    }

    /// Sends each statement that another's failure took along once more, by itself.
    private func retrySkipped(_ link: Link) {
        guard !skipped.isEmpty else { return }
        let again = skipped
        skipped = []
        // What was sent meanwhile is a batch of its own, so that each of these is alone in its.
        if isBatchOpen { sync() }
        for execution in again {
            execution.isRetry = true
            do throws(PostgresError) {
                let arguments = try Arguments(execution.sql.parameters)
                execution.statement = statements.statement(for: execution.sql)
                if execution.statement.state == .sent(alone: false) {
                    // Its preparation may share the fate of a batch that is still out: this one prepares for itself.
                    statements.forget(execution.statement)
                    execution.statement = statements.statement(for: execution.sql)
                }
                send(execution, arguments, link)
                sync()
            } catch {
                execution.answer(.failure(error))
            }
        }
    }
}
