-- What customers keep saying: each message of a customer read once, counted by day, and what came of it.
-- Distributed by customer_id: voices, voice_topics, improvement_contributors, feedback_opt_outs, return_visits.
-- Look-up, distributed by its own value: voice_postings (term). Local: topics, voice_days, voice_term_weeks, improvements.

CREATE TABLE topics (
    topic_id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    -- JSON: any, with, without of each rule.
    rules {json} NOT NULL,
    archived {bool} NOT NULL DEFAULT FALSE,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT topics_pk PRIMARY KEY (topic_id),
    CONSTRAINT topics_name UNIQUE (name_key)
) {clustered};

CREATE TABLE voices (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    message_id {uuid} NOT NULL,
    said_at {int} NOT NULL,
    day {int} NOT NULL,
    -- The customer's level when he said it.
    level_rank {int} NOT NULL,
    -- Empty: none named.
    product {text} NOT NULL,
    language {text} NOT NULL,
    -- positive, neutral, negative; -100 to 100.
    sentiment {text} NOT NULL,
    score {int} NOT NULL,
    -- JSON: the words that made the score, and the terms it is found again by.
    words {json} NOT NULL,
    terms {json} NOT NULL,
    -- JSON: ids of topics, sorted.
    topics {json} NOT NULL,
    -- lexicon, model.
    source {text} NOT NULL,
    -- Whether the model service is asked: none, waiting, done, failed; and why it failed.
    model {text} NOT NULL,
    model_error {text},
    CONSTRAINT voices_pk PRIMARY KEY (customer_id, ticket_id, message_id)
) {clustered};
CREATE INDEX voices_said ON voices (said_at, message_id);
CREATE INDEX voices_model ON voices (said_at) WHERE model = 'waiting';

CREATE TABLE voice_topics (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    message_id {uuid} NOT NULL,
    topic_id {uuid} NOT NULL,
    said_at {int} NOT NULL,
    CONSTRAINT voice_topics_pk PRIMARY KEY (customer_id, ticket_id, message_id, topic_id)
) {clustered};
CREATE INDEX voice_topics_said ON voice_topics (topic_id, said_at, message_id);

-- How many voices a day had. The topic of all zeros: every voice; the empty product: every product.
CREATE TABLE voice_days (
    topic_id {uuid} NOT NULL,
    product {text} NOT NULL,
    day {int} NOT NULL,
    level_rank {int} NOT NULL,
    sentiment {text} NOT NULL,
    voices {int} NOT NULL,
    CONSTRAINT voice_days_pk PRIMARY KEY (topic_id, product, day, level_rank, sentiment)
) {clustered};
CREATE INDEX voice_days_day ON voice_days (day, topic_id);

-- In how many voices a term stood, by week (days since 1970 divided by 7).
CREATE TABLE voice_term_weeks (
    term {text} NOT NULL,
    week {int} NOT NULL,
    level_rank {int} NOT NULL,
    voices {int} NOT NULL,
    CONSTRAINT voice_term_weeks_pk PRIMARY KEY (term, week, level_rank)
) {clustered};
CREATE INDEX voice_term_weeks_week ON voice_term_weeks (week, term);

CREATE TABLE voice_postings (
    term {text} NOT NULL,
    said_at {int} NOT NULL,
    message_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    CONSTRAINT voice_postings_pk PRIMARY KEY (term, said_at, message_id)
) {clustered};
CREATE INDEX voice_postings_ticket ON voice_postings (ticket_id);

CREATE TABLE improvements (
    improvement_id {uuid} NOT NULL,
    title {text} NOT NULL,
    detail {text},
    topic_id {uuid},
    -- collected, accepted, doing, done, declined.
    state {text} NOT NULL,
    owner_id {uuid},
    -- Why it was declined.
    reason {text},
    -- What contributors were told when it was done.
    message {text},
    -- JSON: each step with its instant and who took it.
    history {json} NOT NULL,
    created_by {uuid},
    created_at {int} NOT NULL,
    done_at {int},
    updated_at {int} NOT NULL,
    version {int} NOT NULL,
    CONSTRAINT improvements_pk PRIMARY KEY (improvement_id)
) {clustered};
CREATE INDEX improvements_state ON improvements (state, updated_at);

CREATE TABLE improvement_contributors (
    customer_id {uuid} NOT NULL,
    improvement_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    added_at {int} NOT NULL,
    added_by {uuid},
    -- waiting, told, with (told on another ticket of the same customer), opted_out, archived, gone.
    notice {text} NOT NULL,
    message_id {uuid},
    told_at {int},
    CONSTRAINT improvement_contributors_pk PRIMARY KEY (customer_id, improvement_id, ticket_id)
) {clustered};
CREATE INDEX improvement_contributors_of ON improvement_contributors (improvement_id, ticket_id);

-- Customers who do not want to hear what came of their words.
CREATE TABLE feedback_opt_outs (
    customer_id {uuid} NOT NULL,
    since {int} NOT NULL,
    staff_id {uuid},
    CONSTRAINT feedback_opt_outs_pk PRIMARY KEY (customer_id)
) {clustered};

-- Return visits: one for each time that a ticket was solved.
CREATE TABLE return_visits (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    -- How often the ticket had been opened again when it was solved.
    solution {int} NOT NULL,
    visit_id {uuid} NOT NULL,
    -- open, done, cancelled.
    state {text} NOT NULL,
    staff_id {uuid},
    solved_at {int} NOT NULL,
    due_at {int} NOT NULL,
    -- reached, unreached, refused; 1 to 5; what was said.
    result {text},
    satisfaction {int},
    note {text},
    done_at {int},
    done_by {uuid},
    version {int} NOT NULL,
    CONSTRAINT return_visits_pk PRIMARY KEY (customer_id, ticket_id, solution)
) {clustered};
CREATE INDEX return_visits_state ON return_visits (state, due_at, visit_id);
CREATE INDEX return_visits_staff ON return_visits (staff_id, state, due_at);
CREATE INDEX return_visits_visit ON return_visits (visit_id);
