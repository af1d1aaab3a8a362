-- Which store this is, so that a saved plan can be told from one that was made beside another. There is one row:
-- of two processes that give the name at the same moment, one finds that the other was quicker.
create table identity (
    store_id text not null,
    one bigint not null default 1 primary key check (one = 1)
);
