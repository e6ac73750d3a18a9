-- One row a party on a filing. `form_id` names the way the party was written down, so that each distinct way
-- is resolved and screened once; `address_key` is the address without case, accents and punctuation.
with named as (
    select record_no, 1 as place, 0 as position, 'exporter' as role, d.exporter as party from parsed
    union all
    select record_no, 2 as place, 0 as position, 'applicant' as role, d.applicant as party from parsed
    union all
    select record_no, 3 as place, 0 as position, 'consignee' as role, d.consignee as party from parsed
    union all
    select record_no, 4 as place, 0 as position, 'end_user' as role, d.end_user as party from parsed
    union all
    select
        record_no,
        5 as place,
        generate_subscripts(d.end_users, 1) as position,
        'further_end_user' as role,
        unnest(d.end_users) as party
    from parsed
    union all
    select
        record_no,
        6 as place,
        generate_subscripts(d.intermediaries, 1) as position,
        'intermediary' as role,
        unnest(d.intermediaries) as party
    from parsed
)

select
    named.record_no,
    parsed.seq,
    parsed.d.application_id as application_id,
    coalesce(parsed.d.revision, 1) as revision,
    parsed.d.authority as authority,
    parsed.d.filed_at as filed_at,
    row_number() over (partition by named.record_no order by named.place, named.position) as party_no,
    named.role as role_group,
    coalesce(named.party.role, named.role) as role,
    (md5_number_lower(concat_ws(
        chr(31), parsed.d.authority, coalesce(named.party.party_id, ''), coalesce(named.party.lei, ''),
        coalesce(named.party.registration, ''), coalesce(named.party.country, ''), named.party.name
    )) >> 1)::bigint as form_id,
    named.party.party_id as party_id,
    named.party.name as name,
    nullif(trim(regexp_replace(lower(strip_accents(named.party.name)), '[^\p{L}\p{N}]+', ' ', 'g')), '') as plain_key,
    named.party.aliases as aliases,
    named.party.country as country,
    named.party.address as address,
    nullif(trim(regexp_replace(lower(strip_accents(named.party.address)), '[^\p{L}\p{N}]+', ' ', 'g')), '') as address_key,
    named.party.kind as kind,
    named.party.registration as registration,
    named.party.lei as lei,
    named.party.registered_on as registered_on,
    nullif(lower(regexp_replace(named.party.website, '^https?://(www\.)?|/.*$', '', 'g')), '') as website_key,
    named.party.owners as owners,
    named.party.licences as licences,
    named.party.compliance_programme.level as programme_level,
    named.party.compliance_programme.certified_on as programme_certified_on,
    named.party.compliance_programme.audited_on as programme_audited_on,
    named.party.compliance_programme.audited_by as programme_audited_by
from named
inner join parsed on named.record_no = parsed.record_no
where named.party.name is not null
