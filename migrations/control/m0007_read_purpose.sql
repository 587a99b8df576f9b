-- For what somebody read; NULL: for no purpose.
ALTER TABLE sluice.read_audit ADD COLUMN purpose text;
