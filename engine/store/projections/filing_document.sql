-- One row a document on a filing. `number_key` is the number without case and punctuation; `content_key`
-- is what the document says, so that one number over two contents can be seen. `number_form` is its pattern (A for a letter,
-- 9 for a digit), `number_series` and `number_serial` are what stands before its last digits and these digits.
with listed as (
    select record_no, generate_subscripts(d.documents, 1) as document_no, unnest(d.documents) as document from parsed
)

select
    listed.record_no,
    parsed.seq,
    parsed.d.application_id as application_id,
    parsed.d.filed_at as filed_at,
    listed.document_no,
    listed.document.kind as kind,
    listed.document.number as number,
    nullif(upper(regexp_replace(listed.document.number, '[^\p{L}\p{N}]+', '', 'g')), '') as number_key,
    regexp_replace(regexp_replace(upper(listed.document.number), '\p{L}', 'A', 'g'), '[0-9]', '9', 'g') as number_form,
    regexp_replace(upper(regexp_replace(listed.document.number, '[^\p{L}\p{N}]+', '', 'g')), '[0-9]{1,15}$', '') as number_series,
    try_cast(regexp_extract(regexp_replace(listed.document.number, '[^\p{L}\p{N}]+', '', 'g'), '[0-9]{1,15}$') as bigint) as number_serial,
    listed.document.issuer as issuer,
    nullif(trim(regexp_replace(lower(strip_accents(listed.document.issuer)), '[^\p{L}\p{N}]+', ' ', 'g')), '') as issuer_key,
    listed.document.issuer_country as issuer_country,
    listed.document.certified_by as certified_by,
    listed.document.signatory as signatory,
    nullif(trim(regexp_replace(lower(strip_accents(listed.document.signatory)), '[^\p{L}\p{N}]+', ' ', 'g')), '') as signatory_key,
    listed.document.signatory_title as signatory_title,
    nullif(trim(regexp_replace(lower(strip_accents(listed.document.signatory_title)), '[^\p{L}\p{N}]+', ' ', 'g')), '') as title_key,
    listed.document.issued_on as issued_on,
    listed.document.expires_on as expires_on,
    listed.document.original as original,
    listed.document.end_user as end_user,
    listed.document.consignee as consignee,
    listed.document.final_country as final_country,
    listed.document.items as items,
    listed.document.value as value,
    listed.document.currency as currency,
    listed.document.undertakings as undertakings,
    listed.document.submitted_by as submitted_by,
    listed.document.authentication as authentication,
    listed.document.sha256 as sha256,
    coalesce(listed.document.handling, 'internal') as handling,
    md5(concat_ws(
        chr(31), coalesce(listed.document.kind, ''), coalesce(lower(listed.document.end_user), ''),
        coalesce(lower(listed.document.consignee), ''), coalesce(listed.document.final_country, ''),
        coalesce(listed.document.issued_on::varchar, ''), coalesce(to_json(listed.document.items)::varchar, '')
    )) as content_key
from listed
inner join parsed on listed.record_no = parsed.record_no
