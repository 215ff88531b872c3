-- Signing in by other providers, and the directory that makes and ends people. All tables are local to the coordinator.

CREATE TABLE sign_in_providers (
    provider_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    name {text} NOT NULL,
    -- The name in its compared form.
    name_key {text} NOT NULL,
    enabled {bool} NOT NULL,
    content {json} NOT NULL,
    -- What proves to the provider that it is us, sealed in the vault; NULL for a client without a secret.
    secret {bytes},
    version {int} NOT NULL,
    created_by {uuid},
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT sign_in_providers_pk PRIMARY KEY (provider_id),
    CONSTRAINT sign_in_providers_name UNIQUE (name_key)
);

-- Who is who: the provider's own word for a person, which it never gives to another.
CREATE TABLE sign_in_identities (
    issuer {text} NOT NULL,
    subject {text} NOT NULL,
    staff_id {uuid} NOT NULL,
    -- NULL: by the provider's word alone.
    linked_by {uuid},
    linked_at {int} NOT NULL,
    seen_at {int},
    CONSTRAINT sign_in_identities_pk PRIMARY KEY (issuer, subject)
);
CREATE INDEX sign_in_identities_staff ON sign_in_identities (staff_id);

-- Answers of providers that were taken: none is taken twice.
CREATE TABLE sign_in_spent (
    state_hash {bytes} NOT NULL,
    until {int} NOT NULL,
    CONSTRAINT sign_in_spent_pk PRIMARY KEY (state_hash)
);
CREATE INDEX sign_in_spent_until ON sign_in_spent (until);

-- Whence a session comes, and whether the second step was the provider's.
ALTER TABLE sessions ADD COLUMN provider_id {uuid};
ALTER TABLE sessions ADD COLUMN vouched {bool};

CREATE TABLE directory_keys (
    key_hash {bytes} NOT NULL,
    key_id {uuid} NOT NULL,
    name {text} NOT NULL,
    -- What those become whom the directory makes.
    role {text} NOT NULL,
    department_id {uuid},
    created_by {uuid} NOT NULL,
    created_at {int} NOT NULL,
    used_at {int},
    CONSTRAINT directory_keys_pk PRIMARY KEY (key_hash),
    CONSTRAINT directory_keys_id UNIQUE (key_id)
);

-- What the directory calls a person.
CREATE TABLE directory_people (
    staff_id {uuid} NOT NULL,
    external_id {text},
    CONSTRAINT directory_people_pk PRIMARY KEY (staff_id)
);
CREATE INDEX directory_people_external ON directory_people (external_id);
