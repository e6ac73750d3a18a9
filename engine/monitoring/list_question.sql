-- List entries that ask something of a newest filing at `licence_moment.as_of`: the questions that `engine/risk/referrals.sql` raises as
-- `listed_party`, found for all filings at once; `about` is what a review of one names, `list_record` the record that holds the entry.
with hit as (
    select
        filing_standing.application_id,
        filing_standing.authority,
        replace(filing_party.role, '_', ' ') as role,
        filing_party.form_id as name_no,
        name_hit.list,
        name_hit.entry_id,
        name_hit.content,
        name_hit.matched_name,
        name_hit.score,
        name_hit.known_from,
        name_hit.known_to
    from name_hit
    inner join filing_party on name_hit.form_id = filing_party.form_id
    inner join filing_standing on filing_party.record_no = filing_standing.record_no
    where name_hit.weight = 'prohibiting' and name_hit.result = 'potential_match'
    union all
    select
        filing_standing.application_id,
        filing_standing.authority,
        filing_name.role,
        filing_name.name_id as name_no,
        named_hit.list,
        named_hit.entry_id,
        named_hit.content,
        named_hit.matched_name,
        named_hit.score,
        named_hit.known_from,
        named_hit.known_to
    from named_hit
    inner join filing_name on named_hit.name_id = filing_name.name_id
    inner join filing_standing on filing_name.record_no = filing_standing.record_no
    where named_hit.weight = 'prohibiting' and named_hit.result = 'potential_match'
),

standing as (
    select
        hit.application_id,
        any_value(hit.authority) as authority,
        'listed_party:' || listed_party_key(hit.list, hit.entry_id, hit.content, hit.name_no) as about,
        string_agg(distinct hit.role, ', ' order by hit.role) as roles,
        hit.list,
        hit.entry_id,
        any_value(hit.matched_name) as matched_name,
        max(hit.score) as score,
        max(hit.known_from) as known_from
    from hit
    cross join licence_moment
    where hit.known_from < licence_moment.as_of and (hit.known_to is null or hit.known_to >= licence_moment.as_of)
    group by hit.application_id, hit.list, hit.entry_id, hit.content, hit.name_no
),

-- What the lists held of these entries, and when each version of an entry came on record here.
held as (
    select
        list_entry.list,
        list_entry.entry_id,
        list_entry.known_from,
        max(list_entry.record_no) as list_record
    from list_entry
    where not list_entry.ended and (list_entry.list, list_entry.entry_id) in (select (standing.list, standing.entry_id) from standing)
    group by list_entry.list, list_entry.entry_id, list_entry.known_from
),

corrected as (
    select review.corrects as event_id
    from review
    cross join licence_moment
    where review.corrects is not null and review.at < licence_moment.as_of
),

reviewed as (
    select
        review.subject as about,
        review.application_id,
        any_value(filing.authority) as authority,
        any_value(review.result) as result,
        any_value(review.valid_to) as valid_to,
        review.at,
        review.record_no
    from review
    cross join licence_moment
    left join filing on review.application_id = filing.application_id
    where
        starts_with(review.subject, 'listed_party:') and review.about in ('referral', 'list_match') and not coalesce(review.withdrawn, false)
        and review.at < licence_moment.as_of and review.event_id not in (select corrected.event_id from corrected)
    group by review.subject, review.application_id, review.at, review.record_no
),

-- As in the rule: what was said of this very application goes before what was said of another of the same authority.
settlement as (
    select
        standing.application_id,
        standing.about,
        reviewed.result,
        reviewed.valid_to
    from standing
    inner join reviewed
        on
            standing.about = reviewed.about
            and (
                standing.application_id = reviewed.application_id
                or (reviewed.result in ('dismissed', 'confirmed') and standing.authority = reviewed.authority)
            )
    qualify row_number() over (
        partition by standing.application_id, standing.about
        order by coalesce(standing.application_id = reviewed.application_id, false) desc, reviewed.at desc, reviewed.record_no desc
    ) = 1
)

select
    standing.*,
    held.list_record,
    coalesce(settlement.result, 'none') as said,
    coalesce(
        settlement.result in ('dismissed', 'exempted', 'ended')
        and (settlement.valid_to is null or settlement.valid_to >= cast(licence_moment.as_of as date)), false
    ) as settled
from standing
cross join licence_moment
left join held on standing.list = held.list and standing.entry_id = held.entry_id and standing.known_from = held.known_from
left join settlement on standing.application_id = settlement.application_id and standing.about = settlement.about
