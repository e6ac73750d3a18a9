-- The closed-period statistics that an item is held against: same code and destination, else same code; back-off under 20 peers.
with wanted as (
    select
        spine_item.subject,
        spine_item.item_no,
        spine.as_of_month,
        spine_item.control_code,
        spine_item.unit,
        spine_application.destination,
        spine_application.kind
    from spine_item
    inner join spine on spine_item.subject = spine.subject
    inner join spine_application on spine_item.subject = spine_application.subject
    where spine_item.control_code is not null
),

found as (
    select
        wanted.subject,
        wanted.item_no,
        peer_statistics.n,
        peer_statistics.median_unit_value,
        peer_statistics.mad_unit_value,
        peer_statistics.median_quantity,
        peer_statistics.known_from,
        row_number() over (partition by wanted.subject, wanted.item_no order by peer_statistics.scope) as place
    from wanted
    inner join peer_statistics
        on
            wanted.as_of_month = peer_statistics.month
            and wanted.control_code = peer_statistics.control_code
            and coalesce(wanted.unit, '') = peer_statistics.unit
            and (
                (peer_statistics.scope = '1 code, destination, kind' and wanted.destination = peer_statistics.destination
                    and wanted.kind = peer_statistics.kind)
                or peer_statistics.scope = '2 code'
            )
    where peer_statistics.n >= 20
)

select subject, item_no, n, median_unit_value, mad_unit_value, median_quantity, known_from from found where place = 1
