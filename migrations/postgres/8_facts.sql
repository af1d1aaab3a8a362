-- What a run or a person leaves for the next run to know: one value of a kind about a subject, until it is replaced or
-- forgotten. A decision of a person has no run.
create table facts (
    workspace_id text collate "C" not null,
    namespace text collate "C" not null,
    kind text collate "C" not null,
    subject text collate "C" not null,
    value text not null,
    run_id text,
    updated_at bigint not null,
    primary key (workspace_id, namespace, kind, subject)
);
