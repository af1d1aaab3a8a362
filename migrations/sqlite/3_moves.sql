-- A new grant that was to be made before the old one goes, while not both was done.
create table moves (
    workspace_id text not null,
    namespace text not null,
    old_key text not null,
    new_key text not null,
    run_id text not null,
    primary key (workspace_id, namespace, old_key, new_key)
);
