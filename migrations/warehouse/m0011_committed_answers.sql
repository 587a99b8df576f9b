-- Answers to requests with an Idempotency-Key, each in the transaction of the change or load that it tells of. The server
-- keeps answers in `control` too, after the commit: this table decides when it died between the two, and the key of one
-- that still commits when its repeat does the same. Rows live for 24 hours.
SET LOCAL ROLE sluice_owner;

CREATE TABLE sluice.committed_answer (
    principal text NOT NULL,
    key text NOT NULL,                                -- made from the key and the caller's token
    request text NOT NULL,                            -- fingerprint of head and body
    status int NOT NULL,
    fields json NOT NULL,
    body bytea NOT NULL,                              -- sealed with the caller's token
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal, key)
);
CREATE INDEX committed_answer_created_idx ON sluice.committed_answer (created_at);
