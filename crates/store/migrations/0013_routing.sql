-- Who gets a ticket, and who is there to get it. Everything here is local or a look-up; none is about one customer.

-- Gives tickets to the member with the most room; otherwise members take the next by themselves.
ALTER TABLE service_groups ADD COLUMN pushes {bool} NOT NULL DEFAULT FALSE;

-- From here on a ticket goes before all that are not in the last part of their promise (9e15: never).
ALTER TABLE ticket_queue ADD COLUMN guard_at {int} NOT NULL DEFAULT 9000000000000000;
-- Since when it has been in its group.
ALTER TABLE ticket_queue ADD COLUMN grouped_at {int} NOT NULL DEFAULT 0;
CREATE INDEX ticket_queue_guard ON ticket_queue (group_id, guard_at, ticket_id) WHERE assignee_id IS NULL AND active;

-- What somebody can do, and how many open tickets he may have. Who has no row can do what everybody can.
CREATE TABLE staff_skills (
    staff_id {uuid} NOT NULL,
    -- A JSON list of words; languages are skills: "en".
    skills {json} NOT NULL,
    -- None: as the settings have it.
    capacity {int},
    -- Tickets given to him so far. Who gives him one counts it up first, and then alone counts what he has: two never both
    -- take his last place.
    turn {int} NOT NULL DEFAULT 0,
    version {int} NOT NULL,
    CONSTRAINT staff_skills_pk PRIMARY KEY (staff_id)
) {clustered};

-- What somebody says of himself. It holds while signs of life come.
CREATE TABLE staff_presence (
    staff_id {uuid} NOT NULL,
    -- online, busy, away, offline.
    state {text} NOT NULL,
    since {int} NOT NULL,
    seen_at {int} NOT NULL,
    CONSTRAINT staff_presence_pk PRIMARY KEY (staff_id)
) {clustered};
CREATE INDEX staff_presence_seen ON staff_presence (seen_at);

-- Weekly windows of work. Who has none is always on shift.
CREATE TABLE staff_shifts (
    shift_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    -- 1 Monday to 7 Sunday: the day on which it begins.
    weekday {int} NOT NULL,
    -- Minutes of that day; an end beyond 1440 is on the next.
    from_minute {int} NOT NULL,
    until_minute {int} NOT NULL,
    CONSTRAINT staff_shifts_pk PRIMARY KEY (shift_id)
) {clustered};
CREATE INDEX staff_shifts_staff ON staff_shifts (staff_id, weekday);

CREATE TABLE staff_absences (
    absence_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    -- Both days count.
    from_day {int} NOT NULL,
    until_day {int} NOT NULL,
    -- leave, sick, training, other.
    kind {text} NOT NULL,
    note {text},
    created_by {uuid},
    created_at {int} NOT NULL,
    CONSTRAINT staff_absences_pk PRIMARY KEY (absence_id)
) {clustered};
CREATE INDEX staff_absences_until ON staff_absences (until_day, from_day);

-- Why a ticket is whose it is: the last decision, with everybody who was looked at.
CREATE TABLE ticket_routes (
    ticket_id {uuid} NOT NULL,
    decided_at {int} NOT NULL,
    -- JSON: stage, group, staff, reason, tried, skills.
    detail {json} NOT NULL,
    -- Nobody could take it: looked at again then.
    retry_at {int},
    CONSTRAINT ticket_routes_pk PRIMARY KEY (ticket_id)
) {clustered};
CREATE INDEX ticket_routes_retry ON ticket_routes (retry_at) WHERE retry_at IS NOT NULL;

-- How often somebody used the urgent lane on a day.
CREATE TABLE urgent_uses (
    staff_id {uuid} NOT NULL,
    day {int} NOT NULL,
    uses {int} NOT NULL,
    CONSTRAINT urgent_uses_pk PRIMARY KEY (staff_id, day)
) {clustered};
