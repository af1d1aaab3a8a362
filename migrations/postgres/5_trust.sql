-- What the next run must know to tell a stay that vanished, a source that changed and a guard that trips again.

-- How often in a row a grant was changed although the source did not change.
alter table ledger add column repairs bigint not null default 0;

-- Grants whose stay is missing from the source: since when, in how many complete reads, and in which bytes last.
create table absences (
    workspace_id text collate "C" not null,
    namespace text collate "C" not null,
    access_grant_key text collate "C" not null,
    since bigint not null,
    reads bigint not null,
    last_read text,
    run_id text not null,
    primary key (workspace_id, namespace, access_grant_key)
);

-- What a source looked like: rows of each property, filled cells of each column, as JSON.
alter table runs add column source_shape text;

-- Guards that stopped a run, with a hash of the records they counted, and how often in a row it was the same.
create table guard_trips (
    workspace_id text collate "C" not null,
    namespace text collate "C" not null,
    guard text collate "C" not null,
    scope text collate "C" not null,
    records text not null,
    trips bigint not null,
    since bigint not null,
    run_id text not null,
    primary key (workspace_id, namespace, guard, scope)
);
