-- Webhooks out: where what happens here is told, what happened, and what became of each telling. All of it is local to
-- the coordinator: about customers it holds no more than their ids, as words.

CREATE TABLE webhooks (
    webhook_id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    url {text} NOT NULL,
    -- A JSON list of the types that it wants.
    events {json} NOT NULL,
    active {bool} NOT NULL,
    -- Why the house switched it off: gone.
    stopped {text},
    -- Sealed; the one before signs too, until its time is over.
    secret {bytes} NOT NULL,
    old_secret {bytes},
    old_until {int},
    -- Failures in a row, since when, and no attempt before.
    failures {int} NOT NULL,
    failing_since {int},
    open_at {int} NOT NULL,
    succeeded_at {int},
    version {int} NOT NULL,
    created_by {uuid},
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT webhooks_pk PRIMARY KEY (webhook_id),
    CONSTRAINT webhooks_name UNIQUE (name_key)
);

-- order_key: the customer, or the ticket of nobody known; position counts within it, in the order of what happened.
CREATE TABLE webhook_events (
    event_id {uuid} NOT NULL,
    event_type {text} NOT NULL,
    order_key {text} NOT NULL,
    position {int} NOT NULL,
    at {int} NOT NULL,
    payload {json} NOT NULL,
    CONSTRAINT webhook_events_pk PRIMARY KEY (event_id)
);
CREATE INDEX webhook_events_order ON webhook_events (order_key, position);
CREATE INDEX webhook_events_age ON webhook_events (at);

-- state: pending, delivered, dead. While somebody is at it, due_at is the end of his lease. tries are those since it was
-- last begun anew, attempts all of them.
CREATE TABLE webhook_deliveries (
    webhook_id {uuid} NOT NULL,
    event_id {uuid} NOT NULL,
    event_type {text} NOT NULL,
    order_key {text} NOT NULL,
    position {int} NOT NULL,
    state {text} NOT NULL,
    tries {int} NOT NULL,
    attempts {int} NOT NULL,
    due_at {int} NOT NULL,
    give_up_at {int} NOT NULL,
    status {int},
    problem {text},
    done_at {int},
    CONSTRAINT webhook_deliveries_pk PRIMARY KEY (webhook_id, event_id)
) {clustered};
CREATE INDEX webhook_deliveries_heads ON webhook_deliveries (webhook_id, order_key, position) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at, position) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_state ON webhook_deliveries (webhook_id, state, event_id);
CREATE INDEX webhook_deliveries_event ON webhook_deliveries (event_id);

CREATE TABLE webhook_attempts (
    webhook_id {uuid} NOT NULL,
    event_id {uuid} NOT NULL,
    attempt {int} NOT NULL,
    at {int} NOT NULL,
    took_ms {int} NOT NULL,
    status {int},
    problem {text},
    -- The beginning of what was answered.
    answer {text},
    CONSTRAINT webhook_attempts_pk PRIMARY KEY (webhook_id, event_id, attempt)
) {clustered};
CREATE INDEX webhook_attempts_age ON webhook_attempts (at);

-- Keys: what they may do of what their owner may (NULL: all of it), the secret before while both hold, and a limit of
-- their own.
ALTER TABLE api_tokens ADD COLUMN permissions {json};
ALTER TABLE api_tokens ADD COLUMN old_hash {bytes};
ALTER TABLE api_tokens ADD COLUMN old_until {int};
ALTER TABLE api_tokens ADD COLUMN per_minute {int};
CREATE UNIQUE INDEX api_tokens_old ON api_tokens (old_hash) WHERE old_hash IS NOT NULL;

-- What changed since a moment, for other systems that follow.
CREATE INDEX customers_updated ON customers (updated_at);
