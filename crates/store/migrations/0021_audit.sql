-- Whence an entry was asked for: the address of the request, and the API key where one was used.
ALTER TABLE audit ADD COLUMN address {text};
ALTER TABLE audit ADD COLUMN key_id {uuid};
CREATE INDEX audit_by_time ON audit (at, seq);
