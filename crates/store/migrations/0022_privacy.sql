-- The law on personal data: what a person agreed to, what he asked for, what was done about it, and what may leave the house.
-- Distributed by customer_id: consents, privacy_standings, privacy_requests. Look-up, distributed by its own value:
-- erased_identities. Local: consent_texts, privacy_counters, export_files.

-- The wording that people agree to, in versions: a published one never changes.
CREATE TABLE consent_texts (
    text_id {uuid} NOT NULL,
    -- service, care, marketing, analysis, sharing.
    purpose {text} NOT NULL,
    -- 1, 2, 3 … of its purpose; the highest is in force.
    number {int} NOT NULL,
    words_zh {text} NOT NULL,
    words_en {text} NOT NULL,
    published_by {uuid},
    published_at {int} NOT NULL,
    CONSTRAINT consent_texts_pk PRIMARY KEY (text_id),
    CONSTRAINT consent_texts_number UNIQUE (purpose, number)
) {clustered};

-- What somebody said about one purpose and channel, in order and for ever: the last word counts.
CREATE TABLE consents (
    customer_id {uuid} NOT NULL,
    said_at {int} NOT NULL,
    consent_id {uuid} NOT NULL,
    purpose {text} NOT NULL,
    -- any, phone, sms, email, wechat, wecom, post, visit.
    channel {text} NOT NULL,
    -- given, withdrawn.
    state {text} NOT NULL,
    -- form, phone, counter, wechat, email, contract, import, api.
    source {text} NOT NULL,
    text_id {uuid},
    text_number {int},
    note {text},
    staff_id {uuid},
    recorded_at {int} NOT NULL,
    CONSTRAINT consents_pk PRIMARY KEY (customer_id, said_at, consent_id)
) {clustered};

-- Whose data must be kept only, and whose are gone.
CREATE TABLE privacy_standings (
    customer_id {uuid} NOT NULL,
    -- restricted, erased.
    state {text} NOT NULL,
    since {int} NOT NULL,
    request_id {uuid},
    reason {text},
    CONSTRAINT privacy_standings_pk PRIMARY KEY (customer_id)
) {clustered};

-- What erased people were known by, as keyed fingerprints: a file loaded again does not bring them back.
CREATE TABLE erased_identities (
    fingerprint {bytes} NOT NULL,
    customer_id {uuid} NOT NULL,
    erased_at {int} NOT NULL,
    CONSTRAINT erased_identities_pk PRIMARY KEY (fingerprint)
) {clustered};
CREATE INDEX erased_identities_customer ON erased_identities (customer_id);

CREATE TABLE privacy_counters (
    name {text} NOT NULL,
    last {int} NOT NULL,
    CONSTRAINT privacy_counters_pk PRIMARY KEY (name)
) {clustered};

CREATE TABLE privacy_requests (
    customer_id {uuid} NOT NULL,
    request_id {uuid} NOT NULL,
    number {int} NOT NULL,
    -- access, portability, correction, erasure, restriction.
    kind {text} NOT NULL,
    -- open, done, refused, withdrawn.
    state {text} NOT NULL,
    received_at {int} NOT NULL,
    due_at {int} NOT NULL,
    -- The due time as it was first, where it was put off; and why.
    first_due_at {int} NOT NULL,
    extension {text},
    -- How it came in: phone, email, counter, wechat, letter, form.
    channel {text} NOT NULL,
    -- What was asked, in the person's own words.
    words {text},
    -- How it was made sure that the person is who he says.
    identity_check {text},
    -- What was done, or why it was refused.
    answer {text},
    -- JSON: of an erasure, what went, what stayed and why.
    certificate {json},
    -- JSON: names of files on the disk that are still to be removed.
    leftovers {json},
    asked_by {uuid},
    decided_by {uuid},
    decided_at {int},
    version {int} NOT NULL,
    CONSTRAINT privacy_requests_pk PRIMARY KEY (customer_id, request_id)
) {clustered};
CREATE INDEX privacy_requests_due ON privacy_requests (state, due_at, request_id);
CREATE INDEX privacy_requests_id ON privacy_requests (request_id);

-- Files of customers that were asked for: who, what, why, whether somebody else agreed, and until when they are there.
CREATE TABLE export_files (
    export_id {uuid} NOT NULL,
    number {int} NOT NULL,
    staff_id {uuid} NOT NULL,
    staff_name {text} NOT NULL,
    -- csv, xlsx.
    format {text} NOT NULL,
    -- The filters of the list, as its query string.
    filters {text} NOT NULL,
    reason {text} NOT NULL,
    -- asked, running, ready, refused, failed, expired, withdrawn.
    state {text} NOT NULL,
    -- How many customers it had when it was asked for, and has.
    asked_rows {int} NOT NULL,
    file_rows {int},
    bytes {int},
    sha256 {text},
    problem {json},
    asked_at {int} NOT NULL,
    decided_by {uuid},
    decided_at {int},
    decision {text},
    ready_at {int},
    expires_at {int},
    downloads {int} NOT NULL DEFAULT 0,
    version {int} NOT NULL,
    CONSTRAINT export_files_pk PRIMARY KEY (export_id)
) {clustered};
CREATE INDEX export_files_asked ON export_files (asked_at, export_id);
CREATE INDEX export_files_expiry ON export_files (expires_at) WHERE state = 'ready';

-- Wordings to begin with; the next version is published by a person.
-- @sqlite
INSERT INTO consent_texts (text_id, purpose, number, words_zh, words_en, published_at) VALUES
    (x'01900000000070008000000000000101', 'service', 1, '为履行合同、交付商品和提供售后服务，我们使用您的姓名、联系方式和订单信息。',
     'We use your name, contact details and orders to fulfil our contract, deliver what you bought and answer for it afterwards.', 0),
    (x'01900000000070008000000000000102', 'care', 1, '我们可以在生日、节日和您约定的时间，以您选择的渠道问候您、邀请您参加会员活动。您可以随时撤回。',
     'We may greet you and invite you to members'' events on birthdays, festivals and agreed days, by the channels you choose. You may take this back at any time.', 0),
    (x'01900000000070008000000000000103', 'marketing', 1, '我们可以用您选择的渠道向您发送优惠和新品信息。您可以随时拒绝，拒绝不影响其他服务。',
     'We may send you offers and news of products by the channels you choose. You may refuse at any time; it changes nothing else.', 0),
    (x'01900000000070008000000000000104', 'analysis', 1, '我们可以根据您的消费和互动情况评定会员等级，并预测您可能需要的服务。您可以要求说明理由，也可以要求人工复核。',
     'We may work out your level from what you buy and how we are in touch, and forecast what you may need. You may ask for the reasons, and for a human being to look at it.', 0),
    (x'01900000000070008000000000000105', 'sharing', 1, '我们可以把办理业务所必需的信息提供给您知情的合作方。每次提供前会告知接收方和用途。',
     'We may pass on what is necessary to partners whom you know of. You are told who receives it and what for, each time before.', 0);
-- @postgres
INSERT INTO consent_texts (text_id, purpose, number, words_zh, words_en, published_at) VALUES
    ('01900000-0000-7000-8000-000000000101', 'service', 1, '为履行合同、交付商品和提供售后服务，我们使用您的姓名、联系方式和订单信息。',
     'We use your name, contact details and orders to fulfil our contract, deliver what you bought and answer for it afterwards.', 0),
    ('01900000-0000-7000-8000-000000000102', 'care', 1, '我们可以在生日、节日和您约定的时间，以您选择的渠道问候您、邀请您参加会员活动。您可以随时撤回。',
     'We may greet you and invite you to members'' events on birthdays, festivals and agreed days, by the channels you choose. You may take this back at any time.', 0),
    ('01900000-0000-7000-8000-000000000103', 'marketing', 1, '我们可以用您选择的渠道向您发送优惠和新品信息。您可以随时拒绝，拒绝不影响其他服务。',
     'We may send you offers and news of products by the channels you choose. You may refuse at any time; it changes nothing else.', 0),
    ('01900000-0000-7000-8000-000000000104', 'analysis', 1, '我们可以根据您的消费和互动情况评定会员等级，并预测您可能需要的服务。您可以要求说明理由，也可以要求人工复核。',
     'We may work out your level from what you buy and how we are in touch, and forecast what you may need. You may ask for the reasons, and for a human being to look at it.', 0),
    ('01900000-0000-7000-8000-000000000105', 'sharing', 1, '我们可以把办理业务所必需的信息提供给您知情的合作方。每次提供前会告知接收方和用途。',
     'We may pass on what is necessary to partners whom you know of. You are told who receives it and what for, each time before.', 0);
-- @all
