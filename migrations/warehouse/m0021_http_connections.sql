-- Connections to web servers. Replaces a CHECK constraint: an exclusive lock on sluice.connection while its few rows are
-- looked at.
SET LOCAL ROLE sluice_owner;

ALTER TABLE sluice.connection DROP CONSTRAINT connection_kind_check;
ALTER TABLE sluice.connection ADD CONSTRAINT connection_kind_check CHECK (kind IN ('file', 'postgres', 'http'));
