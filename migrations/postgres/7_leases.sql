-- The last sign of life of who holds the lock; nothing where an earlier version took it.
alter table leases add column renewed bigint;

-- Calls that nobody knows the end of are few among many, and looked for in every run.
create index steps_without_outcome on steps (run_id) where outcome is null;
