-- Durable work, messages between rooms, answers kept for repeated calls, and the record of who did what.
-- All of it is local to one node of a spread database, except idempotency_keys, a look-up by its own value.

-- state: waiting (run_at is still to come), queued, running, done, dead, cancelled.
-- live_key is the dedup key, set only while the job is waiting, queued or running.
CREATE TABLE jobs (
    job_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    state {text} NOT NULL,
    priority {int} NOT NULL,
    run_at {int} NOT NULL,
    live_key {text},
    payload {json} NOT NULL,
    progress {json},
    result {json},
    error {json},
    attempts {int} NOT NULL,
    lease_id {uuid},
    lease_until {int},
    cancel_wanted {bool} NOT NULL,
    created_by {uuid},
    created_at {int} NOT NULL,
    started_at {int},
    finished_at {int},
    CONSTRAINT jobs_pk PRIMARY KEY (job_id)
);
CREATE UNIQUE INDEX jobs_live_key ON jobs (live_key) WHERE live_key IS NOT NULL;
CREATE INDEX jobs_queue ON jobs (priority DESC, run_at, job_id) WHERE state = 'queued';
CREATE INDEX jobs_waiting ON jobs (run_at) WHERE state = 'waiting';
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_by_kind ON jobs (kind, job_id);

CREATE TABLE schedules (
    name {text} NOT NULL,
    cron {text} NOT NULL,
    zone {text} NOT NULL,
    kind {text} NOT NULL,
    payload {json} NOT NULL,
    next_at {int} NOT NULL,
    CONSTRAINT schedules_pk PRIMARY KEY (name)
);

-- A message is spread into one delivery per subscriber; a delivery that had its effect is gone.
CREATE TABLE outbox (
    message_id {uuid} NOT NULL,
    topic {text} NOT NULL,
    message_key {text} NOT NULL,
    payload {json} NOT NULL,
    sent_at {int} NOT NULL,
    spread {bool} NOT NULL,
    CONSTRAINT outbox_pk PRIMARY KEY (message_id)
);
CREATE INDEX outbox_fresh ON outbox (message_id) WHERE NOT spread;

CREATE TABLE outbox_deliveries (
    subscriber {text} NOT NULL,
    message_id {uuid} NOT NULL,
    attempts {int} NOT NULL,
    due_at {int},
    error {text},
    CONSTRAINT outbox_deliveries_pk PRIMARY KEY (subscriber, message_id)
) {clustered};
CREATE INDEX outbox_deliveries_due ON outbox_deliveries (due_at, message_id) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_deliveries_message ON outbox_deliveries (message_id);

CREATE TABLE idempotency_keys (
    caller {text} NOT NULL,
    idempotency_key {text} NOT NULL,
    request_hash {bytes} NOT NULL,
    status {int},
    body {text},
    created_at {int} NOT NULL,
    CONSTRAINT idempotency_keys_pk PRIMARY KEY (caller, idempotency_key)
) {clustered};
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Every entry carries the hash of itself and of the one before; the head says where the chain ends.
CREATE TABLE audit (
    seq {int} NOT NULL,
    at {int} NOT NULL,
    actor {uuid},
    action {text} NOT NULL,
    subject {text} NOT NULL,
    detail {json} NOT NULL,
    hash {bytes} NOT NULL,
    CONSTRAINT audit_pk PRIMARY KEY (seq)
);
CREATE INDEX audit_by_subject ON audit (subject, seq);
CREATE INDEX audit_by_actor ON audit (actor, seq);

CREATE TABLE audit_head (
    chain {text} NOT NULL,
    seq {int} NOT NULL,
    hash {bytes} NOT NULL,
    CONSTRAINT audit_head_pk PRIMARY KEY (chain)
);
-- @sqlite
INSERT INTO audit_head (chain, seq, hash) VALUES ('main', 0, zeroblob(32));
-- @postgres
INSERT INTO audit_head (chain, seq, hash) VALUES ('main', 0, decode(repeat('00', 32), 'hex'));
-- @all
