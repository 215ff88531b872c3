-- Dedicated managers, their deputies, hand-overs, visits, and what staff have to do.
-- Distributed by customer_id: customer_managers, visits, hand_over_items. Look-up: visit_keys. Local: manager_profiles,
-- manager_deputies, hand_overs, hand_over_signatures, visit_plans, staff_tasks, calendar_feeds.

-- What a manager is chosen by. Who has no row takes customers of every kind.
CREATE TABLE manager_profiles (
    staff_id {uuid} NOT NULL,
    -- JSON lists of words; empty: any.
    regions {json} NOT NULL,
    industries {json} NOT NULL,
    languages {json} NOT NULL,
    -- Places, in hundredths; none: as the settings have it.
    cap {int},
    -- Whether he is given customers by the house.
    takes {bool} NOT NULL,
    -- Assignments so far. Whoever assigns counts it up first, and then alone counts the load: two never both take
    -- the last place.
    turn {int} NOT NULL,
    version {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT manager_profiles_pk PRIMARY KEY (staff_id)
) {clustered};

CREATE TABLE manager_deputies (
    deputy_row {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    deputy_id {uuid} NOT NULL,
    -- Both days count.
    from_day {int} NOT NULL,
    until_day {int} NOT NULL,
    note {text},
    created_by {uuid},
    created_at {int} NOT NULL,
    CONSTRAINT manager_deputies_pk PRIMARY KEY (deputy_row)
) {clustered};
CREATE INDEX manager_deputies_staff ON manager_deputies (staff_id, until_day);
CREATE INDEX manager_deputies_deputy ON manager_deputies (deputy_id, until_day);

-- Who managed a customer, and when: the name stays as it was.
CREATE TABLE customer_managers (
    customer_id {uuid} NOT NULL,
    period_id {uuid} NOT NULL,
    -- None: from here on nobody.
    staff_id {uuid},
    staff_name {text},
    since {int} NOT NULL,
    -- by_hand, automatic, hand_over, import.
    why {text} NOT NULL,
    by_staff {uuid},
    hand_over_id {uuid},
    CONSTRAINT customer_managers_pk PRIMARY KEY (customer_id, period_id)
) {clustered};

CREATE TABLE hand_overs (
    hand_over_id {uuid} NOT NULL,
    from_id {uuid} NOT NULL,
    from_name {text} NOT NULL,
    -- running, done.
    state {text} NOT NULL,
    -- JSON: who gets whom.
    plan {json} NOT NULL,
    -- JSON: what has been moved, by kind.
    counts {json} NOT NULL,
    note {text} NOT NULL,
    -- What the customers read.
    customer_line {text} NOT NULL,
    created_by {uuid},
    created_at {int} NOT NULL,
    done_at {int},
    version {int} NOT NULL,
    CONSTRAINT hand_overs_pk PRIMARY KEY (hand_over_id)
) {clustered};
CREATE INDEX hand_overs_created ON hand_overs (created_at, hand_over_id);

-- Everything that was handed over, as it was called then.
CREATE TABLE hand_over_items (
    customer_id {uuid} NOT NULL,
    hand_over_id {uuid} NOT NULL,
    item_id {uuid} NOT NULL,
    -- customer, ticket, ticket_task, visit, task.
    kind {text} NOT NULL,
    title {text} NOT NULL,
    -- JSON: level, number, due: what the protocol prints beside the title.
    detail {json} NOT NULL,
    to_id {uuid} NOT NULL,
    CONSTRAINT hand_over_items_pk PRIMARY KEY (customer_id, hand_over_id, item_id)
) {clustered};
CREATE INDEX hand_over_items_of ON hand_over_items (hand_over_id, kind, item_id);

CREATE TABLE hand_over_signatures (
    hand_over_id {uuid} NOT NULL,
    -- Whose signature it is; for somebody who has left, who signed for him stands beside it.
    staff_id {uuid} NOT NULL,
    staff_name {text} NOT NULL,
    -- from, to.
    side {text} NOT NULL,
    signed_at {int},
    signed_by {uuid},
    CONSTRAINT hand_over_signatures_pk PRIMARY KEY (hand_over_id, staff_id)
) {clustered};

-- How many visits a level is promised.
CREATE TABLE visit_plans (
    level_id {uuid} NOT NULL,
    visits {int} NOT NULL,
    -- month, quarter.
    per {text} NOT NULL,
    CONSTRAINT visit_plans_pk PRIMARY KEY (level_id)
) {clustered};

CREATE TABLE visits (
    customer_id {uuid} NOT NULL,
    visit_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    -- visit (in person), call, video, online.
    kind {text} NOT NULL,
    -- planned, done, cancelled.
    state {text} NOT NULL,
    -- The day it is planned for, or was made on.
    day {int} NOT NULL,
    purpose {text},
    -- What was said, and how he was: good, neutral, bad.
    notes {text},
    mood {text},
    -- Why it was cancelled.
    reason {text},
    next_task_id {uuid},
    done_at {int},
    created_by {uuid},
    created_at {int} NOT NULL,
    version {int} NOT NULL,
    CONSTRAINT visits_pk PRIMARY KEY (customer_id, visit_id)
) {clustered};
CREATE INDEX visits_staff ON visits (staff_id, state, day);
CREATE INDEX visits_day ON visits (state, day, visit_id);

CREATE TABLE visit_keys (
    visit_id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    CONSTRAINT visit_keys_pk PRIMARY KEY (visit_id)
) {clustered};

-- What somebody has to do beside tickets and visits: his own notes, next steps of a visit.
CREATE TABLE staff_tasks (
    task_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    customer_id {uuid},
    title {text} NOT NULL,
    note {text},
    due_day {int},
    -- open, done, cancelled.
    state {text} NOT NULL,
    -- own, visit, hand_over.
    source {text} NOT NULL,
    source_id {uuid},
    created_by {uuid},
    created_at {int} NOT NULL,
    done_at {int},
    version {int} NOT NULL,
    CONSTRAINT staff_tasks_pk PRIMARY KEY (task_id)
) {clustered};
CREATE INDEX staff_tasks_staff ON staff_tasks (staff_id, state, due_day);
CREATE INDEX staff_tasks_customer ON staff_tasks (customer_id);

-- Addresses under which a calendar program reads somebody's tasks: only the hash is kept, and it can be taken back.
CREATE TABLE calendar_feeds (
    feed_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    secret_hash {bytes} NOT NULL,
    created_at {int} NOT NULL,
    read_at {int},
    CONSTRAINT calendar_feeds_pk PRIMARY KEY (feed_id),
    CONSTRAINT calendar_feeds_secret UNIQUE (secret_hash)
) {clustered};
CREATE INDEX calendar_feeds_staff ON calendar_feeds (staff_id);
