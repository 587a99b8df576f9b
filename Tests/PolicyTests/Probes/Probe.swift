/// One way to read what one may not, as statements of one direct session of a principal's role.
struct Probe: Sendable {
    enum Outcome: Sendable, Equatable {
        /// The last statement must fail, with one of these SQLSTATEs where any are given.
        case fails([String])
        /// It may answer; what it says must hold nothing protected.
        case harmless

        static let refused = fails([])
        static let forbidden = fails(["42501"])
    }

    var name: String
    var statements: [String]
    var outcome: Outcome
    /// Plans show the constants of the policy; only values, existence and counts are looked for then (docs/limits.md).
    var showsPlan = false

    init(_ name: String, _ statements: String..., is outcome: Outcome, showsPlan: Bool = false) {
        self.name = name
        self.statements = statements
        self.outcome = outcome
        self.showsPlan = showsPlan
    }

    static let all =
        identities + stringsWithSQL + leaks + catalogs + statistics + plans + carriedOver + outside + functions

    private static let identities = [
        Probe("SET ROLE to the superuser", "SET ROLE postgres", is: .forbidden),
        Probe("SET ROLE to the tables' owner", "SET ROLE sluice_owner", is: .forbidden),
        Probe("SET ROLE to the views' owner", "SET ROLE sluice_view", is: .forbidden),
        Probe("SET ROLE to another principal", "SET ROLE {other}", is: .forbidden),
        Probe(
            "SET ROLE to the readers, then read", "SET ROLE sluice_reader", "SELECT * FROM probe.visible", is: .harmless
        ),
        Probe("SET SESSION AUTHORIZATION", "SET SESSION AUTHORIZATION postgres", is: .forbidden),
        Probe("SET SESSION AUTHORIZATION to another", "SET SESSION AUTHORIZATION {other}", is: .forbidden),
        Probe("RESET ROLE, then read", "RESET ROLE", "SELECT * FROM probe.hidden", is: .forbidden),
        Probe(
            "RESET SESSION AUTHORIZATION", "RESET SESSION AUTHORIZATION", "SELECT * FROM probe.hidden", is: .forbidden),
        Probe(
            "set_config('role') in a CTE", "WITH w AS (SELECT set_config('role', 'postgres', false)) SELECT * FROM w",
            is: .refused),
        Probe(
            "set_config('role') in a sub-select",
            "SELECT (SELECT set_config('role', 'sluice_owner', true)), * FROM probe.visible",
            is: .refused),
        Probe(
            "set_config('role') in ORDER BY",
            "SELECT id FROM probe.visible ORDER BY set_config('role', '{other}', false)",
            is: .refused),
        Probe(
            "set_config('role') in a prepared statement", "PREPARE p AS SELECT set_config($1, $2, false)",
            "EXECUTE p('role', 'postgres')", is: .refused),
        Probe(
            "set_config('session_authorization')", "SELECT set_config('session_authorization', 'postgres', false)",
            is: .refused),
        Probe("row_security off", "SET row_security = off", "SELECT count(*) FROM probe.visible", is: .refused),
        Probe("DO block", "DO $$ BEGIN PERFORM 1; END $$", is: .forbidden),
        Probe("a second statement after a comment", "SELECT 1 /* ; */; SELECT * FROM probe.hidden", is: .forbidden),
        Probe("COMMIT and then a statement", "COMMIT; SELECT * FROM store.d{hidden}", is: .forbidden),
        Probe("a statement in dollar quotes", "SELECT $$; SELECT * FROM probe.hidden$$", is: .harmless),
        Probe(
            "ALTER ROLE: more rights", "SET default_transaction_read_only = off", "ALTER ROLE {self} SUPERUSER",
            is: .refused),
        Probe(
            "ALTER ROLE: past row security", "SET default_transaction_read_only = off", "ALTER ROLE {self} BYPASSRLS",
            is: .refused),
        Probe(
            "ALTER ROLE: a default role", "SET default_transaction_read_only = off",
            // Postgres keeps it, warns at every connection and does not follow it; Sluice sets it back.
            "ALTER ROLE {self} SET role = 'postgres'", "ALTER ROLE {self} RESET role", is: .harmless),
        Probe(
            "ALTER ROLE of another", "SET default_transaction_read_only = off", "ALTER ROLE {other} PASSWORD 'x'",
            is: .forbidden),
        Probe(
            "GRANT the tables' owner", "SET default_transaction_read_only = off", "GRANT sluice_owner TO {self}",
            is: .forbidden),
        Probe(
            "GRANT one's readers to another", "SET default_transaction_read_only = off",
            "GRANT sluice_reader TO {other} WITH ADMIN OPTION", is: .forbidden),
        Probe("CREATE ROLE", "SET default_transaction_read_only = off", "CREATE ROLE mine", is: .forbidden),
    ]

    private static let stringsWithSQL: [Probe] = [
        "query_to_xml('SELECT * FROM probe.hidden', true, true, '')",
        "query_to_xmlschema('SELECT * FROM probe.hidden', true, true, '')",
        "query_to_xml_and_xmlschema('SELECT * FROM probe.hidden', true, true, '')",
        "table_to_xml('probe.visible'::regclass, true, true, '')",
        "table_to_xmlschema('probe.visible'::regclass, true, true, '')",
        "table_to_xml_and_xmlschema('probe.visible'::regclass, true, true, '')",
        "schema_to_xml('probe', true, true, '')", "schema_to_xmlschema('probe', true, true, '')",
        "schema_to_xml_and_xmlschema('probe', true, true, '')", "database_to_xml(true, true, '')",
        "database_to_xmlschema(true, true, '')", "database_to_xml_and_xmlschema(true, true, '')",
        "cursor_to_xml('c', 1, true, true, '')", "cursor_to_xmlschema('c', true, true, '')",
        "ts_stat('SELECT to_tsvector(email) FROM probe.hidden')",
        "ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery')",
    ].map { Probe("SQL in a string: \($0.prefix { $0 != "(" })", "SELECT \($0)", is: .forbidden) }

    private static let leaks = [
        Probe("a dataset without a grant", "SELECT * FROM probe.hidden", is: .forbidden),
        Probe("its rows counted", "SELECT count(*) FROM probe.hidden", is: .forbidden),
        Probe("its plan", "EXPLAIN SELECT * FROM probe.hidden", is: .forbidden),
        Probe("its existence by EXISTS", "SELECT EXISTS (SELECT FROM probe.hidden)", is: .forbidden),
        Probe("its table", "SELECT * FROM store.d{hidden}", is: .forbidden),
        Probe("one's own table", "SELECT * FROM store.d{visible}", is: .forbidden),
        Probe("the table by COPY", "COPY store.d{visible} TO STDOUT", is: .forbidden),
        Probe("the view by COPY", "COPY (SELECT * FROM probe.visible) TO STDOUT", is: .harmless),
        Probe("everything", "SELECT * FROM probe.visible", is: .harmless),
        Probe("the whole row", "SELECT v, to_jsonb(v), row_to_json(v) FROM probe.visible AS v", is: .harmless),
        Probe("a cast of a masked column", "SELECT email::int FROM probe.visible", is: .refused),
        Probe("a cast of a hidden column", "SELECT ssn::int FROM probe.visible", is: .harmless),
        Probe(
            "a division by zero in hidden rows", "SELECT id FROM probe.visible WHERE 1 / (amount - 77) IS NOT NULL",
            is: .harmless),
        Probe(
            "a cast error in hidden rows", "SELECT id FROM probe.visible WHERE region::int > 0 OR true", is: .harmless),
        Probe(
            "a cast error in hidden rows, cheap first", "SELECT id FROM probe.visible WHERE note::xml IS NOT NULL",
            is: .harmless),
        Probe(
            "a regular expression over hidden rows",
            "SELECT id FROM probe.visible WHERE note ~ 'CANARY' AND (note || '(') ~ note",
            is: .harmless),
        Probe("a masked column compared", "SELECT id FROM probe.visible WHERE email = '{clear}'", is: .harmless),
        Probe(
            "a masked column by LIKE", "SELECT count(*) FROM probe.visible WHERE email LIKE '%CANARY%'", is: .harmless),
        Probe("a masked column grouped", "SELECT email, count(*) FROM probe.visible GROUP BY email", is: .harmless),
        Probe("a masked column sorted", "SELECT id, email FROM probe.visible ORDER BY email DESC", is: .harmless),
        Probe(
            "a column not granted, aggregated", "SELECT max(ssn), count(ssn), count(DISTINCT ssn) FROM probe.visible",
            is: .harmless),
        Probe(
            "a column not granted, in HAVING", "SELECT count(*) FROM probe.visible HAVING max(ssn) > ''", is: .harmless),
        Probe("ctid", "SELECT ctid FROM probe.visible", is: .refused),
        Probe("xmin", "SELECT xmin FROM probe.visible", is: .refused),
        Probe("tableoid", "SELECT tableoid FROM probe.visible", is: .refused),
        Probe("currtid2", "SELECT currtid2('store.d{visible}', '(0,1)'::tid)", is: .refused),
        Probe("TABLESAMPLE", "SELECT count(*) FROM probe.visible TABLESAMPLE system (100)", is: .refused),
        Probe("FOR UPDATE", "SELECT * FROM probe.visible FOR UPDATE", is: .refused),
        Probe("LOCK of the table", "BEGIN", "LOCK TABLE store.d{visible} IN ACCESS SHARE MODE", is: .forbidden),
        Probe(
            "LOCK of the view, exclusively", "BEGIN", "LOCK TABLE probe.visible IN ACCESS EXCLUSIVE MODE",
            is: .forbidden),
        Probe("ANALYZE", "SET default_transaction_read_only = off", "ANALYZE VERBOSE store.d{visible}", is: .refused),
        Probe("VACUUM", "SET default_transaction_read_only = off", "VACUUM (VERBOSE) sluice.held_grant", is: .harmless),
        Probe(
            "INSERT through the view", "SET default_transaction_read_only = off",
            "INSERT INTO probe.visible (id) VALUES (1)", is: .refused),
        Probe(
            "UPDATE through the view", "SET default_transaction_read_only = off",
            "UPDATE probe.visible SET region = 'EU'", is: .refused),
        Probe(
            "a row by its constraint", "SET default_transaction_read_only = off",
            "INSERT INTO store.d{visible} (id) VALUES (1)", is: .refused),
        Probe(
            "a join that removes the fence",
            "SELECT v.id FROM probe.visible AS v LEFT JOIN probe.hidden AS h ON h.id = v.id", is: .forbidden),
    ]

    private static let catalogs = [
        Probe("the view's text", "SELECT pg_get_viewdef('probe.visible'::regclass)", is: .harmless),
        Probe("all rules' texts", "SELECT pg_get_ruledef(oid) FROM pg_rewrite", is: .harmless),
        Probe("policies", "SELECT * FROM pg_policies", is: .harmless),
        Probe("policies' expressions", "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy", is: .harmless),
        Probe("functions' texts", "SELECT prosrc FROM pg_proc", is: .forbidden),
        Probe("functions' bodies", "SELECT prosqlbody FROM pg_proc", is: .forbidden),
        Probe("functions by row", "SELECT p FROM pg_proc AS p", is: .forbidden),
        Probe(
            "a function's definition",
            "SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p WHERE proname = 'rows_{visible}'", is: .forbidden),
        Probe(
            "a function's body",
            "SELECT pg_get_function_sqlbody(p.oid) FROM pg_proc AS p WHERE proname = 'rows_{visible}'", is: .forbidden),
        Probe(
            "routines of the information schema", "SELECT routine_definition FROM information_schema.routines",
            is: .harmless),
        Probe("views of the information schema", "SELECT view_definition FROM information_schema.views", is: .harmless),
        Probe(
            "what depends on what",
            "SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend WHERE refobjid = 'store.d{visible}'::regclass",
            is: .refused),
        Probe("defaults", "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef", is: .harmless),
        Probe(
            "missing values of columns", "SELECT attmissingval FROM pg_attribute WHERE attmissingval IS NOT NULL",
            is: .harmless),
        Probe("passwords", "SELECT rolpassword FROM pg_authid", is: .forbidden),
        Probe("passwords by the view", "SELECT * FROM pg_shadow", is: .forbidden),
        Probe("principals", "SELECT * FROM sluice.principal", is: .forbidden),
        Probe("tokens", "SELECT * FROM sluice.token", is: .forbidden),
        Probe("grants", "SELECT * FROM sluice.held_grant", is: .forbidden),
        Probe("filters", "SELECT * FROM sluice.row_filter", is: .forbidden),
        Probe("generated texts", "SELECT * FROM sluice.enforcement", is: .forbidden),
        Probe("audit", "SELECT * FROM sluice.change_audit", is: .forbidden),
        Probe("migrations", "SELECT * FROM sluice_migration.schema_migrations", is: .forbidden),
        Probe("drift", "SELECT * FROM sluice.drift()", is: .forbidden),
        Probe("a change of policy", "SELECT sluice.begin_change()", is: .forbidden),
        Probe("the fence", "SELECT sluice.fence(1)", is: .forbidden),
        Probe("the epoch's sequence", "SELECT last_value FROM sluice.epoch_seq", is: .forbidden),
        Probe("large objects", "SELECT * FROM pg_largeobject", is: .forbidden),
    ]

    private static let statistics = [
        Probe("pg_stats", "SELECT * FROM pg_stats WHERE schemaname = 'store'", is: .harmless),
        Probe("pg_statistic", "SELECT * FROM pg_statistic", is: .forbidden),
        Probe("pg_stats_ext", "SELECT * FROM pg_stats_ext", is: .harmless),
        Probe("reltuples", "SELECT reltuples FROM pg_class", is: .forbidden),
        Probe("relpages", "SELECT relpages FROM pg_class", is: .forbidden),
        Probe("relations by row", "SELECT c FROM pg_class AS c", is: .forbidden),
        Probe("table statistics", "SELECT * FROM pg_stat_user_tables", is: .forbidden),
        Probe("table I/O", "SELECT * FROM pg_statio_user_tables", is: .forbidden),
        Probe(
            "live rows", "SELECT pg_stat_get_live_tuples((SELECT oid FROM pg_class WHERE relname = 'd{hidden}'))",
            is: .forbidden),
        Probe("other sessions", "SELECT * FROM pg_stat_activity", is: .forbidden),
        Probe("locks", "SELECT * FROM pg_locks", is: .forbidden),
        Probe("progress of others", "SELECT * FROM pg_stat_progress_copy", is: .forbidden),
        Probe(
            "relation size", "SELECT pg_relation_size((SELECT oid FROM pg_class WHERE relname = 'd{hidden}'))",
            is: .forbidden),
        Probe(
            "table size", "SELECT pg_table_size((SELECT oid FROM pg_class WHERE relname = 'd{hidden}'))", is: .forbidden
        ),
        Probe(
            "total size", "SELECT pg_total_relation_size((SELECT oid FROM pg_class WHERE relname = 'd{hidden}'))",
            is: .forbidden),
        Probe("database size", "SELECT pg_database_size(current_database())", is: .forbidden),
        Probe(
            "the file of a table",
            "SELECT pg_relation_filepath((SELECT oid FROM pg_class WHERE relname = 'd{hidden}'))", is: .forbidden),
        Probe(
            "column size of a masked value", "SELECT pg_column_size(email), pg_column_size(ssn) FROM probe.visible",
            is: .harmless),
    ]

    private static let plans = [
        Probe(
            "EXPLAIN VERBOSE", "EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM probe.visible", is: .harmless,
            showsPlan: true),
        Probe(
            "estimates of an absent value", "EXPLAIN SELECT * FROM probe.visible WHERE email = '{clear}'",
            is: .harmless,
            showsPlan: true),
        Probe(
            "plans printed as notices", "SET client_min_messages = log", "SET debug_print_plan = on",
            "SET debug_print_rewritten = on", "SELECT * FROM probe.visible", is: .harmless, showsPlan: true),
        Probe(
            "sorting traced", "SET client_min_messages = log", "SET trace_sort = on",
            "SELECT email FROM probe.visible ORDER BY email", is: .harmless),
        Probe("statements logged", "SET log_statement = 'all'", is: .forbidden),
        Probe("messages logged", "SET log_min_messages = debug5", is: .forbidden),
        Probe(
            "debug messages", "SET client_min_messages = debug5", "SELECT * FROM probe.visible", is: .harmless,
            showsPlan: true),
    ]

    private static let carriedOver = [
        Probe(
            "temporary tables", "SET default_transaction_read_only = off",
            "CREATE TEMP TABLE t AS SELECT * FROM probe.visible", is: .forbidden),
        Probe(
            "temporary views", "SET default_transaction_read_only = off", "CREATE TEMP VIEW v AS SELECT 1",
            is: .forbidden),
        Probe(
            "temporary functions", "SET default_transaction_read_only = off",
            "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", is: .refused),
        Probe(
            "SELECT INTO", "SET default_transaction_read_only = off", "SELECT * INTO mine FROM probe.visible",
            is: .refused),
        Probe("advisory locks", "SELECT pg_advisory_lock(1)", is: .forbidden),
        Probe("a snapshot handed on", "BEGIN", "SELECT pg_export_snapshot()", is: .forbidden),
        Probe(
            "a snapshot taken on", "BEGIN ISOLATION LEVEL REPEATABLE READ",
            "SET TRANSACTION SNAPSHOT '00000003-0000001B-1'", is: .refused),
        Probe("pg_notify", "SELECT pg_notify('c', 'x')", is: .forbidden),
        Probe("a prepared transaction", "BEGIN", "PREPARE TRANSACTION 'x'", is: .refused),
        Probe(
            "a cursor held over the end of its transaction", "BEGIN",
            "DECLARE h CURSOR WITH HOLD FOR SELECT * FROM probe.visible", "COMMIT", "FETCH ALL FROM h", is: .harmless),
    ]

    private static let outside = [
        Probe("pg_read_file", "SELECT pg_read_file('PG_VERSION')", is: .forbidden),
        Probe("pg_read_binary_file", "SELECT pg_read_binary_file('PG_VERSION')", is: .forbidden),
        Probe("pg_ls_dir", "SELECT pg_ls_dir('.')", is: .forbidden),
        Probe("pg_stat_file", "SELECT pg_stat_file('PG_VERSION')", is: .forbidden),
        Probe("lo_import", "SELECT lo_import('/etc/passwd')", is: .forbidden),
        Probe("lo_from_bytea in READ ONLY", "SELECT lo_from_bytea(0, 'x')", is: .forbidden),
        Probe("lo_put in READ ONLY", "SELECT lo_put(1, 0, 'x')", is: .forbidden),
        Probe("lo_creat", "SELECT lo_creat(-1)", is: .forbidden),
        Probe("COPY to a file", "COPY (SELECT 1) TO '/var/lib/out-of-sluice'", is: .forbidden),
        Probe("COPY to a program", "COPY (SELECT 1) TO PROGRAM 'true'", is: .forbidden),
        Probe(
            "COPY from a file", "SET default_transaction_read_only = off", "COPY store.d{visible} FROM '/etc/passwd'",
            is: .forbidden),
        Probe("LOAD", "LOAD 'auto_explain'", is: .refused),
        Probe("CREATE EXTENSION", "SET default_transaction_read_only = off", "CREATE EXTENSION dblink", is: .refused),
        Probe(
            "CREATE TABLE", "SET default_transaction_read_only = off", "CREATE TABLE public.mine (n int)",
            is: .forbidden),
        Probe(
            "CREATE TABLE in the domain", "SET default_transaction_read_only = off", "CREATE TABLE probe.mine (n int)",
            is: .forbidden),
        Probe("CREATE SCHEMA", "SET default_transaction_read_only = off", "CREATE SCHEMA mine", is: .forbidden),
        Probe(
            "CREATE VIEW", "SET default_transaction_read_only = off", "CREATE VIEW public.mine AS SELECT 1",
            is: .forbidden),
        Probe(
            "CREATE FUNCTION", "SET default_transaction_read_only = off",
            "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", is: .forbidden),
        Probe(
            "CREATE OPERATOR", "SET default_transaction_read_only = off",
            "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)", is: .refused),
        Probe(
            "CREATE PUBLICATION", "SET default_transaction_read_only = off", "CREATE PUBLICATION mine", is: .forbidden),
        Probe(
            "CREATE SUBSCRIPTION", "SET default_transaction_read_only = off",
            "CREATE SUBSCRIPTION mine CONNECTION 'host=x' PUBLICATION p", is: .refused),
        Probe("a replication slot", "SELECT pg_create_logical_replication_slot('s', 'pgoutput')", is: .refused),
        Probe("changes of a slot", "SELECT * FROM pg_logical_slot_peek_changes('s', NULL, NULL)", is: .refused),
        Probe("pg_logical_emit_message", "SELECT pg_logical_emit_message(false, 'x', 'y')", is: .forbidden),
        Probe("pg_sleep", "SELECT pg_sleep(0)", is: .forbidden),
        Probe("pg_terminate_backend", "SELECT pg_terminate_backend(pg_backend_pid())", is: .forbidden),
        Probe("pg_reload_conf", "SELECT pg_reload_conf()", is: .forbidden),
        Probe("ALTER SYSTEM", "ALTER SYSTEM SET log_statement = 'all'", is: .forbidden),
    ]

    private static let functions = [
        Probe(
            "decisions on a dataset that is not one's own", "SELECT sluice.allowed({hidden}, sluice.epoch())",
            is: .forbidden),
        Probe("decisions on a dataset that is none", "SELECT sluice.allowed(1, sluice.epoch())", is: .forbidden),
        Probe(
            "decisions of another version", "SELECT sluice.allowed({visible}, sluice.epoch() - 1)",
            is: .fails(["40001"])),
        Probe(
            "attributes of another type", "SELECT sluice.attribute_values('region', NULL::regrole, sluice.epoch())",
            is: .harmless),
        Probe("the maskers called by hand", "SELECT sluice.mask_email('me@x.y')", is: .harmless),
        Probe(
            "operators that shadow", "SET search_path = public, pg_catalog", "SELECT * FROM probe.visible",
            is: .harmless),
        Probe("null is equal", "SET transform_null_equals = on", "SELECT * FROM probe.visible", is: .harmless),
        Probe(
            "backslashes escape", "SET standard_conforming_strings = off", "SELECT * FROM probe.visible", is: .harmless),
        Probe("plpgsql is stricter", "SET plpgsql.extra_errors = 'all'", "SELECT * FROM probe.visible", is: .harmless),
        Probe(
            "plpgsql prefers columns", "SET plpgsql.variable_conflict = 'use_column'", "SELECT * FROM probe.visible",
            is: .harmless),
        Probe("everything in parallel", "SET force_parallel_mode = on", "SELECT * FROM probe.visible", is: .harmless),
        Probe(
            "nothing is dear", "SET cpu_operator_cost = 0", "SET cpu_tuple_cost = 0", "SELECT * FROM probe.visible",
            is: .harmless),
    ]
}
