-- Data events: that the data of a dataset has changed, written in the transaction that changes it, and numbered after
-- its commit by the leader alone, in the order in which commits become visible. Consumers keep the last number they have
-- seen: whatever becomes visible later has a higher one. New tables and functions; finish_unit is replaced.

SET LOCAL ROLE sluice_owner;

CREATE TABLE sluice.data_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- in the order of writing, which is no order of commits
    number bigint,                                    -- NULL: not numbered yet, so nobody has seen it
    dataset_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('unit', 'rows')),  -- a unit of a run's step; rows that were sent
    run_id bigint,                                    -- of a unit, as the next two
    step text,
    unit text,
    counts jsonb NOT NULL,                            -- read, written, unchanged, quarantined, dropped, warned
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((kind = 'unit') = (run_id IS NOT NULL AND step IS NOT NULL AND unit IS NOT NULL))
);
CREATE UNIQUE INDEX data_event_number_idx ON sluice.data_event (number) WHERE number IS NOT NULL;
CREATE INDEX data_event_unnumbered_idx ON sluice.data_event (id) WHERE number IS NULL;

-- The one writer of numbers: its term, as in control, and the last number given. Its lock puts numberings one behind
-- the other, so that their numbers become visible in their order.
CREATE TABLE sluice.event_numbering (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    term bigint NOT NULL DEFAULT 0,
    last_number bigint NOT NULL DEFAULT 0
);
INSERT INTO sluice.event_numbering DEFAULT VALUES;

-- Locks the numbering for the leader of a term, whose predecessors can number nothing from here on.
CREATE FUNCTION sluice.hold_numbering(term bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held bigint;
BEGIN
    UPDATE sluice.event_numbering AS n SET term = hold_numbering.term WHERE n.term <= hold_numbering.term
    RETURNING n.last_number INTO held;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'term % has ended', term USING ERRCODE = 'SL010';
    END IF;
    RETURN held;
END $$;

-- Numbers what has become visible, at most 1,000 events, without a gap; returns how many. READ COMMITTED, so each
-- statement sees what was committed when it began: that is after the lock on the numbering was had. Of events that
-- become visible together the one written first comes first, so a cause comes before what it has caused.
CREATE FUNCTION sluice.number_events(term bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last bigint;
    numbered bigint;
BEGIN
    -- Nothing to do leaves nothing behind.
    IF NOT EXISTS (SELECT FROM sluice.data_event AS e WHERE e.number IS NULL)
        AND EXISTS (SELECT FROM sluice.event_numbering AS n WHERE n.term = number_events.term)
    THEN
        RETURN 0;
    END IF;
    last := sluice.hold_numbering(number_events.term);
    UPDATE sluice.data_event AS e SET number = last + o.place
    FROM (
        SELECT w.id, row_number() OVER (ORDER BY w.id) AS place
        FROM (SELECT d.id FROM sluice.data_event AS d WHERE d.number IS NULL ORDER BY d.id LIMIT 1000) AS w
    ) AS o
    WHERE e.id = o.id;
    GET DIAGNOSTICS numbered = ROW_COUNT;
    UPDATE sluice.event_numbering AS n SET last_number = last + numbered;
    RETURN numbered;
END $$;

-- Removes numbered events that are older than this, at most 1,000, the oldest first: a consumer that was away for longer
-- sees that the first number it gets does not follow its own. Returns how many.
CREATE FUNCTION sluice.retain_events(term bigint, days int) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    removed bigint;
BEGIN
    PERFORM sluice.hold_numbering(retain_events.term);
    -- By number, and only up to the first that is to be kept: what is left has no gap.
    DELETE FROM sluice.data_event AS e WHERE e.number IN (
        SELECT d.number FROM sluice.data_event AS d
        WHERE d.number < coalesce(
            (SELECT k.number FROM sluice.data_event AS k
             WHERE k.number IS NOT NULL AND k.at >= clock_timestamp() - make_interval(days => retain_events.days)
             ORDER BY k.number LIMIT 1), 9223372036854775807)
        ORDER BY d.number LIMIT 1000);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;

-- As in m0013, and the data event.
CREATE OR REPLACE FUNCTION sluice.finish_unit(
    epoch bigint, run bigint, step text, unit text, counts jsonb, principal text, address text, policy_version bigint)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dataset bigint := sluice.ingest_dataset();
    held bigint;
BEGIN
    SELECT f.epoch INTO held FROM sluice.fence AS f WHERE f.dataset_id = dataset FOR SHARE;
    IF held IS DISTINCT FROM finish_unit.epoch THEN
        PERFORM sluice.check_fence(finish_unit.epoch);
    END IF;
    INSERT INTO sluice.unit_result (run_id, step, unit, dataset_id, epoch, counts)
    VALUES (run, finish_unit.step, finish_unit.unit, dataset, finish_unit.epoch, finish_unit.counts);
    UPDATE sluice.dataset AS d SET loaded_at = clock_timestamp() WHERE d.id = sluice.ingest_dataset();
    INSERT INTO sluice.change_audit (principal, action, object, dataset_id, after, policy_version, request_id)
    VALUES (finish_unit.principal, 'load', 'dataset ' || address, dataset,
        jsonb_build_object('run', run::text, 'step', finish_unit.step, 'unit', finish_unit.unit, 'rows', finish_unit.counts),
        policy_version, 'run-' || run);
    INSERT INTO sluice.data_event (dataset_id, kind, run_id, step, unit, counts)
    VALUES (dataset, 'unit', run, finish_unit.step, finish_unit.unit, finish_unit.counts);
END $$;
RESET ROLE;

SELECT sluice.remember_base_functions();
