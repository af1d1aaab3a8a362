-- Whether the bytes that a run read were the newest that anybody had read; nothing where an earlier version recorded it,
-- and 0 for a file that an earlier run had read and a later one replaced.
alter table runs add column source_newest bigint;
