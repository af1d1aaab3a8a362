-- A new grant that was to be made before the old one goes, while not both was done.
create table moves (
    workspace_id text collate "C" not null,
    namespace text collate "C" not null,
    old_key text collate "C" not null,
    new_key text collate "C" not null,
    run_id text not null,
    primary key (workspace_id, namespace, old_key, new_key)
);
