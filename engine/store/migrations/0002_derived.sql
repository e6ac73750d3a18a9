-- Facts derived from the records by the engine (each with the clock from which it may be seen), and access tokens.

create table name_key (name varchar not null, name_key varchar not null);

create table party_form (           -- each distinct way a party was written down
    form_id bigint not null, authority varchar, party_id varchar, lei varchar, registration varchar,
    country varchar, name varchar not null, name_key varchar not null, first_seen timestamp not null
);

create table party_entity (         -- which entity such a form speaks of, from when until when
    form_id bigint not null, entity_id bigint not null, known_from timestamp not null, known_to timestamp, reason varchar not null
);

create table entity_key (           -- the keys by which an entity is recognised again
    key varchar not null, entity_id bigint not null, known_from timestamp not null
);

create table name_hit (             -- a party's form against a watch-list entry
    form_id bigint not null, list varchar not null, entry_id varchar not null, matched_name varchar not null,
    score double not null, result varchar not null, weight varchar not null, why varchar not null,
    known_from timestamp not null, known_to timestamp
);

create table place_distance (from_place varchar not null, to_place varchar not null, km integer not null);

create table access_token (
    token_hash varchar primary key, name varchar not null, role varchar not null, authorities varchar[],
    created_at timestamp not null, expires_at timestamp not null, revoked_at timestamp
);
