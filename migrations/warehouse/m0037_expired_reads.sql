-- Transactions of principals that began before something of theirs ended, by itself, and that read what it opened: a grant,
-- an exception, the right to act for a purpose. Every statement asks for the time when it begins; one that runs does not.
SET LOCAL ROLE sluice_owner;

CREATE FUNCTION sluice.expired_sessions() RETURNS TABLE (pid int)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp BEGIN ATOMIC
    WITH reading AS MATERIALIZED (
        SELECT a.pid, a.xact_start, s.ids, s.until, (
            SELECT array_agg(DISTINCT scope.id)
            FROM pg_locks AS l
            JOIN sluice.dataset AS d ON l.relation = to_regclass('store.d' || d.id)
            CROSS JOIN LATERAL (VALUES (d.id), (d.domain_id), (0)) AS scope (id)
            WHERE l.pid = a.pid AND l.locktype = 'relation'
        ) AS scopes
        FROM pg_stat_activity AS a JOIN sluice.subject AS s ON s.role_name = a.usename
        WHERE a.datname = current_database() AND a.xact_start < clock_timestamp()
    )
    SELECT r.pid FROM reading AS r
    WHERE r.scopes IS NOT NULL AND (
        r.until > r.xact_start AND r.until <= clock_timestamp()
        OR EXISTS (
            SELECT FROM sluice.held_grant AS h
            WHERE h.subject_id = ANY (r.ids) AND h.scope_id = ANY (r.scopes) AND h.privilege IN ('select', 'manage')
                AND h.until > r.xact_start AND h.until <= clock_timestamp()
                -- Not where another grant opens as much.
                AND NOT EXISTS (
                    SELECT FROM sluice.held_grant AS o
                    WHERE o.subject_id = ANY (r.ids)
                        AND o.scope_id IN (h.scope_id, 0, (SELECT d.domain_id FROM sluice.dataset AS d WHERE d.id = h.scope_id))
                        AND o.privilege IN ('select', 'manage') AND o.until > clock_timestamp()
                        AND (o.column_ids IS NULL OR o.column_ids = h.column_ids)))
        OR EXISTS (
            SELECT FROM sluice.rule_exemption AS x
            WHERE x.subject_id = ANY (r.ids) AND x.until > r.xact_start AND x.until <= clock_timestamp()));
END;
RESET ROLE;
SELECT sluice.remember_base_functions();
