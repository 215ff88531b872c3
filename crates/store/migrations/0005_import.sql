-- Files that were loaded, and the mappings that are remembered. Local tables.

CREATE TABLE imports (
    import_id {uuid} NOT NULL,
    file_name {text} NOT NULL,
    -- SHA-256 of the content: the same file with the same mapping goes on where it stopped.
    file_hash {text} NOT NULL,
    file_size {int} NOT NULL,
    state {text} NOT NULL,
    inspection {json} NOT NULL,
    mapping {json},
    progress {json} NOT NULL,
    -- Counted with every checkpoint: of two that run the same import, one gives way.
    turn {int} NOT NULL,
    error {json},
    job_id {uuid},
    created_by {uuid},
    created_at {int} NOT NULL,
    started_at {int},
    finished_at {int},
    CONSTRAINT imports_pk PRIMARY KEY (import_id)
);
CREATE INDEX imports_file ON imports (file_hash);

CREATE TABLE import_mappings (
    name {text} NOT NULL,
    mapping {json} NOT NULL,
    created_by {uuid},
    updated_at {int} NOT NULL,
    CONSTRAINT import_mappings_pk PRIMARY KEY (name)
) {clustered};

-- What an import replaced, so that its undo brings it back.
CREATE TABLE import_replaced (
    import_id {uuid} NOT NULL,
    source {text} NOT NULL,
    source_id {text} NOT NULL,
    before {json} NOT NULL,
    CONSTRAINT import_replaced_pk PRIMARY KEY (import_id, source, source_id)
) {clustered};
