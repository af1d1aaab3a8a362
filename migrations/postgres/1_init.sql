-- What runs did. Times are epoch milliseconds. Texts are compared by their bytes, as in SQLite.

create table runs (
    run_id text collate "C" not null primary key,
    workspace_id text collate "C" not null,
    namespace text collate "C" not null,
    command text not null,
    lease_id text collate "C" not null,
    started_at bigint not null,
    finished_at bigint,
    exit_code bigint,
    source_location text,
    source_fingerprint text,
    counts text,
    document text
);

create index runs_by_start on runs (started_at);

-- One row for each call of a plan: what was meant before it was sent, what came of it after.
create table steps (
    run_id text collate "C" not null references runs (run_id),
    step bigint not null,
    path text not null,
    subject text not null,
    reservation text,
    intent_at bigint,
    outcome text,
    outcome_at bigint,
    request_id text,
    error text,
    seam_id text,
    primary key (run_id, step)
);

-- What was wanted of each grant when it was last carried out.
create table ledger (
    workspace_id text collate "C" not null,
    namespace text collate "C" not null,
    access_grant_key text collate "C" not null,
    desired text not null,
    run_id text not null,
    updated_at bigint not null,
    primary key (workspace_id, namespace, access_grant_key)
);

-- Who may write for a workspace and namespace, and until when.
create table leases (
    workspace_id text collate "C" not null,
    namespace text collate "C" not null,
    lease_id text collate "C" not null,
    host text not null,
    boot_id text not null,
    pid_namespace text not null,
    pid bigint not null,
    process_start bigint not null,
    since bigint not null,
    expires bigint not null,
    primary key (workspace_id, namespace)
);
