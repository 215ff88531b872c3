-- Tickets: what customers said, what was done about it, and what of it is still to be done.
-- Distributed by customer_id: tickets, ticket_events, ticket_messages, ticket_tasks, ticket_links, ticket_files.
-- A ticket whose sender is not known yet stands under the customer of nobody (all zeros) and moves, with all its rows,
-- when somebody says whose it is. Look-up tables, distributed by their own value: ticket_keys, ticket_numbers,
-- ticket_sources. Local: ticket_queue, ticket_counter, ticket_templates, ticket_checklists, ticket_views, ticket_presence.

CREATE TABLE tickets (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    -- What people call it: 1, 2, 3 … without gaps that matter.
    number {int} NOT NULL,
    -- complaint, suggestion, question, praise.
    kind {text} NOT NULL,
    -- urgent, high, normal, low.
    priority {text} NOT NULL,
    -- new, open, waiting (for the customer), held (for somebody inside), solved, closed, cancelled.
    state {text} NOT NULL,
    -- form, member_page, email, phone, message, survey, staff, api.
    channel {text} NOT NULL,
    subject {text} NOT NULL,
    product {text},
    language {text},
    region {text},
    -- The level that the customer had when the ticket was opened, and the one that its promises rest on now.
    opened_rank {int} NOT NULL,
    level_rank {int} NOT NULL,
    level_id {uuid},
    -- Who works on it.
    group_id {uuid},
    assignee_id {uuid},
    -- The urgent lane: who put it there and why is in the events.
    urgent {bool} NOT NULL DEFAULT FALSE,
    -- How the sender called himself, where no customer is known.
    sender {text},
    -- JSON: what the sender is known by (phone, e-mail, external id), for the suggestion whose ticket it is.
    sender_keys {json},
    merged_into {uuid},
    parent_id {uuid},
    -- The policy in force, as it stood when it was applied (JSON: id, version, targets, calendar), and a date set by hand.
    policy {json},
    manual_due {json},
    -- The next promise that falls due, for lists: metric, instant (9e15: none).
    next_metric {text},
    next_due_at {int} NOT NULL DEFAULT 9000000000000000,
    opened_at {int} NOT NULL,
    first_response_at {int},
    solved_at {int},
    closed_at {int},
    reopened {int} NOT NULL DEFAULT 0,
    -- 1 to 5, as the customer answered.
    csat {int},
    -- The beginning of what was said last in public, and who said it (customer, staff): for lists.
    last_words {text},
    last_side {text},
    -- Events so far: the next one's number.
    events {int} NOT NULL DEFAULT 0,
    version {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT tickets_pk PRIMARY KEY (customer_id, ticket_id)
) {clustered};
CREATE INDEX tickets_state ON tickets (state, opened_at, ticket_id);
CREATE INDEX tickets_assignee ON tickets (assignee_id, opened_at, ticket_id);
CREATE INDEX tickets_opened ON tickets (opened_at, ticket_id);
CREATE INDEX tickets_updated ON tickets (updated_at, ticket_id);

-- What tickets are searched by (subject, product, sender, the customer's name), as tokens of our own making.
-- @sqlite
CREATE VIRTUAL TABLE ticket_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '3 4'
);
-- @postgres
CREATE TABLE ticket_search (
    customer_id UUID NOT NULL,
    ticket_id UUID NOT NULL,
    tokens TSVECTOR NOT NULL,
    CONSTRAINT ticket_search_pk PRIMARY KEY (customer_id, ticket_id)
);
CREATE INDEX ticket_search_tokens ON ticket_search USING gin (tokens);
-- @all

CREATE TABLE ticket_keys (
    ticket_id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    CONSTRAINT ticket_keys_pk PRIMARY KEY (ticket_id)
) {clustered};

CREATE TABLE ticket_numbers (
    number {int} NOT NULL,
    ticket_id {uuid} NOT NULL,
    CONSTRAINT ticket_numbers_pk PRIMARY KEY (number)
) {clustered};

-- The same message twice is one ticket: the source's own id, claimed in the transaction that opens the ticket.
CREATE TABLE ticket_sources (
    source {text} NOT NULL,
    source_id {text} NOT NULL,
    ticket_id {uuid} NOT NULL,
    message_id {uuid} NOT NULL,
    CONSTRAINT ticket_sources_pk PRIMARY KEY (source, source_id)
) {clustered};

CREATE TABLE ticket_counter (
    name {text} NOT NULL,
    last {int} NOT NULL,
    CONSTRAINT ticket_counter_pk PRIMARY KEY (name)
) {clustered};

-- What happened to a ticket, in order and for ever: clocks are computed from it.
CREATE TABLE ticket_events (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    seq {int} NOT NULL,
    at {int} NOT NULL,
    kind {text} NOT NULL,
    staff_id {uuid},
    detail {json} NOT NULL,
    CONSTRAINT ticket_events_pk PRIMARY KEY (customer_id, ticket_id, seq)
) {clustered};

CREATE TABLE ticket_messages (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    message_id {uuid} NOT NULL,
    at {int} NOT NULL,
    -- The order among those of one instant: the number of its event.
    seq {int} NOT NULL DEFAULT 0,
    -- customer, staff, system.
    side {text} NOT NULL,
    -- public, internal.
    visibility {text} NOT NULL,
    channel {text} NOT NULL,
    -- Sent by a machine (auto-reply, bot): stops no clock.
    automatic {bool} NOT NULL DEFAULT FALSE,
    author {text} NOT NULL,
    staff_id {uuid},
    body {text} NOT NULL,
    -- What was cut off as quoted text or signature; shown on demand.
    quoted {text},
    -- For mails that go out: none, waiting, sent, failed.
    delivery {text} NOT NULL DEFAULT 'none',
    delivery_detail {text},
    CONSTRAINT ticket_messages_pk PRIMARY KEY (customer_id, ticket_id, message_id)
) {clustered};

CREATE TABLE ticket_tasks (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    task_id {uuid} NOT NULL,
    -- step (of a checklist), department (a sub-task of others), return_visit, visit, follow_up, mention.
    kind {text} NOT NULL,
    title {text} NOT NULL,
    department_id {uuid},
    assignee_id {uuid},
    due_at {int},
    -- open, done, cancelled.
    state {text} NOT NULL,
    place {int} NOT NULL DEFAULT 0,
    -- A step that must be done before the ticket is solved.
    required {bool} NOT NULL DEFAULT FALSE,
    result {json},
    created_by {uuid},
    created_at {int} NOT NULL,
    done_at {int},
    done_by {uuid},
    version {int} NOT NULL,
    CONSTRAINT ticket_tasks_pk PRIMARY KEY (customer_id, ticket_id, task_id)
) {clustered};
CREATE INDEX ticket_tasks_assignee ON ticket_tasks (assignee_id, state, due_at);
CREATE INDEX ticket_tasks_id ON ticket_tasks (task_id);
CREATE INDEX ticket_tasks_department ON ticket_tasks (department_id, state, due_at);

-- Two tickets that belong together: related, follow_up, duplicate, split.
CREATE TABLE ticket_links (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    other_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    staff_id {uuid},
    linked_at {int} NOT NULL,
    CONSTRAINT ticket_links_pk PRIMARY KEY (customer_id, ticket_id, other_id)
) {clustered};

CREATE TABLE ticket_files (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    file_id {uuid} NOT NULL,
    message_id {uuid},
    name {text} NOT NULL,
    media_type {text} NOT NULL,
    bytes {int} NOT NULL,
    sha256 {text} NOT NULL,
    staff_id {uuid},
    added_at {int} NOT NULL,
    CONSTRAINT ticket_files_pk PRIMARY KEY (customer_id, ticket_id, file_id)
) {clustered};

-- The open tickets as the queue sees them: written with the ticket, claimed by a conditional update.
CREATE TABLE ticket_queue (
    ticket_id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    level_rank {int} NOT NULL,
    priority {text} NOT NULL,
    urgent {bool} NOT NULL,
    group_id {uuid},
    assignee_id {uuid},
    -- Whether somebody here has something to do (new, open), or the ticket waits.
    active {bool} NOT NULL,
    language {text},
    skills {text},
    opened_at {int} NOT NULL,
    due_at {int} NOT NULL,
    -- What the queue is ordered by: the lower, the sooner. Computed when the ticket changes; ageing is in it, because it is
    -- an instant and not a distance.
    turn_at {int} NOT NULL,
    -- Claims so far: two claims never both win.
    claims {int} NOT NULL DEFAULT 0,
    CONSTRAINT ticket_queue_pk PRIMARY KEY (ticket_id)
) {clustered};
CREATE INDEX ticket_queue_next ON ticket_queue (group_id, turn_at, ticket_id) WHERE assignee_id IS NULL AND active;
CREATE INDEX ticket_queue_assignee ON ticket_queue (assignee_id, active, turn_at);
CREATE INDEX ticket_queue_due ON ticket_queue (due_at, ticket_id);
CREATE INDEX ticket_queue_turn ON ticket_queue (turn_at, ticket_id);

-- Groups that tickets are routed to.
CREATE TABLE service_groups (
    group_id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    -- The levels that it is for, as ranks in JSON; none: any.
    levels {json},
    overflow_id {uuid},
    overflow_after_min {int},
    archived {bool} NOT NULL DEFAULT FALSE,
    version {int} NOT NULL,
    CONSTRAINT service_groups_pk PRIMARY KEY (group_id),
    CONSTRAINT service_groups_name UNIQUE (name_key)
) {clustered};

CREATE TABLE service_group_members (
    group_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    CONSTRAINT service_group_members_pk PRIMARY KEY (group_id, staff_id)
) {clustered};

-- Talk templates: what is said again and again, with variables.
CREATE TABLE ticket_templates (
    template_id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    -- phone, email, message, any.
    channel {text} NOT NULL,
    -- The kind that it is for; NULL: any.
    kind {text},
    -- The levels that it is for, as ranks in JSON; NULL: any.
    levels {json},
    body {text} NOT NULL,
    archived {bool} NOT NULL DEFAULT FALSE,
    version {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT ticket_templates_pk PRIMARY KEY (template_id),
    CONSTRAINT ticket_templates_name UNIQUE (name_key)
) {clustered};

-- Checklists (SOP): the steps that a ticket of a level and kind is worked through by.
CREATE TABLE ticket_checklists (
    checklist_id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    kind {text},
    levels {json},
    -- JSON: title, department_id, template_id, required of each step, in their order.
    steps {json} NOT NULL,
    place {int} NOT NULL DEFAULT 0,
    archived {bool} NOT NULL DEFAULT FALSE,
    version {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT ticket_checklists_pk PRIMARY KEY (checklist_id),
    CONSTRAINT ticket_checklists_name UNIQUE (name_key)
) {clustered};

-- Saved views of the list of tickets.
CREATE TABLE ticket_views (
    view_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    name {text} NOT NULL,
    shared {bool} NOT NULL DEFAULT FALSE,
    content {json} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    CONSTRAINT ticket_views_pk PRIMARY KEY (view_id)
) {clustered};
CREATE INDEX ticket_views_staff ON ticket_views (staff_id);

-- Who has a ticket open on his screen, by heartbeat; old rows mean nothing and are swept.
CREATE TABLE ticket_presence (
    ticket_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    -- He is writing an answer.
    writing {bool} NOT NULL DEFAULT FALSE,
    seen_at {int} NOT NULL,
    CONSTRAINT ticket_presence_pk PRIMARY KEY (ticket_id, staff_id)
) {clustered};
