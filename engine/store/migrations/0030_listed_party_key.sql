-- What a question about a list entry is known by: as long as the entry says the same and the name is written the same, it is the same
-- question. Reviews on record name it, so it must never be computed otherwise.
create or replace macro listed_party_key(list_code, entry, said, name_no) as
    substr(md5(list_code || ' ' || entry || ' ' || said || ' ' || cast(name_no as varchar)), 1, 12);
