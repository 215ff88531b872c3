-- Two entries of one customer become one, and can be parted again.
-- Distributed by customer_id: merges, merged_customers (and what is moved, as before). What a merge moved remembers whose
-- it was, so that parting gives back exactly that; rows of tickets follow their ticket, keys follow what they name.

ALTER TABLE activities ADD COLUMN origin_customer_id {uuid};
ALTER TABLE consents ADD COLUMN origin_customer_id {uuid};
ALTER TABLE privacy_requests ADD COLUMN origin_customer_id {uuid};
ALTER TABLE customer_tags ADD COLUMN origin_customer_id {uuid};
ALTER TABLE customer_fields ADD COLUMN origin_customer_id {uuid};
ALTER TABLE customer_phones ADD COLUMN origin_customer_id {uuid};
ALTER TABLE customer_emails ADD COLUMN origin_customer_id {uuid};
ALTER TABLE external_ids ADD COLUMN origin_customer_id {uuid};
ALTER TABLE tickets ADD COLUMN origin_customer_id {uuid};
ALTER TABLE visits ADD COLUMN origin_customer_id {uuid};
ALTER TABLE staff_tasks ADD COLUMN origin_customer_id {uuid};

-- What was merged into a customer.
CREATE TABLE merges (
    customer_id {uuid} NOT NULL,
    merge_id {uuid} NOT NULL,
    source_id {uuid} NOT NULL,
    -- merged or undone.
    state {text} NOT NULL,
    reason {text} NOT NULL,
    -- What parting needs beside the rows: fields that changed, with before and after; consents that were added.
    kept {json} NOT NULL,
    merged_by {uuid},
    merged_at {int} NOT NULL,
    undone_by {uuid},
    undone_at {int},
    CONSTRAINT merges_pk PRIMARY KEY (customer_id, merge_id)
) {clustered};

-- Where a customer went who was merged into another one.
CREATE TABLE merged_customers (
    customer_id {uuid} NOT NULL,
    into_id {uuid} NOT NULL,
    merge_id {uuid} NOT NULL,
    merged_at {int} NOT NULL,
    CONSTRAINT merged_customers_pk PRIMARY KEY (customer_id)
) {clustered};
