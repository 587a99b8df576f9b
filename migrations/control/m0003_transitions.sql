-- How tasks move. Whoever changes a run locks its row first, then its leases, then its feed; no function but `retire`
-- locks two runs, and that one in the order of their ids.

CREATE FUNCTION sluice.utc_day(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE
    RETURN (moment AT TIME ZONE 'UTC')::date;

-- The partition of a day, made unless it is there. Attaching a finished table keeps nobody from reading or writing.
CREATE FUNCTION sluice.make_partition(parent text, day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    child text := parent || to_char(day, '"_"YYYYMMDD');
BEGIN
    IF to_regclass('sluice.' || quote_ident(child)) IS NOT NULL THEN RETURN false; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('sluice.make_partition', 0));
    -- Not by name again: names are looked up in a cache, which the wait for the lock has not refreshed.
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class WHERE relname = child AND relnamespace = 'sluice'::regnamespace)
    THEN RETURN false; END IF;
    EXECUTE format('CREATE TABLE sluice.%I (LIKE sluice.%I INCLUDING ALL)', child, parent);
    EXECUTE format(
        'ALTER TABLE sluice.%I ATTACH PARTITION sluice.%I FOR VALUES FROM (%L) TO (%L)', parent, child,
        day || ' 00:00:00+00', day + 1 || ' 00:00:00+00');
    RETURN true;
END $$;

CREATE FUNCTION sluice.touch(p_run bigint) RETURNS void LANGUAGE sql
    BEGIN ATOMIC UPDATE sluice.run_feed SET version = version + 1 WHERE run_id = p_run; END;

CREATE FUNCTION sluice.make_ready(tasks bigint[]) RETURNS void LANGUAGE sql
    BEGIN ATOMIC
        INSERT INTO sluice.ready (task_id, domain_id, pool, pool_slots, ready_at)
        SELECT t.id, r.domain_id, r.pool, r.pool_slots, sluice.queue_now()
        FROM sluice.task AS t JOIN sluice.run AS r ON r.id = t.run_id
        WHERE t.id = ANY (tasks);
    END;

-- Tasks that are in the queue, one index probe each. (Joins would do the same, until a planner hashes a million rows.)
CREATE FUNCTION sluice.is_queued(p_task bigint) RETURNS boolean LANGUAGE sql STABLE
    RETURN (SELECT q.task_id FROM sluice.ready AS q WHERE q.task_id = p_task) IS NOT NULL
        OR (SELECT w.task_id FROM sluice.scheduled AS w WHERE w.task_id = p_task) IS NOT NULL
        OR (SELECT l.task_id FROM sluice.lease AS l WHERE l.task_id = p_task) IS NOT NULL;

-- Tasks of a run that could run: not ended, not in the queue, and all steps before them succeeded.
CREATE FUNCTION sluice.startable(p_run bigint) RETURNS bigint[] LANGUAGE sql STABLE
    RETURN ARRAY(
        SELECT t.id FROM sluice.task AS t
        WHERE t.run_id = p_run AND t.outcome IS NULL AND NOT sluice.is_queued(t.id)
            AND NOT EXISTS (
                SELECT FROM sluice.task AS b
                WHERE b.run_id = p_run AND b.position = ANY (t.after) AND b.outcome IS DISTINCT FROM 'succeeded'));

-- Lets the waiting run of a pipeline begin, unless another one runs.
CREATE FUNCTION sluice.admit(p_pipeline bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    waiting bigint;
BEGIN
    IF EXISTS (SELECT FROM sluice.run WHERE pipeline_id = p_pipeline AND state = 'running') THEN RETURN; END IF;
    SELECT id INTO waiting FROM sluice.run WHERE pipeline_id = p_pipeline AND state = 'queued';
    IF FOUND THEN PERFORM sluice.make_ready(sluice.startable(waiting)); END IF;
END $$;

-- Queues a run, or answers the one that waits already (`is_new` false).
CREATE FUNCTION sluice.enqueue(
    p_pipeline bigint, p_address text, p_domain bigint, p_spec jsonb, p_parameters jsonb, p_cause jsonb,
    OUT run_id bigint, OUT is_new boolean) LANGUAGE plpgsql AS $$
BEGIN
    -- Whichever run ends meanwhile sees this one, or this one sees its end.
    PERFORM FROM sluice.run WHERE pipeline_id = p_pipeline AND ended_at IS NULL FOR NO KEY UPDATE;
    INSERT INTO sluice.run (
        pipeline_id, pipeline, domain_id, spec, parameters, cause, max_attempts, base_seconds, max_seconds,
        timeout_seconds, pool, pool_slots)
    VALUES (
        p_pipeline, p_address, p_domain, p_spec, p_parameters, p_cause,
        coalesce((p_spec #>> '{retry,attempts}')::int, 5), coalesce((p_spec #>> '{retry,baseSeconds}')::int, 2),
        coalesce((p_spec #>> '{retry,maxSeconds}')::int, 600), coalesce((p_spec ->> 'timeoutSeconds')::int, 3600),
        coalesce(p_spec #>> '{pool,name}', ''), coalesce((p_spec #>> '{pool,slots}')::int, 0))
    ON CONFLICT (pipeline_id) WHERE state = 'queued' DO NOTHING
    RETURNING id INTO run_id;
    is_new := FOUND;
    IF NOT is_new THEN
        SELECT r.id INTO run_id FROM sluice.run AS r WHERE r.pipeline_id = p_pipeline AND r.state = 'queued';
        RETURN;
    END IF;
    INSERT INTO sluice.run_feed (run_id) VALUES (enqueue.run_id);
    WITH step AS (
        SELECT s.position::int, s.body ->> 'name' AS name, coalesce(s.body -> 'after', '[]') AS after
        FROM jsonb_array_elements(p_spec -> 'steps') WITH ORDINALITY AS s (body, position)
    ), edge AS (
        SELECT s.position, array_agg(b.position) AS after
        FROM step AS s CROSS JOIN LATERAL jsonb_array_elements_text(s.after) AS a (name)
        JOIN step AS b ON b.name = a.name
        GROUP BY s.position
    )
    INSERT INTO sluice.task (run_id, position, step, after)
    SELECT enqueue.run_id, s.position, s.name, coalesce(e.after, '{}')
    FROM step AS s LEFT JOIN edge AS e ON e.position = s.position ORDER BY s.position;
    PERFORM sluice.admit(p_pipeline);
END $$;

-- Ends a run if none of its tasks is in the queue any more, and lets the next one of its pipeline begin. The caller
-- holds the lock on the run's row.
CREATE FUNCTION sluice.end_if_done(p_run bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ended text;
    pipeline bigint;
BEGIN
    IF EXISTS (SELECT FROM sluice.task AS t WHERE t.run_id = p_run AND sluice.is_queued(t.id)) THEN RETURN; END IF;
    SELECT CASE
        WHEN bool_and(t.outcome IS NOT DISTINCT FROM 'succeeded') THEN 'succeeded'
        WHEN bool_or(t.outcome IN ('failed', 'poisoned')) THEN 'failed'
        ELSE 'cancelled' END INTO ended
    FROM sluice.task AS t WHERE t.run_id = p_run;
    UPDATE sluice.run AS r
    SET state = ended, ended_at = sluice.queue_now(), error = CASE WHEN ended = 'failed' THEN (
        SELECT t.problem FROM sluice.task AS t WHERE t.run_id = p_run AND t.outcome IN ('failed', 'poisoned')
        ORDER BY t.position LIMIT 1) END
    WHERE r.id = p_run RETURNING r.pipeline_id INTO pipeline;
    PERFORM sluice.touch(p_run);
    PERFORM sluice.admit(pipeline);
END $$;

CREATE FUNCTION sluice.problem(code text, title text, detail text, hint text) RETURNS jsonb LANGUAGE sql IMMUTABLE
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'type', 'urn:sluice:error:' || code, 'title', title, 'code', code, 'detail', detail, 'hint', hint));

CREATE FUNCTION sluice.timeout_problem() RETURNS jsonb LANGUAGE sql IMMUTABLE
    RETURN sluice.problem(
        'step_timeout', 'The step took too long', 'the step was stopped when its timeoutSeconds had passed',
        'Raise timeoutSeconds of the pipeline, or load less at a time.');

-- Ends an attempt, by epoch: false and no effect when the lease is gone.
CREATE FUNCTION sluice.settle(
    p_epoch bigint, p_result text, p_rows jsonb DEFAULT NULL, p_problem jsonb DEFAULT NULL,
    p_retryable boolean DEFAULT false) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    run sluice.run;
    lease sluice.lease;
    task sluice.task;
    becomes text;                                      -- of the task's outcome; NULL: it is not done
    why jsonb := CASE WHEN p_result = 'timed_out' THEN sluice.timeout_problem() ELSE p_problem END;
BEGIN
    SELECT r.* INTO run FROM sluice.run AS r
    WHERE r.id = (SELECT l.run_id FROM sluice.lease AS l WHERE l.epoch = p_epoch) FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    DELETE FROM sluice.lease AS l WHERE l.epoch = p_epoch RETURNING l.* INTO lease;
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE sluice.task AS t SET
        failures = t.failures + (p_result IN ('failed', 'died', 'timed_out'))::int,
        crashes = t.crashes + (p_result = 'died')::int, losses = t.losses + (p_result = 'lost')::int
    WHERE t.id = lease.task_id RETURNING t.* INTO task;
    PERFORM sluice.make_partition('attempt', sluice.utc_day(sluice.queue_now()));
    INSERT INTO sluice.attempt (
        epoch, task_id, run_id, attempt, worker_id, pid, result, rows, problem, claimed_at, ended_at)
    VALUES (
        p_epoch, task.id, run.id, task.attempt, lease.worker_id, lease.pid, p_result, p_rows, why,
        lease.claimed_at, sluice.queue_now());

    IF p_result = 'succeeded' THEN
        becomes := 'succeeded';
    ELSIF p_result = 'cancelled' OR run.cancelled_by IS NOT NULL THEN
        becomes := 'cancelled';
    ELSIF task.crashes >= 3 OR task.losses >= 10 THEN
        becomes := 'poisoned';
        why := sluice.problem(
            'poisoned', 'The step was parked',
            CASE WHEN task.crashes >= 3 THEN
                format('step %s ended its job process %s times; the last time: %s', task.step, task.crashes,
                    coalesce(p_problem ->> 'detail', 'its worker was lost'))
            ELSE format('step %s lost its worker %s times', task.step, task.losses) END,
            'Look at the run''s log and at the memory of the machine; then POST /runs/{id}/retry.');
    ELSIF p_result IN ('failed', 'died', 'timed_out') AND (
        task.failures >= run.max_attempts OR (p_result = 'failed' AND NOT p_retryable)) THEN
        becomes := 'failed';
    END IF;

    UPDATE sluice.task AS t
    SET outcome = becomes, rows = CASE WHEN becomes = 'succeeded' THEN p_rows END,
        problem = CASE WHEN becomes = 'succeeded' THEN NULL ELSE why END
    WHERE t.id = task.id;
    IF becomes = 'succeeded' AND run.cancelled_by IS NULL THEN
        PERFORM sluice.make_ready(sluice.startable(run.id));
    ELSIF becomes IS NULL AND p_result IN ('released', 'lost') THEN
        PERFORM sluice.make_ready(ARRAY[task.id]);
    ELSIF becomes IS NULL THEN
        -- Full jitter: anywhere between now and the exponential bound.
        INSERT INTO sluice.scheduled (task_id, due_at)
        VALUES (task.id, sluice.queue_now() + sluice.queue_jitter() * make_interval(
            secs => least(run.max_seconds, run.base_seconds * 2.0 ^ least(task.failures - 1, 30))));
    END IF;
    PERFORM sluice.touch(run.id);
    IF becomes IS NOT NULL THEN PERFORM sluice.end_if_done(run.id); END IF;
    RETURN true;
END $$;

-- Takes a pid or progress, and answers what has become of the lease.
CREATE FUNCTION sluice.report(p_epoch bigint, p_pid int, p_progress jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    run sluice.run;
BEGIN
    SELECT r.* INTO run FROM sluice.run AS r
    WHERE r.id = (SELECT l.run_id FROM sluice.lease AS l WHERE l.epoch = p_epoch) FOR NO KEY UPDATE;
    UPDATE sluice.lease AS l SET pid = coalesce(p_pid, l.pid), progress = coalesce(p_progress, l.progress)
    WHERE l.epoch = p_epoch;
    IF NOT FOUND THEN RETURN 'lost'; END IF;
    IF run.state = 'queued' THEN
        -- Somebody held the row when the claim would have written this.
        UPDATE sluice.run AS r SET state = 'running', started_at = coalesce(r.started_at, sluice.queue_now())
        WHERE r.id = run.id;
    END IF;
    PERFORM sluice.touch(run.id);
    RETURN CASE WHEN run.cancelled_by IS NULL THEN 'held' ELSE 'cancelled' END;
END $$;

-- Asks a run to end. What is queued ends here, what runs is told by its worker's next report. Answers the state before;
-- NULL: no such run.
CREATE FUNCTION sluice.cancel(p_run bigint, p_by text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    run sluice.run;
    taken bigint[];
BEGIN
    SELECT r.* INTO run FROM sluice.run AS r WHERE r.id = p_run FOR NO KEY UPDATE;
    IF NOT FOUND OR run.ended_at IS NOT NULL THEN RETURN run.state; END IF;
    UPDATE sluice.run AS r SET cancelled_by = coalesce(r.cancelled_by, p_by) WHERE r.id = p_run;
    -- SKIP LOCKED: a row that a claim holds becomes a lease, and its worker learns of the cancel.
    WITH queued AS (
        SELECT q.task_id FROM sluice.ready AS q
        WHERE q.task_id = ANY (ARRAY(SELECT t.id FROM sluice.task AS t WHERE t.run_id = p_run)) FOR UPDATE SKIP LOCKED
    ), waiting AS (
        SELECT w.task_id FROM sluice.scheduled AS w
        WHERE w.task_id = ANY (ARRAY(SELECT t.id FROM sluice.task AS t WHERE t.run_id = p_run)) FOR UPDATE SKIP LOCKED
    ), unqueued AS (
        DELETE FROM sluice.ready WHERE task_id = ANY (ARRAY(SELECT q.task_id FROM queued AS q)) RETURNING task_id
    ), unscheduled AS (
        DELETE FROM sluice.scheduled WHERE task_id = ANY (ARRAY(SELECT w.task_id FROM waiting AS w)) RETURNING task_id
    )
    SELECT array_agg(task_id) INTO taken
    FROM (SELECT task_id FROM unqueued UNION ALL SELECT task_id FROM unscheduled) AS t;
    UPDATE sluice.task SET outcome = 'cancelled' WHERE id = ANY (taken);
    PERFORM sluice.touch(p_run);
    PERFORM sluice.end_if_done(p_run);
    RETURN run.state;
END $$;

-- Queues a failed or cancelled run again, from the steps that did not succeed. Answers `retried`, `not_ended`,
-- `succeeded`, `pending` when another run of the pipeline waits; NULL: no such run.
CREATE FUNCTION sluice.retry(p_run bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    run sluice.run;
BEGIN
    SELECT r.* INTO run FROM sluice.run AS r WHERE r.id = p_run FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF run.ended_at IS NULL THEN RETURN 'not_ended'; END IF;
    IF run.state = 'succeeded' THEN RETURN 'succeeded'; END IF;
    PERFORM FROM sluice.run AS r
    WHERE r.pipeline_id = run.pipeline_id AND r.ended_at IS NULL FOR NO KEY UPDATE;
    BEGIN
        UPDATE sluice.run AS r
        SET state = 'queued', ended_at = NULL, error = NULL, cancelled_by = NULL WHERE r.id = p_run;
    EXCEPTION WHEN unique_violation THEN
        RETURN 'pending';
    END;
    UPDATE sluice.task SET outcome = NULL, problem = NULL, failures = 0, crashes = 0, losses = 0
    WHERE run_id = p_run AND outcome IS DISTINCT FROM 'succeeded';
    PERFORM sluice.touch(p_run);
    PERFORM sluice.admit(run.pipeline_id);
    RETURN 'retried';
END $$;

-- Ends a worker's life; what it still holds is another's at once.
CREATE FUNCTION sluice.retire(p_worker uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    held bigint;
BEGIN
    UPDATE sluice.worker SET state = 'retired' WHERE id = p_worker AND state IN ('live', 'draining');
    FOR held IN SELECT epoch FROM sluice.lease WHERE worker_id = p_worker ORDER BY run_id, epoch LOOP
        PERFORM sluice.settle(held, 'released');
    END LOOP;
END $$;

-- Appends to a run's log. Beyond 100,000 lines nothing is kept, and the last line says so.
CREATE FUNCTION sluice.append_log(p_run bigint, p_step text, p_attempt int, p_lines jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    most constant bigint := 100000;
    before bigint;
BEGIN
    -- The lock makes the numbers follow the order of commits, so a follower misses none.
    SELECT f.last_line INTO before FROM sluice.run_feed AS f WHERE f.run_id = p_run FOR NO KEY UPDATE;
    IF NOT FOUND OR before >= most THEN RETURN; END IF;
    PERFORM sluice.make_partition('run_log', sluice.utc_day(sluice.queue_now()));
    INSERT INTO sluice.run_log (run_id, line, at, level, step, attempt, message, fields)
    SELECT p_run, before + n, sluice.queue_now(), x.body ->> 'level', p_step, p_attempt,
        CASE WHEN before + n < most THEN x.body ->> 'message' ELSE 'the log is full: later lines are not kept' END,
        coalesce(x.body -> 'fields', '{}')
    FROM jsonb_array_elements(p_lines) WITH ORDINALITY AS x (body, n) WHERE before + n <= most;
    UPDATE sluice.run_feed AS f SET last_line = least(before + jsonb_array_length(p_lines), most)
    WHERE f.run_id = p_run;
END $$;
