-- A new grant that takes the place of an old one, from when until when it is wanted, while nobody knows that both was
-- done.
create table moves (
    workspace_id text not null,
    namespace text not null,
    old_key text not null,
    new_key text not null,
    starts_at bigint not null,
    ends_at bigint,
    run_id text not null,
    primary key (workspace_id, namespace, old_key, new_key)
);
