-- Replays of quarantine are runs of their pipeline: no two runs of a pipeline run at the same time, whatever they are. One
-- replay may wait beside one load, else a schedule that fires would be taken in by a replay, which loads nothing new.
-- Locks the runs while two small indexes of waiting ones are exchanged.

ALTER TABLE sluice.run ADD COLUMN is_replay boolean NOT NULL DEFAULT false;
DROP INDEX sluice.run_one_queued_key;
CREATE UNIQUE INDEX run_one_queued_key ON sluice.run (pipeline_id, is_replay) WHERE state = 'queued';

-- Taken before a run of the pipeline becomes one that waits: two that did so at once would both be let in.
CREATE FUNCTION sluice.lock_waiting(p_pipeline bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('sluice.waiting', p_pipeline));
END $$;

-- Lets the run of a pipeline that waits longest begin, unless another one runs or has been let in.
CREATE OR REPLACE FUNCTION sluice.admit(p_pipeline bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    waiting bigint;
BEGIN
    IF EXISTS (SELECT FROM sluice.run WHERE pipeline_id = p_pipeline AND state = 'running') THEN RETURN; END IF;
    -- One that no worker has claimed yet is called queued.
    IF EXISTS (
        SELECT FROM sluice.run AS r JOIN sluice.task AS t ON t.run_id = r.id
        WHERE r.pipeline_id = p_pipeline AND r.state = 'queued' AND sluice.is_queued(t.id))
    THEN RETURN; END IF;
    SELECT id INTO waiting FROM sluice.run WHERE pipeline_id = p_pipeline AND state = 'queued' ORDER BY id LIMIT 1;
    IF FOUND THEN PERFORM sluice.make_ready(sluice.startable(waiting)); END IF;
END $$;

-- Queues a run, or answers the one of its kind that waits already (`is_new` false).
CREATE OR REPLACE FUNCTION sluice.enqueue(
    p_pipeline bigint, p_address text, p_domain bigint, p_spec jsonb, p_parameters jsonb, p_cause jsonb,
    OUT run_id bigint, OUT is_new boolean) LANGUAGE plpgsql AS $$
DECLARE
    replays constant boolean := p_spec ? 'replay';
BEGIN
    PERFORM sluice.lock_waiting(p_pipeline);
    -- Whichever run ends meanwhile sees this one, or this one sees its end.
    PERFORM FROM sluice.run WHERE pipeline_id = p_pipeline AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO sluice.run (
        pipeline_id, pipeline, domain_id, spec, parameters, cause, is_replay, max_attempts, base_seconds, max_seconds,
        timeout_seconds, pool, pool_slots)
    VALUES (
        p_pipeline, p_address, p_domain, p_spec, p_parameters, p_cause, replays,
        coalesce((p_spec #>> '{retry,attempts}')::int, 5), coalesce((p_spec #>> '{retry,baseSeconds}')::int, 2),
        coalesce((p_spec #>> '{retry,maxSeconds}')::int, 600), coalesce((p_spec ->> 'timeoutSeconds')::int, 3600),
        coalesce(p_spec #>> '{pool,name}', ''), coalesce((p_spec #>> '{pool,slots}')::int, 0))
    ON CONFLICT (pipeline_id, is_replay) WHERE state = 'queued' DO NOTHING
    RETURNING id INTO run_id;
    is_new := FOUND;
    IF NOT is_new THEN
        SELECT r.id INTO run_id FROM sluice.run AS r
        WHERE r.pipeline_id = p_pipeline AND r.state = 'queued' AND r.is_replay = replays;
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

-- As before; it takes the lock of those who wait.
CREATE OR REPLACE FUNCTION sluice.retry(p_run bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    run sluice.run;
BEGIN
    PERFORM sluice.lock_waiting(r.pipeline_id) FROM sluice.run AS r WHERE r.id = p_run;
    SELECT r.* INTO run FROM sluice.run AS r WHERE r.id = p_run FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF run.ended_at IS NULL THEN RETURN 'not_ended'; END IF;
    IF run.state = 'succeeded' THEN RETURN 'succeeded'; END IF;
    PERFORM FROM sluice.run AS r
    WHERE r.pipeline_id = run.pipeline_id AND r.ended_at IS NULL ORDER BY r.id FOR NO KEY UPDATE;
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
