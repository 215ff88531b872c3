-- Working calendars, service policies, and the clocks of tickets with their alarms.
-- Distributed by customer_id: ticket_clocks. Local: calendars, calendar_versions, service_policies, clock_alarms.

CREATE TABLE calendars (
    calendar_id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    archived {bool} NOT NULL DEFAULT FALSE,
    -- The version in force; also the row's own.
    version {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT calendars_pk PRIMARY KEY (calendar_id),
    CONSTRAINT calendars_name UNIQUE (name_key)
) {clustered};

-- Every version that ever was: closed tickets go on to be explained by the one that they were measured by.
CREATE TABLE calendar_versions (
    calendar_id {uuid} NOT NULL,
    version {int} NOT NULL,
    -- JSON: the document of the calendar.
    spec {json} NOT NULL,
    staff_id {uuid},
    created_at {int} NOT NULL,
    CONSTRAINT calendar_versions_pk PRIMARY KEY (calendar_id, version)
) {clustered};

-- What is promised to whom: in order, the first that matches.
CREATE TABLE service_policies (
    policy_id {uuid} NOT NULL,
    place {int} NOT NULL,
    name {text} NOT NULL,
    active {bool} NOT NULL,
    calendar_id {uuid} NOT NULL,
    -- JSON: levels, kinds, priorities, targets, mode, steps.
    content {json} NOT NULL,
    archived {bool} NOT NULL DEFAULT FALSE,
    version {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT service_policies_pk PRIMARY KEY (policy_id)
) {clustered};

-- The clocks as they were computed last: for lists, reports and the change of a calendar. The log is what counts.
CREATE TABLE ticket_clocks (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    -- first_response, next_response, update, resolution.
    metric {text} NOT NULL,
    -- The first, second … clock of this metric on this ticket.
    run {int} NOT NULL,
    -- running, paused, overdue (as of the last change), met, breached, cancelled.
    state {text} NOT NULL,
    started_at {int} NOT NULL,
    due_at {int},
    ended_at {int},
    policy_id {uuid},
    calendar_id {uuid},
    -- Working time used when it ended, in milliseconds.
    used_ms {int},
    manual {bool} NOT NULL,
    kind {text} NOT NULL,
    priority {text} NOT NULL,
    level_rank {int} NOT NULL,
    CONSTRAINT ticket_clocks_pk PRIMARY KEY (customer_id, ticket_id, metric, run)
) {clustered};
CREATE INDEX ticket_clocks_calendar ON ticket_clocks (calendar_id, ticket_id) WHERE ended_at IS NULL;
CREATE INDEX ticket_clocks_ended ON ticket_clocks (ended_at, metric) WHERE ended_at IS NOT NULL;

-- One step of escalation of one due time: once fired it stays, so that it never fires again; a due time that moves has
-- alarms of its own.
CREATE TABLE clock_alarms (
    ticket_id {uuid} NOT NULL,
    metric {text} NOT NULL,
    due_at {int} NOT NULL,
    step {text} NOT NULL,
    fire_at {int} NOT NULL,
    fired_at {int},
    -- JSON: who is told (roles and staff); once it is fired, the staff who were told.
    told {json} NOT NULL,
    CONSTRAINT clock_alarms_pk PRIMARY KEY (ticket_id, metric, due_at, step)
) {clustered};
CREATE INDEX clock_alarms_fire ON clock_alarms (fire_at, ticket_id) WHERE fired_at IS NULL;
CREATE INDEX clock_alarms_fired ON clock_alarms (fired_at, ticket_id) WHERE fired_at IS NOT NULL;
