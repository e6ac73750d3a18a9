-- In which applications, for which end user, the files and the contents on the forms had been handed in. Looked up by hash.
with paper as (
    select
        'file' as what,
        filing_document.sha256 as paper_key,
        filing_document.number_key,
        filing_document.application_id,
        filing_document.record_no,
        filing_document.filed_at
    from filing_document
    where filing_document.sha256 in (select spine_document.sha256 from spine_document)
    union all
    select
        'content' as what,
        filing_document.content_key as paper_key,
        filing_document.number_key,
        filing_document.application_id,
        filing_document.record_no,
        filing_document.filed_at
    from filing_document
    where
        filing_document.kind in ('end_user_certificate', 'end_user_statement')
        and filing_document.content_key in (
            select spine_document.content_key from spine_document where spine_document.kind in ('end_user_certificate', 'end_user_statement')
        )
)

select
    paper.what,
    paper.paper_key,
    coalesce(paper.number_key, '') as number_key,
    paper.application_id,
    party_entity.entity_id as end_user_id,
    min(greatest(paper.filed_at, coalesce(party_entity.known_from, paper.filed_at))) as known_from,
    max(party_entity.known_to) as known_to -- until when that id stood
from paper
left join filing_party on paper.record_no = filing_party.record_no and filing_party.role_group = 'end_user'
left join party_entity on filing_party.form_id = party_entity.form_id
group by paper.what, paper.paper_key, paper.number_key, paper.application_id, party_entity.entity_id
