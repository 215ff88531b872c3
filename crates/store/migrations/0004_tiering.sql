-- Tiering: what customers do per day, rules in versions, and who stands where.
-- Distributed by customer_id: measure_buckets, standings, decisions. Reference: programmes, programme_versions,
-- rfm_cuts.

-- One customer's year, packed: the days on which something happened, with their measures.
CREATE TABLE measure_buckets (
    customer_id {uuid} NOT NULL,
    year {int} NOT NULL,
    days {bytes} NOT NULL,
    CONSTRAINT measure_buckets_pk PRIMARY KEY (customer_id, year)
) {clustered};

-- Whom an evaluation of all looks at, without touching the wide rows.
CREATE INDEX customers_population ON customers (customer_id, status, joined_day);

CREATE TABLE programmes (
    programme_id {uuid} NOT NULL,
    name_zh {text} NOT NULL,
    name_en {text} NOT NULL,
    template {text} NOT NULL,
    -- The one whose level stands in the customer's headline.
    is_primary {bool} NOT NULL,
    published_id {uuid},
    -- The rules being edited, and their ETag.
    draft {json},
    draft_version {int} NOT NULL,
    evaluated_at {int},
    evaluated_as_of {int},
    evaluated_id {uuid},
    created_at {int} NOT NULL,
    CONSTRAINT programmes_pk PRIMARY KEY (programme_id)
);

CREATE TABLE programme_versions (
    version_id {uuid} NOT NULL,
    programme_id {uuid} NOT NULL,
    number {int} NOT NULL,
    state {text} NOT NULL,
    rules {json} NOT NULL,
    note {text} NOT NULL,
    published_at {int} NOT NULL,
    published_by {uuid},
    CONSTRAINT programme_versions_pk PRIMARY KEY (version_id),
    CONSTRAINT programme_versions_number UNIQUE (programme_id, number)
);

-- The limits of RFM grades as they were last drawn from everyone.
CREATE TABLE rfm_cuts (
    version_id {uuid} NOT NULL,
    as_of {int} NOT NULL,
    cuts {json} NOT NULL,
    CONSTRAINT rfm_cuts_pk PRIMARY KEY (version_id)
);

-- Where each customer stands in each programme.
CREATE TABLE standings (
    customer_id {uuid} NOT NULL,
    programme_id {uuid} NOT NULL,
    level_id {uuid},
    level_rank {int} NOT NULL,
    since {int} NOT NULL,
    score {real} NOT NULL,
    loyalty {real} NOT NULL,
    rfm {int} NOT NULL,
    potential {real} NOT NULL,
    as_of {int} NOT NULL,
    version_id {uuid} NOT NULL,
    decided_at {int} NOT NULL,
    -- Of everything that is written for the customer here and in the headline: equal means nothing to write.
    fingerprint {int} NOT NULL,
    revision {int} NOT NULL,
    CONSTRAINT standings_pk PRIMARY KEY (customer_id, programme_id)
) {clustered};

-- Every change of a level with what it rested on; never changed, never recomputed.
CREATE TABLE decisions (
    customer_id {uuid} NOT NULL,
    decided_at {int} NOT NULL,
    decision_id {uuid} NOT NULL,
    programme_id {uuid} NOT NULL,
    change_kind {text} NOT NULL,
    cause {text} NOT NULL,
    from_rank {int} NOT NULL,
    to_rank {int} NOT NULL,
    from_level {uuid},
    to_level {uuid},
    as_of {int} NOT NULL,
    version_id {uuid} NOT NULL,
    score {real} NOT NULL,
    reason {json} NOT NULL,
    inputs {json} NOT NULL,
    CONSTRAINT decisions_pk PRIMARY KEY (customer_id, decided_at, decision_id)
) {clustered};
CREATE INDEX decisions_latest ON decisions (decided_at, decision_id);
