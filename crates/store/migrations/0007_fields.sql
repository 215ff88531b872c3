-- Fields of the organisation's own making, and what they hold for each customer.
-- Distributed by customer_id: customer_fields, customer_field_history. Local: custom_fields.

CREATE TABLE custom_fields (
    field_id {uuid} NOT NULL,
    -- Its name in the API; never changes.
    field_key {text} NOT NULL,
    -- The name folded: two spellings of one name are one field.
    name_key {text} NOT NULL,
    kind {text} NOT NULL,
    position {int} NOT NULL,
    archived {bool} NOT NULL,
    -- Names, help, choices, limits.
    definition {json} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    CONSTRAINT custom_fields_pk PRIMARY KEY (field_id),
    CONSTRAINT custom_fields_key UNIQUE (field_key),
    CONSTRAINT custom_fields_name UNIQUE (name_key)
);

-- A row per value; of several choices a row each. The column is that of the field's type.
CREATE TABLE customer_fields (
    customer_id {uuid} NOT NULL,
    field_id {uuid} NOT NULL,
    -- The number of the choice where there may be several of them, else 0.
    item {int} NOT NULL,
    -- Amounts (1/10000), days, yes (1) and no (0), numbers of choices.
    whole {int},
    fraction {real},
    words {text},
    -- The beginning of the words as they sound: lists sort by it.
    words_sort {text},
    staff_id {uuid},
    CONSTRAINT customer_fields_pk PRIMARY KEY (customer_id, field_id, item)
) {clustered};
-- A list is walked along these, or they find the few who have a value. Each holds the rows of its types only.
CREATE INDEX customer_fields_whole ON customer_fields (field_id, whole, customer_id) WHERE whole IS NOT NULL;
CREATE INDEX customer_fields_fraction ON customer_fields (field_id, fraction, customer_id) WHERE fraction IS NOT NULL;
CREATE INDEX customer_fields_words ON customer_fields (field_id, words_sort, customer_id) WHERE words_sort IS NOT NULL;
CREATE INDEX customer_fields_staff ON customer_fields (field_id, staff_id, customer_id) WHERE staff_id IS NOT NULL;

-- What was changed of customers that were there already: for their time line, and for the undo of an import.
CREATE TABLE customer_field_history (
    customer_id {uuid} NOT NULL,
    changed_at {int} NOT NULL,
    field_id {uuid} NOT NULL,
    before {json},
    after {json},
    staff_id {uuid},
    import_id {uuid},
    CONSTRAINT customer_field_history_pk PRIMARY KEY (customer_id, changed_at, field_id)
) {clustered};
CREATE INDEX customer_field_history_import ON customer_field_history (import_id, customer_id)
    WHERE import_id IS NOT NULL;
