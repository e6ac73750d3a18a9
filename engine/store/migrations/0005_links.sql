-- Weighted links between the ways in which parties are written. All of it is derived: what an older store holds of
-- entities is made anew at the next opening.

drop table entity_key;
delete from name_hit;
delete from party_entity;
delete from party_form;
drop table name_key;

create table name_key (              -- a written name, and what of it is compared
    name varchar not null, name_key varchar not null,
    words varchar not null,          -- without legal form, in their order
    legal_form varchar,              -- its class
    sorted_words varchar not null, squashed varchar not null,
    sounds varchar[] not null,       -- consonants of each word, sorted
    figures varchar not null,        -- numbers in the name, in their order
    blocks varchar[] not null        -- what another name must share to be compared at all
);
create index name_key_by_name on name_key (name);

create table party_writing (         -- a form together with what was written beside it
    writing_id bigint not null, form_id bigint not null, first_seen timestamp not null, first_filing varchar,
    authority varchar, party_id varchar, lei varchar, registration varchar, country varchar, name varchar not null,
    address varchar, website varchar, owners varchar[], kind varchar, registered_on date
);
create index party_writing_by_id on party_writing (writing_id);
create index party_writing_by_form on party_writing (form_id);

create table party_block (block bigint not null, writing_id bigint not null);
create index party_block_by_block on party_block (block);

create table party_link (            -- two forms that may be one party, from when on the evidence was filed
    form_l bigint not null, form_r bigint not null, known_from timestamp not null, weight double not null,
    differ boolean not null,         -- their LEI or register numbers contradict each other
    reason varchar not null
);
create index party_link_by_left on party_link (form_l);
create index party_link_by_right on party_link (form_r);

create index party_form_by_id on party_form (form_id);
create index party_entity_by_form on party_entity (form_id);
create index party_entity_by_entity on party_entity (entity_id);

insert or replace into setting values ('derived_to', '0');
