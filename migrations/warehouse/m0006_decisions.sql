-- The decision functions, in two layers. The outer one is IMMUTABLE and holds one call, so the planner folds it to a
-- constant; the inner one (its name ends in its version) is STABLE, so all decisions of one planning read one snapshot,
-- and reads the epoch in the SQL statement of its answer: 40001 unless it is the one the caller planned with.
-- A session may load a generated function's text before or after its constants: each text asks with its own id, and is
-- refused unless the snapshot knows it, too.
-- Simpler forms leak: docs/decisions/0002-decision-functions.md says which and how.
SET LOCAL ROLE sluice_owner;

-- The policy version, a constant replaced at every change. In plpgsql it costs a plan 0.5 us a use, in SQL 3.7 us.
CREATE FUNCTION sluice.epoch() RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN 1; END $$;

-- Raised by every inner function whose epoch is not the caller's, or whose session belongs to no principal.
CREATE FUNCTION sluice.refuse(seen bigint, expected bigint) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF seen IS DISTINCT FROM expected THEN
        RAISE EXCEPTION 'the access policy changed' USING ERRCODE = '40001', HINT = 'Run the statement again.';
    END IF;
    RAISE EXCEPTION 'this login is no principal of Sluice' USING ERRCODE = '42501';
END $$;

-- Until when may the session's principal read the dataset? Refuses, at plan time, who may not.
CREATE FUNCTION sluice.granted_until_1(dataset bigint, epoch bigint) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
    principal bigint;
    gate_shut boolean;
    until timestamptz;
BEGIN
    SELECT e.epoch, s.principal_id, g.shut, (
        SELECT max(h.until) FROM sluice.held_grant AS h
        WHERE h.scope_id = ANY (ARRAY[0, g.domain_id, g.dataset_id]) AND h.subject_id = ANY (s.ids)
            AND h.privilege IN ('select', 'manage')
    )
    INTO seen, principal, gate_shut, until
    FROM sluice.policy_epoch AS e
    LEFT JOIN sluice.subject AS s ON s.role_name = session_user
    LEFT JOIN sluice.dataset_gate AS g ON g.dataset_id = granted_until_1.dataset;
    IF seen <> epoch OR principal IS NULL THEN
        PERFORM sluice.refuse(seen, epoch);
    END IF;
    IF until IS NULL THEN
        RAISE EXCEPTION 'permission denied for this dataset' USING ERRCODE = '42501';
    END IF;
    IF gate_shut THEN
        RAISE EXCEPTION 'the policy of this dataset is changing'
            USING ERRCODE = '40001', DETAIL = 'policy_changing', HINT = 'Run the statement again.';
    END IF;
    RETURN until;
END $$;

CREATE FUNCTION sluice.granted_until(dataset bigint, epoch bigint) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.granted_until_1(dataset, epoch); END $$;

-- The epoch that was checked, for the fence in the view to compare with epoch_seq.
CREATE FUNCTION sluice.allowed_1(dataset bigint, epoch bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sluice.granted_until_1(dataset, epoch);
    RETURN epoch;
END $$;

CREATE FUNCTION sluice.allowed(dataset bigint, epoch bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.allowed_1(dataset, epoch); END $$;

-- Until when is the column granted? -infinity: it is not.
CREATE FUNCTION sluice.column_until_1(dataset bigint, column_id int, text_id bigint, epoch bigint) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
    principal bigint;
    until timestamptz;
BEGIN
    SELECT CASE WHEN t.text_id IS NOT NULL THEN e.epoch END, s.principal_id, (
        SELECT max(h.until) FROM sluice.held_grant AS h
        WHERE h.scope_id = ANY (ARRAY[0, g.domain_id, g.dataset_id]) AND h.subject_id = ANY (s.ids)
            AND h.privilege IN ('select', 'manage')
            AND (h.column_ids IS NULL OR column_until_1.column_id = ANY (h.column_ids))
    )
    INTO seen, principal, until
    FROM sluice.policy_epoch AS e
    LEFT JOIN sluice.subject AS s ON s.role_name = session_user
    LEFT JOIN sluice.dataset_gate AS g ON g.dataset_id = column_until_1.dataset
    LEFT JOIN sluice.enforcement AS t ON t.text_id = column_until_1.text_id;
    IF seen IS DISTINCT FROM epoch OR principal IS NULL THEN
        PERFORM sluice.refuse(seen, epoch);
    END IF;
    RETURN coalesce(until, '-infinity');
END $$;

CREATE FUNCTION sluice.column_until(dataset bigint, column_id int, text_id bigint, epoch bigint) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$ BEGIN RETURN sluice.column_until_1(dataset, column_id, text_id, epoch); END $$;

-- Does a column that is not granted raise (one of the grants says so) instead of reading NULL?
CREATE FUNCTION sluice.column_raises_1(dataset bigint, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
    principal bigint;
    raises boolean;
BEGIN
    SELECT e.epoch, s.principal_id, (
        SELECT bool_or(h.raises) FROM sluice.held_grant AS h
        WHERE h.scope_id = ANY (ARRAY[0, g.domain_id, g.dataset_id]) AND h.subject_id = ANY (s.ids)
            AND h.privilege IN ('select', 'manage') AND h.until > statement_timestamp()
    )
    INTO seen, principal, raises
    FROM sluice.policy_epoch AS e
    LEFT JOIN sluice.subject AS s ON s.role_name = session_user
    LEFT JOIN sluice.dataset_gate AS g ON g.dataset_id = column_raises_1.dataset;
    IF seen <> epoch OR principal IS NULL THEN
        PERFORM sluice.refuse(seen, epoch);
    END IF;
    RETURN coalesce(raises, false);
END $$;

CREATE FUNCTION sluice.column_raises(dataset bigint, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.column_raises_1(dataset, epoch); END $$;

-- Is the session's principal excepted from the mask or row filter?
CREATE FUNCTION sluice.exempt_1(rule bigint, text_id bigint, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
    principal bigint;
    exempt boolean;
BEGIN
    SELECT CASE WHEN t.text_id IS NOT NULL THEN e.epoch END, s.principal_id, EXISTS (
        SELECT FROM sluice.rule_exemption AS x WHERE x.rule_id = exempt_1.rule AND x.subject_id = ANY (s.ids)
    )
    INTO seen, principal, exempt
    FROM sluice.policy_epoch AS e
    LEFT JOIN sluice.subject AS s ON s.role_name = session_user
    LEFT JOIN sluice.enforcement AS t ON t.text_id = exempt_1.text_id;
    IF seen IS DISTINCT FROM epoch OR principal IS NULL THEN
        PERFORM sluice.refuse(seen, epoch);
    END IF;
    RETURN exempt;
END $$;

CREATE FUNCTION sluice.exempt(rule bigint, text_id bigint, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.exempt_1(rule, text_id, epoch); END $$;

-- True. For texts that decide nothing: they, too, hold for one policy version only.
CREATE FUNCTION sluice.in_force_1(text_id bigint, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
BEGIN
    SELECT e.epoch INTO seen
    FROM sluice.policy_epoch AS e
    JOIN sluice.enforcement AS t ON t.text_id = in_force_1.text_id;
    IF seen IS DISTINCT FROM epoch THEN
        PERFORM sluice.refuse(seen, epoch);
    END IF;
    RETURN true;
END $$;

CREATE FUNCTION sluice.in_force(text_id bigint, epoch bigint) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.in_force_1(text_id, epoch); END $$;

-- The principal's values of an attribute, in the type of `kind`. How a text is cast must not be the session's to choose:
-- time zone and date style are fixed here, and a moment spelled with words (now, today, a zone's abbreviation) is none.
CREATE FUNCTION sluice.attribute_values_1(attribute text, kind anyelement, epoch bigint) RETURNS anyarray
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
DECLARE
    seen bigint;
    principal bigint;
    raw text[];
    is_moment boolean := pg_typeof(kind) = ANY ('{date,time,timetz,timestamp,timestamptz}'::regtype[]);
    element text;
    converted kind%TYPE;
    result ALIAS FOR $0;
BEGIN
    SELECT e.epoch, s.principal_id, (
        SELECT a."values" FROM sluice.principal_attribute AS a
        WHERE a.principal_id = s.principal_id AND a.name = attribute_values_1.attribute
    )
    INTO seen, principal, raw
    FROM sluice.policy_epoch AS e
    LEFT JOIN sluice.subject AS s ON s.role_name = session_user;
    IF seen <> epoch OR principal IS NULL THEN
        PERFORM sluice.refuse(seen, epoch);
    END IF;
    result := '{}';
    FOREACH element IN ARRAY coalesce(raw, '{}') LOOP
        CONTINUE WHEN is_moment AND element !~ '^\s*([0-9][0-9TZ :.+-]*|-?infinity)\s*$';
        BEGIN
            converted := element;
            result := result || converted;
        EXCEPTION WHEN data_exception THEN
            NULL;  -- the contract: an element that does not cast matches nothing
        END;
    END LOOP;
    RETURN result;
END $$;

CREATE FUNCTION sluice.attribute_values(attribute text, kind anyelement, epoch bigint) RETURNS anyarray
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN sluice.attribute_values_1(attribute, kind, epoch); END $$;

-- Has the moment not come yet? Inlined: infinity, the common answer, folds away.
CREATE FUNCTION sluice.before(until timestamptz) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN until = 'infinity' THEN true WHEN until = '-infinity' THEN false
        ELSE statement_timestamp() < until END;

-- The other branch of the fence: the plan is of an epoch that is no longer the last.
CREATE FUNCTION sluice.stale() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the access policy changed' USING ERRCODE = '40001', HINT = 'Run the statement again.';
END $$;

-- The plan is right, but the grant it was made under has expired since.
CREATE FUNCTION sluice.expired() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'permission denied for this dataset' USING ERRCODE = '42501', DETAIL = 'The grant has expired.';
END $$;

-- What a column that is not granted reads as: NULL of its type, or an error when the grant says so.
CREATE FUNCTION sluice.ungranted(kind anyelement, column_name text, raises boolean) RETURNS anyelement
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF raises THEN
        RAISE EXCEPTION 'permission denied for column %', column_name USING ERRCODE = '42501';
    END IF;
    RETURN NULL;
END $$;

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sluice TO sluice_reader;
