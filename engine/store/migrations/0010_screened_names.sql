-- Every name that stands on a filing is screened, not only the parties': owners, payers, signatories, carriers, vessels by IMO number.

create table screened_name (        -- each distinct name that stands on a filing elsewhere than as a party
    name_id bigint not null, name varchar not null, country varchar, kind varchar not null -- person | organisation | vessel | unknown
);

create table filing_name (          -- where it stands: the role it has there and the field
    record_no bigint not null, role varchar not null, place varchar not null, name_id bigint not null
);

create table named_hit (            -- such a name against a watch-list entry or a partner's denial; the columns of name_hit
    name_id bigint not null, list varchar not null, entry_id varchar not null, matched_name varchar not null,
    score double not null, result varchar not null, weight varchar not null, why varchar not null,
    known_from timestamp not null, known_to timestamp, content varchar not null
);

-- What the entry said, in short: a hit that was settled is asked about again only when that has changed.
alter table name_hit add column content varchar;

insert or replace into setting values ('screening_awaited', 'yes');
delete from setting where name in ('names_screened_to', 'denials_screened_to');
