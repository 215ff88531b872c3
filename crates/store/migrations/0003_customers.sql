-- Customers, how they are known, and what happened to them.
-- Distributed by customer_id: customers, customer_identities, customer_search, customer_tags, customer_tag_history,
-- activities. Look-up tables, distributed by their own value: customer_phones, customer_emails, external_ids,
-- activity_keys. Local: tags, segments, saved_views.

CREATE TABLE customers (
-- @sqlite
    -- The row's own number, by which the search index knows it. An explicit key: VACUUM leaves it as it is.
    row_id INTEGER PRIMARY KEY,
-- @all
    customer_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    name {text} NOT NULL,
    -- The name as it sounds; lists sort by it.
    name_sort {text} NOT NULL,
    status {text} NOT NULL,
    gender {text},
    birthday {int},
    -- Month and day as 1231: whose birthday it is, whatever the year.
    birthday_md {int},
    region {text},
    city {text},
    -- When the order happened from which region and city were taken; none: a person or a file of customers gave them.
    place_from {int},
    note {text},
    owner_id {uuid},
    department_id {uuid},
    source {text},
    joined_day {int},
    import_id {uuid},
    -- Of what people edit: the ETag.
    version {int} NOT NULL,
    -- Counted up by whoever must be alone with this customer: the first statement of such a unit of work.
    turn {int} NOT NULL DEFAULT 0,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    -- The headline: written by the tiering room only. -1 and -1000000 stand for "none", so that a sorted list has
    -- a place for everybody.
    level_rank {int} NOT NULL DEFAULT 0,
    level_id {uuid},
    level_since {int},
    score {real} NOT NULL DEFAULT -1,
    rfm {int} NOT NULL DEFAULT 0,
    value_class {text},
    orders {int} NOT NULL DEFAULT 0,
    net_spend {int} NOT NULL DEFAULT 0,
    first_order_day {int} NOT NULL DEFAULT -1000000,
    last_order_day {int} NOT NULL DEFAULT -1000000,
    potential {real},
    headline_as_of {int},
-- @sqlite
    CONSTRAINT customers_id UNIQUE (customer_id)
-- @postgres
    CONSTRAINT customers_pk PRIMARY KEY (customer_id)
-- @all
-- @sqlite
);
-- @postgres
-- Rows are updated with every order: room in each page keeps that update in its page.
) WITH (fillfactor = 80);
-- @all
CREATE INDEX customers_level_score ON customers (level_rank, score, customer_id);
CREATE INDEX customers_net_spend ON customers (net_spend, customer_id);
CREATE INDEX customers_last_order ON customers (last_order_day, customer_id);
CREATE INDEX customers_name ON customers (name_sort, customer_id);
CREATE INDEX customers_owner ON customers (owner_id);
CREATE INDEX customers_department ON customers (department_id);

CREATE TABLE customer_phones (
    phone {text} NOT NULL,
    customer_id {uuid} NOT NULL,
    CONSTRAINT customer_phones_pk PRIMARY KEY (phone)
) {clustered};

CREATE TABLE customer_emails (
    email {text} NOT NULL,
    customer_id {uuid} NOT NULL,
    CONSTRAINT customer_emails_pk PRIMARY KEY (email)
) {clustered};

CREATE TABLE external_ids (
    source {text} NOT NULL,
    value {text} NOT NULL,
    customer_id {uuid} NOT NULL,
    CONSTRAINT external_ids_pk PRIMARY KEY (source, value)
) {clustered};

-- The identities of one customer, in the order in which they were given.
CREATE TABLE customer_identities (
    customer_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    source {text} NOT NULL,
    value {text} NOT NULL,
    place {int} NOT NULL,
    CONSTRAINT customer_identities_pk PRIMARY KEY (customer_id, kind, source, value)
) {clustered};

-- Tokens of our own making (letters and digits between spaces), so the simplest word breaker is the right one.
-- @sqlite
CREATE VIRTUAL TABLE customer_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '3 4'
);
-- @postgres
CREATE TABLE customer_search (
    customer_id UUID NOT NULL,
    tokens TSVECTOR NOT NULL,
    CONSTRAINT customer_search_pk PRIMARY KEY (customer_id)
);
CREATE INDEX customer_search_tokens ON customer_search USING gin (tokens);
-- @all

CREATE TABLE tags (
    tag_id {uuid} NOT NULL,
    name {text} NOT NULL,
    -- The name folded: two spellings of one name are one tag.
    name_key {text} NOT NULL,
    colour {text} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    CONSTRAINT tags_pk PRIMARY KEY (tag_id),
    CONSTRAINT tags_name UNIQUE (name_key)
);

CREATE TABLE customer_tags (
    customer_id {uuid} NOT NULL,
    tag_id {uuid} NOT NULL,
    tagged_at {int} NOT NULL,
    tagged_by {uuid},
    CONSTRAINT customer_tags_pk PRIMARY KEY (customer_id, tag_id)
) {clustered};
CREATE INDEX customer_tags_tag ON customer_tags (tag_id, customer_id);

CREATE TABLE customer_tag_history (
    customer_id {uuid} NOT NULL,
    changed_at {int} NOT NULL,
    tag_id {uuid} NOT NULL,
    added {bool} NOT NULL,
    -- The tag's name on that day: the history outlives the tag.
    name {text} NOT NULL,
    staff_id {uuid},
    CONSTRAINT customer_tag_history_pk PRIMARY KEY (customer_id, changed_at, tag_id, added)
) {clustered};

CREATE TABLE segments (
    segment_id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    condition {json} NOT NULL,
    created_by {uuid},
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT segments_pk PRIMARY KEY (segment_id),
    CONSTRAINT segments_name UNIQUE (name_key)
);

CREATE TABLE saved_views (
    view_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    page {text} NOT NULL,
    name {text} NOT NULL,
    content {json} NOT NULL,
    shared {bool} NOT NULL,
    created_at {int} NOT NULL,
    CONSTRAINT saved_views_pk PRIMARY KEY (view_id)
);
CREATE INDEX saved_views_staff ON saved_views (staff_id);

-- What happened, in the order in which a time line shows it.
CREATE TABLE activities (
    customer_id {uuid} NOT NULL,
    occurred_at {int} NOT NULL,
    activity_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    day {int} NOT NULL,
    source {text} NOT NULL,
    source_id {text} NOT NULL,
    revision {int} NOT NULL,
    amount {int},
    quantity {int},
    channel {text},
    direction {text},
    subject {text},
    body {text},
    staff_id {uuid},
    of_source_id {text},
    lines {json},
    import_id {uuid},
    recorded_at {int} NOT NULL,
    CONSTRAINT activities_pk PRIMARY KEY (customer_id, occurred_at, activity_id)
) {clustered};

-- Each (source, source_id) counts once; where it stands, and a fingerprint of what it said.
CREATE TABLE activity_keys (
    source {text} NOT NULL,
    source_id {text} NOT NULL,
    customer_id {uuid} NOT NULL,
    occurred_at {int} NOT NULL,
    activity_id {uuid} NOT NULL,
    revision {int} NOT NULL,
    content_hash {int} NOT NULL,
    CONSTRAINT activity_keys_pk PRIMARY KEY (source, source_id)
) {clustered};
