-- Names on filings with what they are there and how much they hold; listed addresses; the places by which parties are linked.
-- All of it is derived: what an older store holds of names is found anew at the next opening.

delete from named_hit;

create or replace table screened_name ( -- each distinct name that stands on a filing elsewhere than as a party
    name_id bigint not null, name varchar not null, country varchar, kind varchar not null, -- person | organisation | vessel | aircraft | unknown
    number varchar                  -- a vessel's IMO number, an aircraft's registration
);

create or replace table filing_name (   -- where it stands: the role it has there and the field
    record_no bigint not null, role varchar not null, place varchar not null, name_id bigint not null,
    stands_as varchar not null,     -- owner | payer | signatory | on_document | carrier | vessel | aircraft
    party_no bigint, "share" decimal(9, 6) -- of an owner: whose, and how much
);

create or replace table listed_address ( -- an address of a watch-list entry, as filings are compared with it; as long as the entry says so
    address_key varchar not null, country varchar, list varchar not null, entry_id varchar not null, weight varchar not null,
    known_from timestamp not null, known_to timestamp
);

create or replace table party_place (   -- what a party was filed with, consignors apart: of each form and place the first two applications at least
    place_id bigint not null, kind varchar not null, -- address | website | registration | name (its own, its owners', its payer's)
    form_id bigint not null, application_id varchar not null, filed_at timestamp not null
);

insert or replace into setting values ('screening_awaited', 'yes');
delete from setting where name in ('names_screened_to', 'denials_screened_to');
insert or replace into setting values ('derived_to', '0');
