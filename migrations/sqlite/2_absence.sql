-- How large sources were, who was missing from them, and which guards stopped runs.

alter table runs add column source_rows bigint;

-- A live grant whose stay was not in a complete source: since when, and in how many runs one after the other.
create table absences (
    workspace_id text not null,
    namespace text not null,
    access_grant_key text not null,
    since bigint not null,
    n_runs bigint not null,
    primary key (workspace_id, namespace, access_grant_key)
);

-- A guard that stopped the last run, and how often it did for the very same set.
create table guard_trips (
    workspace_id text not null,
    namespace text not null,
    guard text not null,
    scope text not null,
    fingerprint text not null,
    n_runs bigint not null,
    primary key (workspace_id, namespace, guard, scope)
);
