-- Duplicates that were looked at and are two people, phones found by their end, and sealed values that go with a merge.
-- Distributed by customer_id: duplicate_dismissals.

ALTER TABLE customer_sensitive ADD COLUMN origin_customer_id {uuid};

-- Two who are not the same; customer_id is the smaller id of the two.
CREATE TABLE duplicate_dismissals (
    customer_id {uuid} NOT NULL,
    other_id {uuid} NOT NULL,
    dismissed_by {uuid},
    dismissed_at {int} NOT NULL,
    CONSTRAINT duplicate_dismissals_pk PRIMARY KEY (customer_id, other_id)
) {clustered};
CREATE INDEX duplicate_dismissals_other ON duplicate_dismissals (other_id);

-- Numbers that differ in the codes before them end alike.
CREATE INDEX customer_phones_tail ON customer_phones (substr(phone, length(phone) - 7), phone);
