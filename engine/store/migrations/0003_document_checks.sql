-- What the file behind a declared document says, held to what was declared of it; derived when both are on record.

create table document_check (
    record_no bigint not null, document_no bigint not null, sha256 varchar not null, field varchar not null, found boolean not null
);
