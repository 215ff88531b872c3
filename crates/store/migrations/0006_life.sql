-- The life of a level: how it is held beneath what a person puts on top of it, what is to be decided by people, notices
-- that went out, and runs over everyone.
-- Distributed by customer_id: standings, level_layers, level_notices, level_queue. Reference: level_runs, level_gates.

-- The computed layer. NULL in programmes whose rules have no settings for lives, and before the first look at it.
ALTER TABLE standings ADD COLUMN held_level {uuid};
ALTER TABLE standings ADD COLUMN held_rank {int};
ALTER TABLE standings ADD COLUMN held_since {int};
-- The last day on which it was looked at.
ALTER TABLE standings ADD COLUMN held_on {int};
-- active or observation.
ALTER TABLE standings ADD COLUMN stage {text};
ALTER TABLE standings ADD COLUMN keep_until {int};
ALTER TABLE standings ADD COLUMN observe_until {int};
ALTER TABLE standings ADD COLUMN fallen_level {uuid};
ALTER TABLE standings ADD COLUMN fallen_rank {int};
ALTER TABLE standings ADD COLUMN fallen_on {int};
ALTER TABLE standings ADD COLUMN pending_level {uuid};
ALTER TABLE standings ADD COLUMN pending_rank {int};
ALTER TABLE standings ADD COLUMN pending_asked {int};
ALTER TABLE standings ADD COLUMN stands {bool};
-- How it stood at the end of the day before on which it was looked at, and that day. NULL with a day: just as now.
ALTER TABLE standings ADD COLUMN opening {json};
ALTER TABLE standings ADD COLUMN opened_on {int};
-- The last day on which something was refunded, corrected downwards or withdrawn.
ALTER TABLE standings ADD COLUMN taken_on {int};
-- A rise that was approved: its level and the day on which it was asked for.
ALTER TABLE standings ADD COLUMN approved_level {uuid};
ALTER TABLE standings ADD COLUMN approved_asked {int};
-- Why a person should look at it: the item in the queue that stands for it.
ALTER TABLE standings ADD COLUMN watched {text};
-- The next day on which time alone changes something.
ALTER TABLE standings ADD COLUMN due_day {int};
CREATE INDEX standings_due ON standings (due_day) WHERE due_day IS NOT NULL;
CREATE INDEX standings_observed ON standings (observe_until) WHERE observe_until IS NOT NULL;
CREATE INDEX standings_kept ON standings (keep_until) WHERE keep_until IS NOT NULL;

-- What a person put on top: one manual level and one temporary grant for a customer and programme.
CREATE TABLE level_layers (
    customer_id {uuid} NOT NULL,
    programme_id {uuid} NOT NULL,
    -- manual or grant.
    kind {text} NOT NULL,
    level_id {uuid} NOT NULL,
    from_day {int} NOT NULL,
    -- The last day of it; NULL: until it is taken away.
    until_day {int},
    reason {text} NOT NULL,
    by_staff {uuid},
    made_at {int} NOT NULL,
    CONSTRAINT level_layers_pk PRIMARY KEY (customer_id, programme_id, kind)
) {clustered};
CREATE INDEX level_layers_programme ON level_layers (programme_id, customer_id);

-- Notices that went out, so that each goes once.
CREATE TABLE level_notices (
    customer_id {uuid} NOT NULL,
    programme_id {uuid} NOT NULL,
    -- The last day of the cycle or observation that the notice is about.
    cycle {int} NOT NULL,
    -- keep_90, observation_0 …
    kind {text} NOT NULL,
    sent_at {int} NOT NULL,
    CONSTRAINT level_notices_pk PRIMARY KEY (customer_id, programme_id, cycle, kind)
) {clustered};

-- What waits for a person, and what people decided.
CREATE TABLE level_queue (
    item_id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    programme_id {uuid} NOT NULL,
    -- upgrade, borderline or disagreement.
    kind {text} NOT NULL,
    -- open, approved, rejected, locked or lapsed.
    state {text} NOT NULL,
    from_level {uuid},
    to_level {uuid},
    asked_on {int} NOT NULL,
    why {json} NOT NULL,
    score {real} NOT NULL,
    rfm {int} NOT NULL,
    version {int} NOT NULL,
    decided_by {uuid},
    decided_at {int},
    reason {text},
    CONSTRAINT level_queue_pk PRIMARY KEY (customer_id, programme_id, kind, asked_on, item_id)
) {clustered};
CREATE INDEX level_queue_open ON level_queue (state, asked_on, item_id);
CREATE INDEX level_queue_item ON level_queue (item_id);

-- Runs over everyone, or over those for whom a day fell due.
CREATE TABLE level_runs (
    run_id {uuid} NOT NULL,
    programme_id {uuid} NOT NULL,
    -- review or daily.
    kind {text} NOT NULL,
    state {text} NOT NULL,
    as_of {int} NOT NULL,
    -- Whether it was only to be looked at.
    preview {bool} NOT NULL,
    -- Counts and moves, as they are reported.
    report {json} NOT NULL,
    -- Up to which customer it is done.
    reached {uuid},
    started_by {uuid},
    decided_by {uuid},
    reason {text},
    created_at {int} NOT NULL,
    finished_at {int},
    CONSTRAINT level_runs_pk PRIMARY KEY (run_id)
);
CREATE INDEX level_runs_latest ON level_runs (created_at, run_id);

-- Up to which day levels may be lost: a run opens the gate, the brake keeps it shut.
CREATE TABLE level_gates (
    programme_id {uuid} NOT NULL,
    through {int} NOT NULL,
    CONSTRAINT level_gates_pk PRIMARY KEY (programme_id)
);
