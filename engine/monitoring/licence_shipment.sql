-- Each shipment known by `licence_moment.as_of` with the licence it was made under: the one it names, else, of its application's,
-- the one issued last by the day it left; none where nothing was ever issued.
with standing as (
    select
        shipment.shipment_id,
        shipment.application_id,
        shipment.licence_number,
        coalesce(shipment.shipped_on, cast(shipment.at as date)) as shipped_on,
        shipment.at,
        shipment.record_no
    from known_shipment as shipment
    where shipment.shipment_id is not null
    qualify row_number() over (partition by shipment.shipment_id order by shipment.at desc, shipment.record_no desc) = 1
),

begun as (
    select
        licence,
        min(application_id) as application_id,
        min(in_effect_from) as begun_on
    from licence_change group by licence
),

-- Two joins on one key each: one join on either key compares every shipment with every licence.
under as (
    select
        standing.shipment_id,
        begun.licence,
        begun.application_id,
        begun.begun_on
    from standing inner join begun on standing.licence_number = begun.licence
    union all
    select
        standing.shipment_id,
        begun.licence,
        begun.application_id,
        begun.begun_on
    from standing inner join begun on standing.application_id = begun.application_id
    where standing.licence_number is null or standing.licence_number not in (select issued.licence from begun as issued)
)

-- What was shipped is joined last: carried through the windows, the lists of goods cost more than all else here.
select
    placed.shipment_id,
    placed.application_id,
    placed.licence,
    placed.shipped_on,
    shipment.items,
    placed.place
from (
    select
        standing.shipment_id,
        coalesce(standing.application_id, under.application_id) as application_id,
        under.licence,
        standing.shipped_on,
        standing.record_no,
        row_number() over (order by standing.shipped_on, standing.at, standing.record_no) as place
    from standing
    left join under on standing.shipment_id = under.shipment_id
    qualify
        row_number() over (
            partition by standing.shipment_id order by under.begun_on <= standing.shipped_on desc, under.begun_on desc, under.licence asc
        ) = 1
) as placed
inner join shipment on placed.record_no = shipment.record_no
