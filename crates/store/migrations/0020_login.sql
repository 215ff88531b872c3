-- Logging in with more than a password. Both tables are local to the coordinator.

CREATE TABLE second_factors (
    staff_id {uuid} NOT NULL,
    -- The shared secret of the authenticator, sealed in the vault.
    secret {bytes} NOT NULL,
    created_at {int} NOT NULL,
    -- NULL: shown, and not yet proved by a code.
    confirmed_at {int},
    -- The step of time of the last code that was taken: no code is taken twice.
    last_step {int} NOT NULL,
    CONSTRAINT second_factors_pk PRIMARY KEY (staff_id)
);

CREATE TABLE recovery_codes (
    staff_id {uuid} NOT NULL,
    code_hash {bytes} NOT NULL,
    created_at {int} NOT NULL,
    used_at {int},
    CONSTRAINT recovery_codes_pk PRIMARY KEY (staff_id, code_hash)
);
