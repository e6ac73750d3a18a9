-- One row an owner of a party on a filing; `owner_key` is the name without case, accents and punctuation.
with named as (
    select record_no, d.exporter as party, 'exporter' as role_group from parsed
    union all
    select record_no, d.consignee as party, 'consignee' as role_group from parsed
    union all
    select record_no, d.end_user as party, 'end_user' as role_group from parsed
    union all
    select record_no, unnest(d.end_users) as party, 'further_end_user' as role_group from parsed
    union all
    select record_no, unnest(d.intermediaries) as party, 'intermediary' as role_group from parsed
),

owned as (
    select
        named.record_no,
        named.role_group,
        (md5_number_lower(concat_ws(
            chr(31), parsed.d.authority, coalesce(named.party.party_id, ''), coalesce(named.party.lei, ''),
            coalesce(named.party.registration, ''), coalesce(named.party.country, ''), named.party.name
        )) >> 1)::bigint as form_id,
        parsed.seq,
        parsed.d.application_id as application_id,
        parsed.d.filed_at as filed_at,
        unnest(named.party.owners) as owner
    from named
    inner join parsed on named.record_no = parsed.record_no
    where named.party.name is not null and array_length(named.party.owners) > 0
)

select
    record_no,
    seq,
    application_id,
    filed_at,
    role_group,
    form_id,
    nullif(trim(regexp_replace(lower(strip_accents(owner.name)), '[^\p{L}\p{N}]+', ' ', 'g')), '') as owner_key,
    owner.country as country,
    owner."share" as "share"
from owned
