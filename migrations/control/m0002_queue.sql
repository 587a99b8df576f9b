-- Runs, their tasks, and who works on them. Narrow tables by state: a task that can run is a row of `ready`, one that
-- waits for its time a row of `scheduled`, one that runs a row of `lease`, and never two of these. Only functions of
-- m0003 and m0004, and the claim, move tasks: each is one statement, so no client can hold a lock while it sleeps.

-- The queue's clock and its dice. Functions, so that the simulation of the queue can put its own in their place, in its
-- own database; nobody but their owner can.
CREATE FUNCTION sluice.queue_now() RETURNS timestamptz LANGUAGE sql STABLE RETURN now();
CREATE FUNCTION sluice.queue_jitter() RETURNS float8 LANGUAGE sql VOLATILE RETURN random();

CREATE FUNCTION sluice.rfc3339(moment timestamptz) RETURNS text
    LANGUAGE sql STABLE
    RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- One number per claim, growing: what fences compare.
CREATE SEQUENCE sluice.epoch;

CREATE TABLE sluice.run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pipeline_id bigint NOT NULL,                       -- in warehouse, as are these
    pipeline text NOT NULL,                            -- domain.name when it was queued
    domain_id bigint NOT NULL,
    spec jsonb NOT NULL,                               -- of that moment: an edit does not reach a run under way
    parameters jsonb NOT NULL,
    cause jsonb NOT NULL,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    max_attempts int NOT NULL CHECK (max_attempts >= 1),
    base_seconds int NOT NULL CHECK (base_seconds >= 0),
    max_seconds int NOT NULL CHECK (max_seconds >= 0),
    timeout_seconds int NOT NULL CHECK (timeout_seconds >= 1),
    pool text NOT NULL DEFAULT '',                     -- '': none
    pool_slots int NOT NULL DEFAULT 0,
    cancelled_by text,                                 -- set: the run shall end
    error jsonb,
    created_at timestamptz NOT NULL DEFAULT sluice.queue_now(),
    started_at timestamptz,
    ended_at timestamptz
) WITH (fillfactor = 70);
-- At most one run of a pipeline runs, and one waits.
CREATE UNIQUE INDEX run_one_queued_key ON sluice.run (pipeline_id) WHERE state = 'queued';
CREATE UNIQUE INDEX run_one_running_key ON sluice.run (pipeline_id) WHERE state = 'running';
CREATE INDEX run_open_idx ON sluice.run (pipeline_id) WHERE ended_at IS NULL;
CREATE INDEX run_pipeline_idx ON sluice.run (pipeline, id);
CREATE INDEX run_domain_idx ON sluice.run (domain_id, id);
CREATE INDEX run_state_idx ON sluice.run (state, id);
CREATE INDEX run_cancelling_idx ON sluice.run (id) WHERE cancelled_by IS NOT NULL AND ended_at IS NULL;
CREATE INDEX run_ended_idx ON sluice.run (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE sluice.task (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES sluice.run ON DELETE CASCADE,
    position int NOT NULL,                             -- of the step, from 1
    step text NOT NULL,
    after int[] NOT NULL,                              -- positions of the steps it waits for
    attempt int NOT NULL DEFAULT 0,                    -- claims so far
    failures int NOT NULL DEFAULT 0,                   -- these three begin anew when the run is retried
    crashes int NOT NULL DEFAULT 0,
    losses int NOT NULL DEFAULT 0,
    outcome text CHECK (outcome IN ('succeeded', 'failed', 'cancelled', 'poisoned')),
    rows jsonb,
    problem jsonb,
    UNIQUE (run_id, position)
) WITH (fillfactor = 70);

CREATE TABLE sluice.ready (
    task_id bigint PRIMARY KEY REFERENCES sluice.task ON DELETE CASCADE,
    domain_id bigint NOT NULL,
    pool text NOT NULL,
    pool_slots int NOT NULL,
    ready_at timestamptz NOT NULL
);
-- What the claim walks: a jump to each (domain, pool), and a few rows from there.
CREATE INDEX ready_turn_idx ON sluice.ready (domain_id, pool, ready_at, task_id) INCLUDE (pool_slots);

CREATE TABLE sluice.scheduled (
    task_id bigint PRIMARY KEY REFERENCES sluice.task ON DELETE CASCADE,
    due_at timestamptz NOT NULL
);
CREATE INDEX scheduled_due_idx ON sluice.scheduled (due_at, task_id);

CREATE TABLE sluice.worker (
    id uuid PRIMARY KEY,                               -- of one life of the process
    host text NOT NULL,
    slots int NOT NULL CHECK (slots >= 0),
    state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'draining', 'retired', 'lost')),
    started_at timestamptz NOT NULL DEFAULT sluice.queue_now(),
    heartbeat_at timestamptz NOT NULL DEFAULT sluice.queue_now()
) WITH (fillfactor = 50);

CREATE TABLE sluice.lease (
    task_id bigint PRIMARY KEY REFERENCES sluice.task ON DELETE CASCADE,
    epoch bigint NOT NULL CONSTRAINT lease_epoch_key UNIQUE,
    run_id bigint NOT NULL,
    domain_id bigint NOT NULL,
    worker_id uuid NOT NULL REFERENCES sluice.worker,
    pool text NOT NULL,
    pool_slot int,                                     -- NULL: no pool
    claimed_at timestamptz NOT NULL,
    deadline timestamptz NOT NULL,
    pid int,
    progress jsonb,
    -- A slot of a pool is a live lease, so slots cannot leak.
    CONSTRAINT lease_slot_key UNIQUE (domain_id, pool, pool_slot)
) WITH (fillfactor = 50);
CREATE INDEX lease_worker_idx ON sluice.lease (worker_id);
CREATE INDEX lease_run_idx ON sluice.lease (run_id);

-- Every attempt that has ended. Daily partitions, made ahead and dropped whole.
CREATE TABLE sluice.attempt (
    epoch bigint NOT NULL,
    task_id bigint NOT NULL,
    run_id bigint NOT NULL,
    attempt int NOT NULL,
    worker_id uuid NOT NULL,
    pid int,
    result text NOT NULL
        CHECK (result IN ('succeeded', 'failed', 'cancelled', 'released', 'died', 'lost', 'timed_out')),
    rows jsonb,
    problem jsonb,
    claimed_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL
) PARTITION BY RANGE (ended_at);
CREATE INDEX attempt_run_idx ON sluice.attempt (run_id, epoch);

-- What followers of a run compare: how often it changed, and how many lines its log has.
CREATE TABLE sluice.run_feed (
    run_id bigint PRIMARY KEY REFERENCES sluice.run ON DELETE CASCADE,
    version bigint NOT NULL DEFAULT 1,
    last_line bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE sluice.run_log (
    run_id bigint NOT NULL,
    line bigint NOT NULL,                              -- from 1, without gaps, in the order of commits
    at timestamptz NOT NULL,
    level text NOT NULL CHECK (level IN ('debug', 'info', 'warning', 'error')),
    step text,
    attempt int,
    message text NOT NULL,
    fields jsonb NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX run_log_run_idx ON sluice.run_log (run_id, line);

-- Who does what only one may do. Each duty checks the term; the row is locked while it works.
CREATE TABLE sluice.leader (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    term bigint NOT NULL,
    holder uuid,
    watching_since timestamptz NOT NULL,               -- of this term, without a pause
    renewed_at timestamptz NOT NULL
) WITH (fillfactor = 50);
INSERT INTO sluice.leader (term, watching_since, renewed_at) VALUES (0, '-infinity', '-infinity');

-- Which nominal times of a schedule have fired: the key makes a double fire impossible.
CREATE TABLE sluice.schedule_clock (
    pipeline_id bigint NOT NULL,
    nominal_time timestamptz NOT NULL,
    run_id bigint NOT NULL,
    fired_at timestamptz NOT NULL DEFAULT sluice.queue_now(),
    CONSTRAINT schedule_clock_key PRIMARY KEY (pipeline_id, nominal_time)
);
CREATE INDEX schedule_clock_fired_idx ON sluice.schedule_clock (fired_at);

-- Up to when each schedule has been looked at: later nominal times are due, or were missed.
CREATE TABLE sluice.schedule_mark (
    pipeline_id bigint PRIMARY KEY,
    schedule jsonb NOT NULL,                           -- which it was; another one begins anew
    is_paused boolean NOT NULL,
    considered_until timestamptz NOT NULL
) WITH (fillfactor = 50);

-- A run as the API shows it.
CREATE VIEW sluice.run_document AS
SELECT r.id, r.domain_id, r.pipeline, r.state, json_build_object(
    'id', r.id::text, 'pipeline', r.pipeline, 'state', r.state, 'cause', r.cause, 'parameters', r.parameters,
    'attempt', s.attempt,
    'rows', json_build_object(
        'read', s.read, 'written', s.written, 'unchanged', s.unchanged, 'quarantined', s.quarantined,
        'dropped', s.dropped, 'warned', s.warned),
    'progress', CASE WHEN r.state = 'succeeded' THEN 1 ELSE s.progress END,
    'steps', s.steps, 'error', r.error, 'cancelledBy', r.cancelled_by,
    'createdAt', sluice.rfc3339(r.created_at), 'startedAt', sluice.rfc3339(r.started_at),
    'endedAt', sluice.rfc3339(r.ended_at)) AS body
FROM sluice.run AS r
CROSS JOIN LATERAL (
    SELECT max(t.attempt) AS attempt,
        coalesce(sum((c.rows->>'read')::bigint), 0) AS read,
        coalesce(sum((c.rows->>'written')::bigint), 0) AS written,
        coalesce(sum((c.rows->>'unchanged')::bigint), 0) AS unchanged,
        coalesce(sum((c.rows->>'quarantined')::bigint), 0) AS quarantined,
        coalesce(sum((c.rows->>'dropped')::bigint), 0) AS dropped,
        coalesce(sum((c.rows->>'warned')::bigint), 0) AS warned,
        avg(CASE WHEN t.outcome = 'succeeded' THEN 1 ELSE coalesce((l.progress->>'share')::float8, 0) END) AS progress,
        json_agg(json_build_object(
            'name', t.step,
            'state', CASE
                WHEN t.outcome IS NOT NULL THEN t.outcome
                WHEN l.task_id IS NOT NULL THEN 'running'
                WHEN q.task_id IS NOT NULL OR w.task_id IS NOT NULL THEN 'queued'
                WHEN r.ended_at IS NOT NULL THEN 'skipped'
                ELSE 'waiting' END,
            'attempt', t.attempt, 'pid', l.pid, 'rows', c.rows, 'progress', (l.progress->>'share')::float8,
            'retryAt', sluice.rfc3339(w.due_at), 'error', t.problem) ORDER BY t.position) AS steps
    FROM sluice.task AS t
    LEFT JOIN sluice.lease AS l ON l.task_id = t.id
    LEFT JOIN sluice.ready AS q ON q.task_id = t.id
    LEFT JOIN sluice.scheduled AS w ON w.task_id = t.id
    CROSS JOIN LATERAL (SELECT coalesce(l.progress->'rows', t.rows) AS rows) AS c
    WHERE t.run_id = r.id) AS s;
