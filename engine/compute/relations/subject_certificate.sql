-- The certificate numbers on the forms.
select distinct number_key, coalesce(issuer_country, '') as issuer_country
from spine_document
where number_key is not null and kind in ('end_user_certificate', 'end_user_statement', 'import_certificate')
