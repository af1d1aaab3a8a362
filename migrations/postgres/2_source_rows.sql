-- How large sources were, so that one that shrank is seen.

alter table runs add column source_rows bigint;
