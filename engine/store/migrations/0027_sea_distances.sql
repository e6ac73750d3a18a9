-- A leg by sea is as long as the way by sea; null where a place is not by the sea.

drop table place_distance;

create table place_distance (
    from_place varchar not null, to_place varchar not null, km integer not null, sea_km integer,
    inland boolean not null -- one of them is known not to be by the sea
);

insert or replace into setting values ('derived_to', '0'); -- routes already taken in are measured with the next derivation
