-- What other applications ask for under the certificate numbers on the forms: one row a spell in which that counts. It does not
-- while the newest decision that holds refused the application or saw it withdrawn; a later one, or a correction, may change that.
with named as (
    select
        filing_document.number_key,
        coalesce(filing_document.issuer_country, '') as issuer_country,
        filing_document.application_id,
        min(filing_document.filed_at) as known_from,
        arg_min(filing_document.record_no, (filing_document.filed_at, filing_document.record_no)) as record_no
    from filing_document
    inner join subject_certificate
        on
            filing_document.number_key = subject_certificate.number_key
            and coalesce(filing_document.issuer_country, '') = subject_certificate.issuer_country
    where filing_document.kind in ('end_user_certificate', 'end_user_statement', 'import_certificate')
    group by filing_document.number_key, filing_document.issuer_country, filing_document.application_id
),

-- A decision corrected keeps its place among the others.
decided as (
    select
        decision.application_id,
        decision.event_id,
        decision.outcome in ('denied', 'withdrawn', 'returned') as ending,
        coalesce(corrected.at, decision.at) as decided_at,
        decision.at as known_from,
        correction.known_at as known_to
    from decision
    left join decision as corrected on decision.corrects = corrected.event_id
    left join correction on decision.event_id = correction.event_id
    where not coalesce(decision.withdrawn, false) and decision.application_id in (select named.application_id from named)
),

turn as (
    select application_id, known_from as at from decided
    union -- one row a moment
    select application_id, known_to as at from decided where known_to is not null
),

standing as (
    select
        turn.application_id,
        turn.at,
        coalesce(arg_max(decided.ending, (decided.decided_at, decided.event_id)), false) as ending
    from turn
    left join decided
        on
            turn.application_id = decided.application_id
            and turn.at >= decided.known_from
            and (decided.known_to is null or turn.at < decided.known_to)
    group by turn.application_id, turn.at
),

spell as (
    select
        standing.application_id,
        standing.ending,
        standing.at as known_from,
        lead(standing.at) over (partition by standing.application_id order by standing.at) as known_to
    from standing
    union all
    select
        named.application_id,
        false as ending,
        min(named.known_from) as known_from,
        min(standing.at) as known_to
    from named
    left join standing on named.application_id = standing.application_id
    group by named.application_id
)

select
    named.number_key,
    named.issuer_country,
    named.application_id,
    filing_item.unit,
    sum(filing_item.quantity) as quantity,
    greatest(named.known_from, spell.known_from) as known_from,
    spell.known_to
from named
inner join filing_item on named.record_no = filing_item.record_no
inner join spell on named.application_id = spell.application_id
where
    filing_item.quantity is not null and not spell.ending
    and (spell.known_to is null or spell.known_to > named.known_from)
group by named.number_key, named.issuer_country, named.application_id, filing_item.unit, named.known_from, spell.known_from, spell.known_to
