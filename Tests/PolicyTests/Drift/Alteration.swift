/// An object that enforces, altered by hand.
struct Alteration: Sendable {
    var name: String
    /// `{d}` stands for the dataset's id, `{role}` for the principal's login role, `{ingest}` for that of loads.
    var alter: String
    /// What the drift check has to name.
    var object: String

    static let all = [
        Alteration(
            name: "a mask opened",
            alter: """
                CREATE OR REPLACE FUNCTION sluice.col_{d}_2(value text) RETURNS text
                LANGUAGE sql STABLE PARALLEL SAFE RETURN value
                """, object: "function sluice.col_{d}_2"),
        Alteration(
            name: "a row filter opened",
            alter: """
                CREATE OR REPLACE FUNCTION sluice.rows_{d}(r store.d{d}) RETURNS boolean
                LANGUAGE sql STABLE PARALLEL SAFE RETURN true
                """, object: "function sluice.rows_{d}"),
        Alteration(
            name: "a decision function opened",
            alter: """
                CREATE OR REPLACE FUNCTION sluice.exempt_1(rule bigint, text_id bigint, epoch bigint) RETURNS boolean
                LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE AS 'BEGIN RETURN true; END'
                """, object: "function sluice.exempt_1"),
        Alteration(
            name: "a decision function with another search_path",
            alter: "ALTER FUNCTION sluice.granted_until_1(bigint, bigint) SET search_path = public",
            object: "function sluice.granted_until_1"),
        Alteration(
            name: "a decision function without its owner's rights",
            alter: "ALTER FUNCTION sluice.column_until_1(bigint, int, bigint, bigint) SECURITY INVOKER",
            object: "function sluice.column_until_1"),
        Alteration(
            name: "a mask function declared leakproof", alter: "ALTER FUNCTION sluice.mask_email(text) LEAKPROOF",
            object: "function sluice.mask_email"),
        Alteration(
            name: "a maintenance function granted",
            alter: "GRANT EXECUTE ON FUNCTION sluice.finish_change() TO sluice_reader",
            object: "function sluice.finish_change"),
        Alteration(
            name: "the epoch's constant", alter: "UPDATE sluice.policy_epoch SET epoch = epoch + 1", object: "epoch"),
        Alteration(
            name: "the view without its fence",
            alter:
                "SET ROLE sluice_view; CREATE OR REPLACE VIEW drift.t AS SELECT id, email FROM store.d{d}; RESET ROLE",
            object: "view drift.t"),
        Alteration(
            name: "the view with another owner", alter: "ALTER VIEW drift.t OWNER TO sluice_owner",
            object: "view drift.t"),
        Alteration(
            name: "the view as a barrier", alter: "ALTER VIEW drift.t SET (security_barrier = true)",
            object: "view drift.t"),
        Alteration(
            name: "the view for everybody", alter: "GRANT SELECT ON drift.t TO PUBLIC", object: "view drift.t"),
        Alteration(name: "the view gone", alter: "DROP VIEW drift.t", object: "view drift.t"),
        Alteration(
            name: "row security off", alter: "ALTER TABLE store.d{d} DISABLE ROW LEVEL SECURITY",
            object: "table store.d{d}"),
        Alteration(
            name: "the table granted", alter: "GRANT SELECT ON store.d{d} TO {role}", object: "table store.d{d}"),
        Alteration(
            name: "a column granted", alter: "GRANT SELECT (email) ON store.d{d} TO PUBLIC", object: "store.d{d}"),
        Alteration(
            name: "the table's owner", alter: "ALTER TABLE store.d{d} OWNER TO sluice_view", object: "table store.d{d}"),
        Alteration(
            name: "the policy opened", alter: "ALTER POLICY rows ON store.d{d} USING (true)",
            object: "policy store.d{d}"),
        Alteration(
            name: "a second policy", alter: "CREATE POLICY more ON store.d{d} FOR SELECT USING (true)",
            object: "policy store.d{d}"),
        Alteration(name: "the policy gone", alter: "DROP POLICY rows ON store.d{d}", object: "policy store.d{d}"),
        Alteration(
            name: "an unprotected table in the store", alter: "CREATE TABLE store.copied AS SELECT * FROM store.d{d}",
            object: "table store.copied"),
        Alteration(
            name: "a view past the policy, owned by the tables' owner",
            alter: """
                SET ROLE sluice_owner; CREATE VIEW store.around AS SELECT * FROM store.d{d};
                GRANT SELECT ON store.around TO sluice_reader; RESET ROLE
                """, object: "store.around"),
        Alteration(
            name: "an index that keeps a masked value",
            alter: """
                CREATE FUNCTION public.frozen(value text) RETURNS text LANGUAGE sql IMMUTABLE RETURN sluice.mask_email(value);
                CREATE INDEX kept ON store.d{d} (sluice.mask_email(email))
                """, object: "index store.kept"),
        Alteration(name: "a principal as superuser", alter: "ALTER ROLE {role} SUPERUSER", object: "role {role}"),
        Alteration(name: "a principal past row security", alter: "ALTER ROLE {role} BYPASSRLS", object: "role {role}"),
        Alteration(name: "a principal that makes roles", alter: "ALTER ROLE {role} CREATEROLE", object: "role {role}"),
        Alteration(name: "a principal that replicates", alter: "ALTER ROLE {role} REPLICATION", object: "role {role}"),
        Alteration(
            name: "a principal as owner of the tables", alter: "GRANT sluice_owner TO {role}", object: "role {role}"),
        Alteration(
            name: "a principal that reads files", alter: "GRANT pg_read_server_files TO {role}", object: "role {role}"),
        Alteration(
            name: "a principal that passes its rights on", alter: "GRANT sluice_reader TO {role} WITH ADMIN OPTION",
            object: "role {role}"),
        Alteration(
            name: "a principal with more connections", alter: "ALTER ROLE {role} CONNECTION LIMIT -1",
            object: "role {role}"),
        Alteration(
            name: "readers that are more", alter: "GRANT pg_read_all_data TO sluice_reader",
            object: "role sluice_reader"),
        Alteration(
            name: "the view's owner that is more", alter: "GRANT sluice_owner TO sluice_view",
            object: "role sluice_view"),
        Alteration(
            name: "the view's owner past row security", alter: "ALTER ROLE sluice_view BYPASSRLS",
            object: "role sluice_view"),
        Alteration(
            name: "PUBLIC runs SQL in strings again",
            alter: "GRANT EXECUTE ON FUNCTION pg_catalog.query_to_xml(text, boolean, boolean, text) TO PUBLIC",
            object: "function query_to_xml"),
        Alteration(
            name: "readers write large objects again",
            alter: "GRANT EXECUTE ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) TO sluice_reader",
            object: "function lo_from_bytea"),
        Alteration(
            name: "PUBLIC counts rows again", alter: "GRANT SELECT (reltuples) ON pg_catalog.pg_class TO PUBLIC",
            object: "column pg_catalog.pg_class.reltuples"),
        Alteration(
            name: "PUBLIC has DO again", alter: "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC", object: "language plpgsql"),
        Alteration(
            name: "PUBLIC makes temporary tables again", alter: "GRANT TEMP ON DATABASE {database} TO PUBLIC",
            object: "database {database}"),
        Alteration(
            name: "PUBLIC connects to another database again", alter: "GRANT CONNECT ON DATABASE template1 TO PUBLIC",
            object: "database template1"),
        Alteration(
            name: "a principal connects to another database", alter: "GRANT CONNECT ON DATABASE postgres TO {role}",
            object: "database postgres"),
        Alteration(
            name: "PUBLIC makes objects again", alter: "GRANT CREATE ON SCHEMA public TO PUBLIC",
            object: "schema public"),
        Alteration(
            name: "readers make objects in a domain", alter: "GRANT CREATE ON SCHEMA drift TO sluice_reader",
            object: "schema drift"),
        Alteration(
            name: "readers see the tables' schema", alter: "GRANT USAGE ON SCHEMA store TO sluice_reader",
            object: "schema store"),
        Alteration(
            name: "readers read what decides", alter: "GRANT SELECT ON sluice.held_grant TO sluice_reader",
            object: "table sluice.held_grant"),
        Alteration(
            name: "readers change what decides", alter: "GRANT INSERT ON sluice.rule_exemption TO {role}",
            object: "table sluice.rule_exemption"),
        Alteration(name: "a job as superuser", alter: "ALTER ROLE {ingest} SUPERUSER", object: "role {ingest}"),
        Alteration(name: "a job that makes roles", alter: "ALTER ROLE {ingest} CREATEROLE", object: "role {ingest}"),
        Alteration(name: "a job that makes databases", alter: "ALTER ROLE {ingest} CREATEDB", object: "role {ingest}"),
        Alteration(name: "a job that replicates", alter: "ALTER ROLE {ingest} REPLICATION", object: "role {ingest}"),
        Alteration(
            name: "a job with more connections", alter: "ALTER ROLE {ingest} CONNECTION LIMIT -1",
            object: "role {ingest}"),
        Alteration(
            name: "a job as owner of the tables", alter: "GRANT sluice_owner TO {ingest}", object: "role {ingest}"),
        Alteration(
            name: "a job that reads everything", alter: "GRANT pg_read_all_data TO {ingest}", object: "role {ingest}"),
        Alteration(
            name: "a job that passes its rights on", alter: "GRANT sluice_ingest TO {ingest} WITH ADMIN OPTION",
            object: "role {ingest}"),
        Alteration(
            name: "a job that reads as readers do", alter: "GRANT sluice_reader TO {ingest}", object: "role {ingest}"),
        Alteration(
            name: "a job that owns a table",
            alter: "CREATE TABLE public.own (); ALTER TABLE public.own OWNER TO {ingest}",
            object: "role {ingest}"),
        Alteration(
            name: "a job that reads its dataset", alter: "GRANT SELECT ON store.d{d} TO {ingest}",
            object: "table store.d{d}"),
        Alteration(
            name: "a job that reads a column", alter: "GRANT SELECT (id) ON store.d{d} TO {ingest}",
            object: "table store.d{d}"),
        Alteration(
            name: "a job that passes its INSERT on", alter: "GRANT INSERT ON store.d{d} TO {ingest} WITH GRANT OPTION",
            object: "table store.d{d}"),
        Alteration(
            name: "a job that reads quarantine", alter: "GRANT SELECT ON sluice.quarantine_d{d} TO {ingest}",
            object: "table sluice.quarantine_d{d}"),
        Alteration(
            name: "a job that adds to all quarantine", alter: "GRANT INSERT ON sluice.quarantine TO {ingest}",
            object: "table sluice.quarantine"),
        Alteration(
            name: "a job that adds to another dataset",
            alter: "CREATE TABLE store.d0 (); GRANT INSERT ON store.d0 TO {ingest}", object: "table store.d0"),
        Alteration(
            name: "a job that writes what decides", alter: "GRANT INSERT ON sluice.held_grant TO {ingest}",
            object: "table sluice.held_grant"),
        Alteration(
            name: "a job that raises its own fence",
            alter: "GRANT EXECUTE ON FUNCTION sluice.raise_fence(bigint, bigint, bigint) TO {ingest}",
            object: "function sluice.raise_fence"),
        Alteration(
            name: "a job that opens quarantine to itself", alter: "GRANT INSERT ON sluice.replay TO {ingest}",
            object: "table sluice.replay"),
        Alteration(
            name: "a job that reads files",
            alter: "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO {ingest}",
            object: "function pg_read_file"),
        Alteration(
            name: "a job that makes objects", alter: "GRANT CREATE ON SCHEMA store TO {ingest}", object: "schema store"),
        Alteration(
            name: "a job that connects to another database", alter: "GRANT CONNECT ON DATABASE postgres TO {ingest}",
            object: "database postgres"),
        Alteration(
            name: "a job that makes temporary tables", alter: "GRANT TEMP ON DATABASE {database} TO sluice_ingest",
            object: "database {database}"),
        Alteration(
            name: "jobs that log in as all", alter: "ALTER ROLE sluice_ingest LOGIN", object: "role sluice_ingest"),
        Alteration(
            name: "jobs past row security", alter: "ALTER ROLE sluice_ingest BYPASSRLS", object: "role sluice_ingest"),
        Alteration(
            name: "jobs that are more", alter: "GRANT pg_write_all_data TO sluice_ingest", object: "role sluice_ingest"),
        Alteration(
            name: "jobs that add to every dataset", alter: "GRANT INSERT ON store.d{d} TO sluice_ingest",
            object: "table store.d{d}"),
        Alteration(
            name: "readers see the stages", alter: "GRANT USAGE ON SCHEMA sluice_stage TO sluice_reader",
            object: "schema sluice_stage"),
        Alteration(
            name: "readers read a stage", alter: "GRANT SELECT ON sluice_stage.d{d}_e1 TO {role}",
            object: "table sluice_stage.d{d}_e1"),
        Alteration(
            name: "a job that reads what it has quarantined",
            alter: "GRANT SELECT ON sluice_stage.d{d}_e1_quarantine TO {ingest}",
            object: "table sluice_stage.d{d}_e1_quarantine"),
        Alteration(
            name: "a job that takes a stage",
            alter: "GRANT EXECUTE ON FUNCTION sluice.take_stage(bigint, bigint, bigint, text, text) TO {ingest}",
            object: "function sluice.take_stage"),
    ]
}
