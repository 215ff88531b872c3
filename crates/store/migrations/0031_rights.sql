-- Roles of the organisation's own making, groups with dates, and looking with another person's eyes. All tables are local
-- to the coordinator.

-- One row per role that differs from what is shipped: the word of a shipped role, or `rol_…` for an own one.
CREATE TABLE roles (
    role_key {text} NOT NULL,
    -- The shipped role that it is made from.
    base {text} NOT NULL,
    -- NULL for a shipped role: it keeps its name.
    name {text},
    -- The name in its compared form.
    name_key {text},
    content {json} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT roles_pk PRIMARY KEY (role_key),
    CONSTRAINT roles_name UNIQUE (name_key)
);

-- NULL: the shipped role of the column `role`.
ALTER TABLE staff ADD COLUMN role_key {text};

CREATE TABLE staff_groups (
    group_id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    content {json} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT staff_groups_pk PRIMARY KEY (group_id),
    CONSTRAINT staff_groups_name UNIQUE (name_key)
);

CREATE TABLE staff_group_members (
    group_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    -- The first and the last day on which he belongs to it; NULL: without an end.
    from_day {int} NOT NULL,
    until_day {int},
    CONSTRAINT staff_group_members_pk PRIMARY KEY (group_id, staff_id)
);
CREATE INDEX staff_group_members_staff ON staff_group_members (staff_id);

-- An administrator looks at the product as this person sees it, until then.
ALTER TABLE sessions ADD COLUMN seen_as {uuid};
ALTER TABLE sessions ADD COLUMN seen_until {int};
