-- Questions about connections ("does it work?", "what is there to load?"), asked by a server and answered by whichever
-- worker has a slot for them: a source is touched by a job process only. Not logged: an answer is of use for seconds, and
-- what it tells of another system has no place in an archive. Creates one table, so it waits for nobody.

CREATE UNLOGGED TABLE sluice.probe (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    principal_id bigint NOT NULL,                      -- in warehouse, as is the next
    connection_id bigint NOT NULL,
    question jsonb NOT NULL,                           -- never with a secret: the worker looks that up
    asked_at timestamptz NOT NULL DEFAULT sluice.queue_now(),
    deadline timestamptz NOT NULL,                     -- when nobody waits for it any more
    worker_id uuid,
    answer text,                                       -- JSON
    is_closed boolean NOT NULL DEFAULT false           -- the server has the answer, or has given up
) WITH (fillfactor = 50);
CREATE INDEX probe_asked_idx ON sluice.probe (asked_at);
-- What workers look for, a few at a time.
CREATE INDEX probe_open_idx ON sluice.probe (id) WHERE answer IS NULL AND NOT is_closed;

-- Puts a question in, or says why not: `crowded` when too many are open, `own` when too many of the principal are, `rate`
-- when the principal has asked too often in the last minute. Rows are kept for that minute.
CREATE FUNCTION sluice.ask(
    p_principal bigint, p_connection bigint, p_question jsonb, p_seconds int, p_open int, p_open_own int, p_rate int,
    OUT probe_id bigint, OUT refusal text) LANGUAGE plpgsql AS $$
DECLARE
    moment constant timestamptz := sluice.queue_now();
BEGIN
    -- One at a time, so that the counts hold.
    PERFORM pg_advisory_xact_lock(hashtextextended('sluice.ask', 0));
    DELETE FROM sluice.probe WHERE asked_at < moment - interval '1 minute';
    SELECT CASE
        WHEN count(*) FILTER (WHERE NOT p.is_closed AND p.deadline > moment) >= p_open THEN 'crowded'
        WHEN count(*) FILTER (WHERE p.principal_id = p_principal AND NOT p.is_closed AND p.deadline > moment) >= p_open_own
        THEN 'own'
        WHEN count(*) FILTER (WHERE p.principal_id = p_principal) >= p_rate THEN 'rate' END
    INTO refusal FROM sluice.probe AS p;
    IF refusal IS NOT NULL THEN RETURN; END IF;
    INSERT INTO sluice.probe (principal_id, connection_id, question, asked_at, deadline)
    VALUES (p_principal, p_connection, p_question, moment, moment + make_interval(secs => p_seconds))
    RETURNING id INTO probe_id;
END $$;

-- Whether some worker would take a question up.
CREATE FUNCTION sluice.has_live_worker() RETURNS boolean LANGUAGE sql STABLE
    RETURN EXISTS (
        SELECT FROM sluice.worker AS w
        WHERE w.state = 'live' AND w.heartbeat_at + interval '20 s' > sluice.queue_now());
