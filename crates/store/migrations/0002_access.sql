-- Who may come in, and what they may see. All tables are local to the coordinator.

CREATE TABLE departments (
    department_id {uuid} NOT NULL,
    parent_id {uuid},
    name {text} NOT NULL,
    -- The ids from the root down to this one, each followed by a slash: "and below" is a prefix.
    path {text} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT departments_pk PRIMARY KEY (department_id),
    CONSTRAINT departments_path UNIQUE (path)
);

CREATE TABLE staff (
    staff_id {uuid} NOT NULL,
    login {text} NOT NULL,
    name {text} NOT NULL,
    role {text} NOT NULL,
    department_id {uuid},
    -- NULL: as the role has it.
    reach {text},
    -- NULL: all levels; else a JSON list of ranks.
    levels {json},
    locale {text},
    password_hash {text} NOT NULL,
    must_change_password {bool} NOT NULL,
    active {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT staff_pk PRIMARY KEY (staff_id),
    CONSTRAINT staff_login UNIQUE (login)
);

CREATE TABLE sessions (
    token_hash {bytes} NOT NULL,
    session_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    created_at {int} NOT NULL,
    seen_at {int} NOT NULL,
    expires_at {int} NOT NULL,
    address {text} NOT NULL,
    agent {text} NOT NULL,
    CONSTRAINT sessions_pk PRIMARY KEY (token_hash),
    CONSTRAINT sessions_id UNIQUE (session_id)
);
CREATE INDEX sessions_staff ON sessions (staff_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE api_tokens (
    token_hash {bytes} NOT NULL,
    token_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    name {text} NOT NULL,
    may_write {bool} NOT NULL,
    created_at {int} NOT NULL,
    expires_at {int},
    used_at {int},
    CONSTRAINT api_tokens_pk PRIMARY KEY (token_hash),
    CONSTRAINT api_tokens_id UNIQUE (token_id)
);
CREATE INDEX api_tokens_staff ON api_tokens (staff_id);

-- Failed logins, counted per account and per client address.
CREATE TABLE login_attempts (
    subject {text} NOT NULL,
    failures {int} NOT NULL,
    last_at {int} NOT NULL,
    open_at {int} NOT NULL,
    CONSTRAINT login_attempts_pk PRIMARY KEY (subject)
);
CREATE INDEX login_attempts_last ON login_attempts (last_at);

-- One row per subject: the organisation, and the rows that serialise changes of the staff and of the tree.
CREATE TABLE settings (
    name {text} NOT NULL,
    content {json} NOT NULL,
    version {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT settings_pk PRIMARY KEY (name)
);
INSERT INTO settings (name, content, version, updated_at) VALUES ('staff', '{}', 1, 0);
INSERT INTO settings (name, content, version, updated_at) VALUES ('departments', '{}', 1, 0);
