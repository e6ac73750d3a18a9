-- What each finding puts before an approver: watch-list entries for its parties, notices to partners, a look at every open licence of the
-- same parties, and the rest of `follow_up_action`. Proposed here, never made; settled by a review that names the proposal.
with asked as (
    select distinct
        listed.found_by,
        listed.source,
        listed.application_id,
        listed.known_from,
        follow_up_action.action
    from (select
        found_by,
        source,
        application_id,
        known_from,
        unnest(findings) as finding
    from finding_standing where application_id is not null) as listed
    inner join follow_up_action on listed.finding = follow_up_action.finding
),

aimed as (
    select
        asked.*,
        party_standing.role || ' ' || party_standing.name as target,
        cast(party_standing.entity_id as varchar) as target_key
    from asked
    inner join party_standing on asked.application_id = party_standing.application_id
    where asked.action = 'watch_list_entry' and party_standing.in_the_deal
    qualify row_number() over (partition by asked.found_by, asked.source, asked.action, party_standing.entity_id order by party_standing.role) = 1
    union all
    select
        asked.*,
        'licences ' || alert.licences as target,
        alert.application_id as target_key
    from asked
    inner join alert on asked.found_by = alert.found_by and asked.source = alert.source and alert.why = 'open licence'
    where asked.action = 'licence_review'
    union all
    select
        asked.*,
        'application ' || asked.application_id as target,
        asked.application_id as target_key
    from asked
    where asked.action <> 'watch_list_entry'
),

named as (
    select
        aimed.*,
        'proposal:' || substr(md5(aimed.found_by || ' ' || aimed.source || ' ' || aimed.action || ' ' || aimed.target_key), 1, 16) as proposal_id
    from aimed
),

settled as (
    select
        review.subject,
        review.result,
        review.because,
        coalesce(review.approved_by, review.recorded_by) as settled_by,
        cast(review.at as date) as settled_on
    from known_review as review
    where starts_with(review.subject, 'proposal:')
    qualify row_number() over (partition by review.subject order by review.at desc, review.record_no desc) = 1
)

select
    named.proposal_id,
    named.action,
    named.target,
    named.found_by,
    named.source,
    named.application_id,
    named.known_from as proposed_at,
    case settled.result when 'confirmed' then 'done' when 'dismissed' then 'not_done' else 'open' end as state,
    settled.because,
    settled.settled_by,
    settled.settled_on
from named
left join settled on named.proposal_id = settled.subject
