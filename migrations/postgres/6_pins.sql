-- Reservations that are kept as they were before a run that was undone. `grants` and the rest are one JSON document.
create table pins (
    workspace_id text collate "C" not null,
    namespace text collate "C" not null,
    property text collate "C" not null,
    reservation_key text collate "C" not null,
    pin text not null,
    run_id text not null,
    primary key (workspace_id, namespace, property, reservation_key)
);
