-- Tags that are given by rule, value classes, and categories that customers are moved between by hand.
-- Distributed by customer_id: customer_category_history (and customers, customer_tags as before).
-- Local: customer_categories, category_moves.

-- tag: given by hand, by rule or both; value_class: by rule only, listed apart.
ALTER TABLE tags ADD COLUMN kind {text} NOT NULL DEFAULT 'tag';
-- The rule: who the condition holds for has the tag. None: by hand only.
ALTER TABLE tags ADD COLUMN condition {json};
-- none, waiting (not yet asked of everyone), fresh, stale (failed twice: what stands is old).
ALTER TABLE tags ADD COLUMN rule_state {text} NOT NULL DEFAULT 'none';
-- When the rule was last asked of everyone.
ALTER TABLE tags ADD COLUMN rule_at {int};
-- Failures in a row, and what the last one said.
ALTER TABLE tags ADD COLUMN rule_failures {int} NOT NULL DEFAULT 0;
ALTER TABLE tags ADD COLUMN rule_error {json};

-- A tag may be there for both reasons; it goes with the last of them.
ALTER TABLE customer_tags ADD COLUMN by_hand {bool} NOT NULL DEFAULT TRUE;
ALTER TABLE customer_tags ADD COLUMN by_rule {bool} NOT NULL DEFAULT FALSE;
ALTER TABLE customer_tag_history ADD COLUMN by_rule {bool} NOT NULL DEFAULT FALSE;

CREATE TABLE customer_categories (
    category_id {uuid} NOT NULL,
    name {text} NOT NULL,
    -- The name folded: two spellings of one name are one category.
    name_key {text} NOT NULL,
    colour {text} NOT NULL,
    place {int} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    CONSTRAINT customer_categories_pk PRIMARY KEY (category_id),
    CONSTRAINT customer_categories_name UNIQUE (name_key)
);

ALTER TABLE customers ADD COLUMN category_id {uuid};
CREATE INDEX customers_category ON customers (category_id, customer_id) WHERE category_id IS NOT NULL;

-- One move of one or many customers, as it can be undone.
CREATE TABLE category_moves (
    move_id {uuid} NOT NULL,
    category_id {uuid},
    customers {int} NOT NULL,
    staff_id {uuid},
    moved_at {int} NOT NULL,
    undone_at {int},
    CONSTRAINT category_moves_pk PRIMARY KEY (move_id)
);

CREATE TABLE customer_category_history (
    customer_id {uuid} NOT NULL,
    changed_at {int} NOT NULL,
    move_id {uuid} NOT NULL,
    before_id {uuid},
    after_id {uuid},
    -- The names on that day: the history outlives the categories.
    before_name {text},
    after_name {text},
    staff_id {uuid},
    CONSTRAINT customer_category_history_pk PRIMARY KEY (customer_id, changed_at, move_id)
) {clustered};
CREATE INDEX customer_category_history_move ON customer_category_history (move_id, customer_id);

-- The value classes to begin with; they can be changed and deleted. M and R, F are the grades of the published rules.
-- @sqlite
INSERT INTO tags (tag_id, name, name_key, colour, version, created_at, kind, condition, rule_state) VALUES
    (x'01900000000070008000000000000001', '高价值', '高价值', '#d48806', 1, 0, 'value_class',
     '{"any":[{"field":"monetary","op":"gte","value":5},{"field":"score","op":"gte","value":80}]}', 'waiting'),
    (x'01900000000070008000000000000002', '高潜力', '高潜力', '#1677ff', 1, 0, 'value_class',
     '{"field":"potential","op":"gte","value":0.6}', 'waiting'),
    (x'01900000000070008000000000000003', '高忠诚', '高忠诚', '#389e0d', 1, 0, 'value_class',
     '{"all":[{"field":"frequency","op":"gte","value":4},{"field":"recency","op":"gte","value":4},{"field":"first_order_day","op":"older_than_days","value":365}]}',
     'waiting')
    ON CONFLICT (name_key) DO NOTHING;
-- @postgres
INSERT INTO tags (tag_id, name, name_key, colour, version, created_at, kind, condition, rule_state) VALUES
    ('01900000-0000-7000-8000-000000000001', '高价值', '高价值', '#d48806', 1, 0, 'value_class',
     '{"any":[{"field":"monetary","op":"gte","value":5},{"field":"score","op":"gte","value":80}]}', 'waiting'),
    ('01900000-0000-7000-8000-000000000002', '高潜力', '高潜力', '#1677ff', 1, 0, 'value_class',
     '{"field":"potential","op":"gte","value":0.6}', 'waiting'),
    ('01900000-0000-7000-8000-000000000003', '高忠诚', '高忠诚', '#389e0d', 1, 0, 'value_class',
     '{"all":[{"field":"frequency","op":"gte","value":4},{"field":"recency","op":"gte","value":4},{"field":"first_order_day","op":"older_than_days","value":365}]}',
     'waiting')
    ON CONFLICT (name_key) DO NOTHING;
-- @all
