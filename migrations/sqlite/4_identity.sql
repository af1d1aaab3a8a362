-- Which store this is, so that a saved plan can be told from one that was made beside another.
create table identity (
    store_id text not null primary key
);
