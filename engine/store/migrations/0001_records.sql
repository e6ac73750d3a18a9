-- The record of everything: nothing here is ever updated or deleted but a body under a lawful erasure order.
-- Working tables (see ../projections) are computed from record.body and can be rebuilt from it at any time.

create table audit_entry (
    seq bigint primary key,          -- order of writing; a fork of the chain is a primary-key error
    made_at timestamp not null,      -- UTC
    actor varchar not null,          -- token name, or the account that ran the command
    action varchar not null,
    channel varchar not null,        -- ingest | http | command | engine
    kind varchar not null,           -- kind of the records, or 'none'
    records bigint not null,
    digest varchar not null,         -- sha256 over the ordered digests of the records
    note varchar,
    previous varchar not null,
    hash varchar not null            -- sha256 over the fields above
);

create table record (
    record_no bigint not null,       -- order of writing over the whole store
    seq bigint not null,             -- the audit entry that holds it
    kind varchar not null,
    key varchar not null,            -- application:ID#REVISION, event:ID, score:..., plan:..., model:..., list:...
    known_at timestamp not null,     -- when it became known (filed_at, or the event's own at)
    salt varchar,                    -- null once erased
    digest varchar not null,         -- sha256 of kind, key, salt and body
    body varchar                     -- canonical JSON; null once erased
);
create index record_by_key on record (key);

create table setting (
    name varchar primary key,        -- schema_version, projection_fingerprint, reference_as_of, erase_salt ...
    value varchar not null
);
