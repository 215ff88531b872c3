-- Ways in and out: mailboxes, mails, public forms, signed hooks, and how satisfied customers were.
-- Distributed by customer_id: csat_answers. Local: service_mailboxes, ticket_mails, mails_refused, service_forms,
-- service_hooks, hook_threads, csat_invitations.

CREATE TABLE service_mailboxes (
    mailbox_id {uuid} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    -- In small letters.
    address {text} NOT NULL,
    active {bool} NOT NULL,
    -- JSON: from_name, kind, imap, smtp, password_env; no password.
    settings {json} NOT NULL,
    -- Sealed with the key of the house, which is not in the database.
    password {bytes},
    -- How far the folder has been read: the server's own numbers. NULL: not yet.
    uid_validity {int},
    last_uid {int},
    checked_at {int},
    -- JSON: what the last look failed of; NULL: it went well.
    problem {json},
    -- Mails that became tickets or answers.
    taken {int} NOT NULL DEFAULT 0,
    version {int} NOT NULL,
    CONSTRAINT service_mailboxes_pk PRIMARY KEY (mailbox_id),
    CONSTRAINT service_mailboxes_name UNIQUE (name_key),
    CONSTRAINT service_mailboxes_address UNIQUE (address)
) {clustered};

-- Every mail of a ticket, in and out: by its Message-ID answers find their ticket, and the same mail twice is one.
CREATE TABLE ticket_mails (
    mail_key {text} NOT NULL,
    ticket_id {uuid} NOT NULL,
    message_id {uuid} NOT NULL,
    -- in, out.
    direction {text} NOT NULL,
    mailbox_id {uuid},
    -- The other side's.
    address {text} NOT NULL,
    subject {text} NOT NULL,
    -- in: taken; out: waiting, sent, failed, bounced.
    state {text} NOT NULL,
    automatic {bool} NOT NULL DEFAULT FALSE,
    at {int} NOT NULL,
    CONSTRAINT ticket_mails_pk PRIMARY KEY (mail_key)
) {clustered};
CREATE INDEX ticket_mails_ticket ON ticket_mails (ticket_id, at);
CREATE INDEX ticket_mails_address ON ticket_mails (address, at);
CREATE INDEX ticket_mails_message ON ticket_mails (message_id);

-- Mails that became nothing, and why: answers of machines, reports, loops. Swept after ninety days.
CREATE TABLE mails_refused (
    mail_key {text} NOT NULL,
    mailbox_id {uuid},
    address {text} NOT NULL,
    subject {text} NOT NULL,
    -- machine, bounce, own, unreadable, too_large.
    reason {text} NOT NULL,
    at {int} NOT NULL,
    CONSTRAINT mails_refused_pk PRIMARY KEY (mail_key)
) {clustered};
CREATE INDEX mails_refused_at ON mails_refused (at);

-- Forms that anybody may fill in.
CREATE TABLE service_forms (
    form_id {uuid} NOT NULL,
    -- What stands in its address.
    public_key {text} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    active {bool} NOT NULL,
    -- JSON: title, intro, thanks (zh, en), kinds, fields, limits.
    settings {json} NOT NULL,
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    CONSTRAINT service_forms_pk PRIMARY KEY (form_id),
    CONSTRAINT service_forms_key UNIQUE (public_key),
    CONSTRAINT service_forms_name UNIQUE (name_key)
) {clustered};

-- Other systems that send what customers say, each message signed.
CREATE TABLE service_hooks (
    hook_id {uuid} NOT NULL,
    public_key {text} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    active {bool} NOT NULL,
    secret {bytes} NOT NULL,
    -- JSON: where in a message each field of a ticket stands.
    mapping {json} NOT NULL,
    taken {int} NOT NULL DEFAULT 0,
    last_at {int},
    problem {json},
    version {int} NOT NULL,
    created_at {int} NOT NULL,
    CONSTRAINT service_hooks_pk PRIMARY KEY (hook_id),
    CONSTRAINT service_hooks_key UNIQUE (public_key),
    CONSTRAINT service_hooks_name UNIQUE (name_key)
) {clustered};

-- The ticket in which a conversation goes on.
CREATE TABLE hook_threads (
    hook_id {uuid} NOT NULL,
    thread {text} NOT NULL,
    ticket_id {uuid} NOT NULL,
    CONSTRAINT hook_threads_pk PRIMARY KEY (hook_id, thread)
) {clustered};

-- How satisfied a customer was with what came of a ticket: 1 to 5.
CREATE TABLE csat_answers (
    customer_id {uuid} NOT NULL,
    ticket_id {uuid} NOT NULL,
    score {int} NOT NULL,
    first_score {int} NOT NULL,
    comment {text},
    -- Once may be changed.
    changes {int} NOT NULL DEFAULT 0,
    -- Up to which score it counted as low when it was given.
    low_to {int} NOT NULL,
    staff_id {uuid},
    group_id {uuid},
    answered_at {int} NOT NULL,
    changed_at {int} NOT NULL,
    CONSTRAINT csat_answers_pk PRIMARY KEY (customer_id, ticket_id)
) {clustered};

-- A ticket is asked about once.
CREATE TABLE csat_invitations (
    ticket_id {uuid} NOT NULL,
    sent_at {int} NOT NULL,
    CONSTRAINT csat_invitations_pk PRIMARY KEY (ticket_id)
) {clustered};
