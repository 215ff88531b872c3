-- Versions that hold from a day on, and programmes that are set aside. Both tables are local to every shard.

-- The day from which a version holds; absent where it held at once.
ALTER TABLE programme_versions ADD COLUMN effective_from {int};
-- When it began to hold; absent while it waits, and of those from before.
ALTER TABLE programme_versions ADD COLUMN live_at {int};
-- The number of the version whose rules these are again.
ALTER TABLE programme_versions ADD COLUMN restored_from {int};
-- The job that makes it hold.
ALTER TABLE programme_versions ADD COLUMN job_id {uuid};

ALTER TABLE programmes ADD COLUMN archived_at {int};
