-- The roles that share the work of enforcement, and the schemas they own. Needs a superuser once.
-- sluice_owner   owns tables (schema store) and decision functions (schema sluice); nobody logs in as it.
-- sluice_view    owns the governed views and nothing else: never a table, so row security binds it.
-- sluice_reader  what every principal's role may do before any grant: connect, and execute the decision functions.
-- sluice_ingest  what every ingest role may do: connect, and execute the functions that begin and end a load.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['sluice_owner', 'sluice_view', 'sluice_reader', 'sluice_ingest'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', role);
        END IF;
    END LOOP;
    EXECUTE format('GRANT sluice_owner, sluice_view TO %I', current_user);
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO sluice_reader, sluice_ingest', current_database());
END $$;

CREATE SCHEMA sluice AUTHORIZATION sluice_owner;
CREATE SCHEMA store AUTHORIZATION sluice_owner;
-- Stages of upserts: sluice_stage.d<dataset>_e<epoch>, one per attempt, so no attempt waits for the locks of another.
CREATE SCHEMA sluice_stage AUTHORIZATION sluice_owner;
-- A grant on this empty schema, repeated at every change of policy, invalidates every cached plan of the cluster.
CREATE SCHEMA sluice_invalidation AUTHORIZATION sluice_owner;

-- pg_trgm: search that forgives typing errors. In a schema of its own; its functions are harmless.
CREATE SCHEMA sluice_search AUTHORIZATION sluice_owner;
CREATE EXTENSION pg_trgm SCHEMA sluice_search;

GRANT USAGE ON SCHEMA sluice TO sluice_reader, sluice_view;
GRANT USAGE ON SCHEMA store TO sluice_view;

ALTER DEFAULT PRIVILEGES FOR ROLE sluice_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE sluice_view REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE sluice_owner REVOKE USAGE ON TYPES FROM PUBLIC;
