-- The places of the parties on the forms at which features look for diversions.
select
    subject,
    application_id,
    filed_at,
    form_id,
    kind,
    place_id
from filed_place
where followed
