-- What is kept of customers in the vault: sealed with keys that are not in the database, found by equality only.

CREATE TABLE sensitive_fields (
    field_id {uuid} NOT NULL,
    field_key {text} NOT NULL,
    name_zh {text} NOT NULL,
    name_en {text} NOT NULL,
    -- personal, sensitive, commercial
    class {text} NOT NULL,
    -- text, id_number, bank_card
    form {text} NOT NULL,
    archived {bool} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT sensitive_fields_pk PRIMARY KEY (field_id),
    CONSTRAINT sensitive_fields_key UNIQUE (field_key)
) {clustered};

CREATE TABLE customer_sensitive (
    customer_id {uuid} NOT NULL,
    field_id {uuid} NOT NULL,
    -- What the value is sealed about: it opens in no other row, also after it moved to another customer.
    value_id {uuid} NOT NULL,
    sealed {bytes} NOT NULL,
    -- A keyed hash of the compared form.
    blind {bytes} NOT NULL,
    updated_at {int} NOT NULL,
    updated_by {uuid},
    CONSTRAINT customer_sensitive_pk PRIMARY KEY (customer_id, field_id)
) {clustered};
CREATE INDEX customer_sensitive_blind ON customer_sensitive (field_id, blind);
