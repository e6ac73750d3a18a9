-- The names on new filings that are no party's, each with what it is there, whose owner it is and the field it stands in. Reads
-- new_filing(record_no) and the filings' working tables. `kind` is what the field can hold; a vessel is named by its IMO number too.
with placed as (
    select
        filing_party.*,
        case filing_party.role_group
            when 'intermediary' then 'intermediaries/' || row_number() over (partition by record_no, role_group order by party_no) - 1
            when 'further_end_user' then 'end_users/' || row_number() over (partition by record_no, role_group order by party_no) - 1
            else filing_party.role_group
        end as place
    from filing_party
    where record_no in (select record_no from new_filing)
),

owned as (
    select record_no, role, place, party_no, generate_subscripts(owners, 1) as owner_no, unnest(owners) as owner from placed
),

document as (
    select * from filing_document where record_no in (select record_no from new_filing)
),

on_document as (
    select record_no, 'end user named on document ' || document_no as role, document_no, 'end_user' as field, end_user as name from document
    union all
    select record_no, 'consignee named on document ' || document_no as role, document_no, 'consignee' as field, consignee as name from document
),

leg as (
    select
        *,
        mode in ('sea', 'inland_water') or (mode is null and imo is not null) as afloat
    from filing_leg
    where record_no in (select record_no from new_filing)
),

standing as (
    select
        record_no,
        'owner of the ' || replace(role, '_', ' ')
        || coalesce(' (' || regexp_replace(printf('%.1f', cast(owner."share" as double) * 100), '\.0$', '') || ' %)', '') as role,
        place || '/owners/' || (owner_no - 1) as place,
        owner.name as name,
        owner.country as country,
        'unknown' as kind,
        null as number,
        'owner' as stands_as,
        party_no,
        cast(owner."share" as decimal(9, 6)) as "share"
    from owned
    union all
    select
        record_no,
        'payer' as role,
        'payment/payer_name' as place,
        payer_name as name,
        payer_country as country,
        'unknown' as kind,
        null as number,
        'payer' as stands_as,
        null as party_no,
        null as "share"
    from filing
    where record_no in (select record_no from new_filing)
    union all
    select
        record_no,
        'signatory of document ' || document_no as role,
        'documents/' || (document_no - 1) || '/signatory' as place,
        signatory as name,
        null as country,
        'person' as kind,
        null as number,
        'signatory' as stands_as,
        null as party_no,
        null as "share"
    from document
    union all
    select
        on_document.record_no,
        on_document.role,
        'documents/' || (on_document.document_no - 1) || '/' || on_document.field as place,
        on_document.name,
        null as country,
        'unknown' as kind,
        null as number,
        'on_document' as stands_as,
        null as party_no,
        null as "share"
    from on_document
    left join placed on on_document.record_no = placed.record_no and lower(on_document.name) = lower(placed.name)
    where placed.record_no is null -- as a party it is screened with its country
    union all
    select
        record_no,
        'carrier of leg ' || leg_no as role,
        'route/' || (leg_no - 1) || '/carrier' as place,
        carrier as name,
        null as country,
        'organisation' as kind,
        null as number,
        'carrier' as stands_as,
        null as party_no,
        null as "share"
    from leg
    union all
    select
        record_no,
        'vessel of leg ' || leg_no as role,
        'route/' || (leg_no - 1) || case when imo is null then '/conveyance' else '/imo' end as place,
        -- Without the prefix that says only that it is a ship ("MV", "M/T").
        coalesce(nullif(trim(regexp_replace(case when afloat then conveyance else '' end, '^\s*(m[/.]?[vts]|s[/.]?s)[.]?\s+', '', 'i')), ''), imo) as name,
        null as country,
        'vessel' as kind,
        imo as number,
        'vessel' as stands_as,
        null as party_no,
        null as "share"
    from leg
    where afloat or imo is not null
    union all
    select
        record_no,
        'aircraft of leg ' || leg_no as role,
        'route/' || (leg_no - 1) || '/aircraft_registration' as place,
        aircraft_registration as name,
        null as country,
        'aircraft' as kind,
        aircraft_registration as number,
        'aircraft' as stands_as,
        null as party_no,
        null as "share"
    from leg
)

select
    record_no,
    role,
    place,
    name,
    country,
    kind,
    number,
    stands_as,
    party_no,
    "share",
    (md5_number_lower(concat_ws(chr(31), kind, coalesce(country, ''), coalesce(number, ''), name)) >> 1)::bigint as name_id
from standing
where trim(name) <> ''
