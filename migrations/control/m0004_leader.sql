-- What only one server does at a time. Each duty locks the leader's row and checks the term, so a server that lost the
-- leadership between its decision and its write has no effect, and never works beside its successor.

-- Takes or keeps the leadership, which lasts 5 s from the last time. NULL: another one leads.
CREATE FUNCTION sluice.lead(p_holder uuid, OUT term bigint, OUT at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    moment constant timestamptz := sluice.queue_now();
    leader sluice.leader;
    keeps boolean;
BEGIN
    -- A duty under way is its holder's: no reason to wait.
    SELECT l.* INTO leader FROM sluice.leader AS l FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND OR (leader.holder IS DISTINCT FROM p_holder AND leader.renewed_at + interval '5 s' > moment) THEN
        RETURN;
    END IF;
    keeps := leader.holder IS NOT DISTINCT FROM p_holder AND leader.renewed_at + interval '5 s' > moment;
    UPDATE sluice.leader AS l SET
        term = l.term + (NOT keeps)::int, holder = p_holder, renewed_at = moment,
        watching_since = CASE WHEN keeps THEN l.watching_since ELSE moment END
    RETURNING l.term, moment INTO lead.term, lead.at;
END $$;

CREATE FUNCTION sluice.require_term(p_term bigint) RETURNS sluice.leader LANGUAGE plpgsql AS $$
DECLARE
    leader sluice.leader;
BEGIN
    SELECT l.* INTO leader FROM sluice.leader AS l
    WHERE l.term = p_term AND l.renewed_at + interval '5 s' > sluice.queue_now() FOR SHARE;
    IF NOT FOUND THEN RAISE EXCEPTION 'term % has ended', p_term USING ERRCODE = 'SL010'; END IF;
    RETURN leader;
END $$;

-- Workers that were silent for 20 s while this leader watched: after a pause of the database all were, and none is.
CREATE FUNCTION sluice.declare_lost(p_term bigint) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
    leader sluice.leader := sluice.require_term(p_term);
BEGIN
    IF leader.watching_since + interval '20 s' > sluice.queue_now() THEN RETURN; END IF;
    RETURN QUERY
        UPDATE sluice.worker SET state = 'lost' WHERE id IN (
            SELECT w.id FROM sluice.worker AS w
            WHERE w.state IN ('live', 'draining') AND w.heartbeat_at + interval '20 s' < sluice.queue_now()
            LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING id;
END $$;

-- Leases to take away: of workers whose life has ended, and those that a worker let run a minute beyond their time.
CREATE FUNCTION sluice.rescuable() RETURNS SETOF bigint LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT l.epoch FROM sluice.lease AS l JOIN sluice.worker AS w ON w.id = l.worker_id
        WHERE w.state IN ('retired', 'lost') OR l.deadline + interval '60 s' < sluice.queue_now()
        ORDER BY l.epoch LIMIT 100;
    END;

-- Takes one lease away. One at a time, so that no two runs are locked.
CREATE FUNCTION sluice.rescue(p_term bigint, p_epoch bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM sluice.require_term(p_term);
    SELECT CASE WHEN w.state IN ('retired', 'lost') THEN 'lost' ELSE 'timed_out' END INTO result
    FROM sluice.lease AS l JOIN sluice.worker AS w ON w.id = l.worker_id
    WHERE l.epoch = p_epoch
        AND (w.state IN ('retired', 'lost') OR l.deadline + interval '60 s' < sluice.queue_now());
    IF NOT FOUND OR NOT sluice.settle(p_epoch, result, NULL, sluice.problem(
        'worker_lost', 'The worker was lost', 'the worker stopped answering', 'The step is tried again by itself.'))
    THEN RETURN NULL; END IF;
    RETURN result;
END $$;

-- Tasks whose time has come become ready. Answers how many, at most 1,000.
CREATE FUNCTION sluice.release_due(p_term bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    due bigint[];
BEGIN
    PERFORM sluice.require_term(p_term);
    WITH gone AS (
        DELETE FROM sluice.scheduled WHERE task_id = ANY (ARRAY(
            SELECT w.task_id FROM sluice.scheduled AS w WHERE w.due_at <= sluice.queue_now()
            ORDER BY w.due_at, w.task_id LIMIT 1000 FOR UPDATE SKIP LOCKED))
        RETURNING task_id
    ) SELECT coalesce(array_agg(task_id), '{}') INTO due FROM gone;
    PERFORM sluice.make_ready(due);
    RETURN cardinality(due);
END $$;

-- Runs that were cancelled while a task of theirs was between two tables.
CREATE FUNCTION sluice.finish_cancels(p_term bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    cancelling bigint;
BEGIN
    PERFORM sluice.require_term(p_term);
    SELECT r.id INTO cancelling FROM sluice.run AS r
    WHERE r.cancelled_by IS NOT NULL AND r.ended_at IS NULL
        AND NOT EXISTS (SELECT FROM sluice.lease AS l WHERE l.run_id = r.id)
    ORDER BY r.id LIMIT 1;
    IF NOT FOUND THEN RETURN 0; END IF;
    PERFORM sluice.cancel(cancelling, 'leader');
    RETURN 1;
END $$;

-- Fires a nominal time of a schedule: once, whoever asks how often. A run that waits already takes it in: its cause then
-- lists this time too. NULL: it had fired.
CREATE FUNCTION sluice.fire(
    p_term bigint, p_pipeline bigint, p_address text, p_domain bigint, p_spec jsonb, p_nominal timestamptz,
    p_catch_up boolean, OUT run_id bigint, OUT is_new boolean) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sluice.require_term(p_term);
    UPDATE sluice.schedule_mark SET considered_until = greatest(considered_until, p_nominal)
    WHERE pipeline_id = p_pipeline;
    IF EXISTS (
        SELECT FROM sluice.schedule_clock AS c WHERE c.pipeline_id = p_pipeline AND c.nominal_time = p_nominal)
    THEN RETURN; END IF;
    SELECT e.run_id, e.is_new INTO fire.run_id, fire.is_new
    FROM sluice.enqueue(
        p_pipeline, p_address, p_domain, p_spec, '{}',
        jsonb_build_object(
            'kind', 'schedule', 'nominalTimes', jsonb_build_array(sluice.rfc3339(p_nominal)), 'catchUp', p_catch_up)
    ) AS e;
    IF NOT is_new THEN
        UPDATE sluice.run AS r SET cause = jsonb_set(r.cause, '{nominalTimes}',
            coalesce(r.cause -> 'nominalTimes', '[]') || to_jsonb(sluice.rfc3339(p_nominal)))
        WHERE r.id = fire.run_id AND jsonb_array_length(coalesce(r.cause -> 'nominalTimes', '[]')) < 100;
        PERFORM sluice.touch(fire.run_id);
    END IF;
    INSERT INTO sluice.schedule_clock (pipeline_id, nominal_time, run_id) VALUES (p_pipeline, p_nominal, fire.run_id);
END $$;

-- Notes a schedule as it is now, and answers up to when it has been looked at. A new, changed or resumed one begins now.
CREATE FUNCTION sluice.mark_schedule(p_term bigint, p_pipeline bigint, p_schedule jsonb, p_paused boolean)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    until timestamptz;
BEGIN
    PERFORM sluice.require_term(p_term);
    INSERT INTO sluice.schedule_mark AS m (pipeline_id, schedule, is_paused, considered_until)
    VALUES (p_pipeline, p_schedule, p_paused, sluice.queue_now())
    ON CONFLICT (pipeline_id) DO UPDATE SET
        schedule = p_schedule, is_paused = p_paused,
        considered_until = CASE
            WHEN m.schedule = p_schedule AND NOT (m.is_paused AND NOT p_paused) THEN m.considered_until
            ELSE sluice.queue_now() END
    RETURNING m.considered_until INTO until;
    RETURN until;
END $$;

-- Makes the partitions of today and the next days, and removes what is older than its time. A little at a time.
CREATE FUNCTION sluice.retain(p_term bigint, p_log_days int, p_run_days int) RETURNS void LANGUAGE plpgsql
SET lock_timeout = '1s' AS $$
DECLARE
    today constant date := sluice.utc_day(sluice.queue_now());
    parent text;
    child text;
BEGIN
    PERFORM sluice.require_term(p_term);
    FOREACH parent IN ARRAY ARRAY['attempt', 'run_log'] LOOP
        PERFORM sluice.make_partition(parent, today + n) FROM generate_series(0, 3) AS n;
        SELECT c.relname INTO child
        FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = ('sluice.' || parent)::regclass
            AND to_date(right(c.relname, 8), 'YYYYMMDD') < today - p_log_days
        ORDER BY c.relname LIMIT 1;
        IF FOUND THEN EXECUTE format('DROP TABLE sluice.%I', child); END IF;
    END LOOP;
    DELETE FROM sluice.run WHERE id IN (
        SELECT r.id FROM sluice.run AS r WHERE r.ended_at < sluice.queue_now() - make_interval(days => p_run_days)
        ORDER BY r.ended_at LIMIT 1000 FOR UPDATE SKIP LOCKED);
    DELETE FROM sluice.worker WHERE id IN (
        SELECT w.id FROM sluice.worker AS w
        WHERE w.state IN ('retired', 'lost') AND w.heartbeat_at < sluice.queue_now() - interval '1 day'
            AND NOT EXISTS (SELECT FROM sluice.lease AS l WHERE l.worker_id = w.id)
        LIMIT 1000 FOR UPDATE SKIP LOCKED);
    -- What has been considered cannot fire again: the mark is later.
    DELETE FROM sluice.schedule_clock WHERE ctid = ANY (ARRAY(
        SELECT c.ctid FROM sluice.schedule_clock AS c
        WHERE c.fired_at < sluice.queue_now() - make_interval(days => p_run_days)
        ORDER BY c.fired_at LIMIT 1000));
END $$;
