-- What an officer must hear of at once: each finding that counts, against every undecided application and open licence of the same parties
-- (those in the deal: neither the exporter nor who only serves it), and the application on which it was made; and each list entry that came on
-- record after an application was filed and asks something of it that nobody has answered (`listed_party`, by `list`).
with touched as (
    select distinct
        finding_standing.found_by,
        finding_standing.source,
        party_standing.entity_id
    from finding_standing
    inner join party_standing on finding_standing.application_id = party_standing.application_id
    where party_standing.in_the_deal
),

decided as (
    select distinct decision.application_id
    from known_decision as decision
),

opened as (
    select
        application_id,
        string_agg(distinct licence, ', ' order by licence) as licences
    from licence_state
    where state = 'open'
    group by application_id
),

pending as (
    select
        filing_standing.application_id,
        case when opened.application_id is not null then 'open licence' else 'undecided' end as why,
        opened.licences
    from filing_standing
    left join opened on filing_standing.application_id = opened.application_id
    left join decided on filing_standing.application_id = decided.application_id
    where opened.application_id is not null or decided.application_id is null
),

concerned as (
    select
        touched.found_by,
        touched.source,
        party_standing.application_id,
        pending.why,
        pending.licences,
        string_agg(distinct party_standing.role, ', ' order by party_standing.role) as shared_as
    from touched
    inner join party_standing on touched.entity_id = party_standing.entity_id
    inner join pending on party_standing.application_id = pending.application_id
    where party_standing.in_the_deal
    group by touched.found_by, touched.source, party_standing.application_id, pending.why, pending.licences
    union
    select
        finding_standing.found_by,
        finding_standing.source,
        finding_standing.application_id,
        'found here' as why,
        opened.licences,
        'this licence' as shared_as
    from finding_standing
    left join opened on finding_standing.application_id = opened.application_id
    where finding_standing.application_id is not null
)

select
    'alert:'
    || substr(md5(finding_standing.found_by || ' ' || finding_standing.event_id || ' ' || concerned.application_id || ' ' || concerned.why), 1, 16)
        as alert_id,
    greatest(finding_standing.known_from, filing_standing.filed_at) as raised_at,
    finding_standing.found_by,
    finding_standing.source,
    finding_standing.event_id,
    finding_standing.application_id as found_on,
    finding_standing.findings,
    finding_standing.diversion,
    concerned.application_id,
    concerned.why,
    concerned.licences,
    concerned.shared_as,
    filing_standing.authority,
    filing_standing.destination,
    null as subject,
    filing_standing.record_no
from concerned
inner join finding_standing on concerned.found_by = finding_standing.found_by and concerned.source = finding_standing.source
inner join filing_standing on concerned.application_id = filing_standing.application_id
-- The finding's own application is told of once, as that.
where concerned.why = 'found here' or concerned.application_id is distinct from finding_standing.application_id
union all
select
    'alert:' || substr(md5('list ' || list_question.about || ' ' || pending.application_id || ' ' || pending.why), 1, 16) as alert_id,
    greatest(list_question.known_from, audit_entry.made_at) as raised_at,
    'list' as found_by,
    list_question.list || ' ' || list_question.entry_id as source,
    'list:' || list_question.list || ':' || list_question.entry_id as event_id,
    null as found_on,
    ['listed_party'] as findings,
    false as diversion,
    pending.application_id,
    pending.why,
    pending.licences,
    list_question.roles as shared_as,
    filing_standing.authority,
    filing_standing.destination,
    list_question.about as subject,
    filing_standing.record_no
from list_question
inner join pending on list_question.application_id = pending.application_id
inner join filing_standing on pending.application_id = filing_standing.application_id
inner join record on list_question.list_record = record.record_no
inner join audit_entry on record.seq = audit_entry.seq
-- What was on the lists when it was filed stands among the referrals of its score.
where list_question.list_record > filing_standing.record_no and not list_question.settled and list_question.said <> 'confirmed'
