-- What other applications ask for under the certificate numbers on the forms, from when, and whether they were refused or withdrawn since.
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

ended as (
    select
        decision.application_id,
        decision.at as ended_from,
        correction.known_at as ended_to
    from decision
    left join correction on decision.event_id = correction.event_id
    where
        decision.outcome in ('denied', 'withdrawn', 'returned') and not coalesce(decision.withdrawn, false)
        and decision.application_id in (select named.application_id from named)
    qualify row_number() over (partition by decision.application_id order by decision.at, decision.event_id) = 1
)

select
    named.number_key,
    named.issuer_country,
    named.application_id,
    filing_item.unit,
    sum(filing_item.quantity) as quantity,
    named.known_from,
    ended.ended_from,
    ended.ended_to
from named
inner join filing_item on named.record_no = filing_item.record_no
left join ended on named.application_id = ended.application_id
where filing_item.quantity is not null
group by named.number_key, named.issuer_country, named.application_id, filing_item.unit, named.known_from, ended.ended_from, ended.ended_to
