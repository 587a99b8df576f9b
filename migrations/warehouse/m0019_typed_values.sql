-- How an attribute's texts become values of a column's type, in a function of its own: for the session's principal when
-- a statement is planned (attribute_values), and for any principal when a change is only compared (access/diff).
SET LOCAL ROLE sluice_owner;

-- How a text is cast must not be the session's to choose: time zone and date style are fixed here, and a moment spelled
-- with words (now, today, a zone's abbreviation) is none. So it is the same at any time: IMMUTABLE.
CREATE FUNCTION sluice.typed_values(raw text[], kind anyelement) RETURNS anyarray
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
DECLARE
    is_moment boolean := pg_typeof(kind) = ANY ('{date,time,timetz,timestamp,timestamptz}'::regtype[]);
    element text;
    converted kind%TYPE;
    result ALIAS FOR $0;
BEGIN
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

-- As m0006 made it, with the casts left to typed_values.
CREATE OR REPLACE FUNCTION sluice.attribute_values_1(attribute text, kind anyelement, epoch bigint) RETURNS anyarray
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
    principal bigint;
    raw text[];
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
    RETURN sluice.typed_values(raw, kind);
END $$;

SELECT sluice.remember_base_functions();
