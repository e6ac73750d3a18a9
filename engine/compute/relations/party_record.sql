-- The record, by then, of each entity on the forms in the role it has there: applications that had named it in that role, of all
-- time and of the last three years, those that named it as an intermediary, and what was known of it. Filings are counted by
-- windows and not by a join, which would pair each filing of a busy exporter with all its earlier ones.
with asked as (
    select distinct
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine_party.role_group,
        spine_party.entity_id
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group in ('end_user', 'consignee', 'intermediary', 'exporter')
),

filing_stream as (
    select
        party_named.role_group,
        party_named.entity_id,
        party_named.known_us,
        1 as filed,
        cast(null as bigint) as subject
    from party_named
    where party_named.entity_id in (select asked.entity_id from asked)
    union all
    select
        asked.role_group,
        asked.entity_id,
        asked.as_of_us as known_us,
        0 as filed,
        asked.subject
    from asked
),

-- Three years of 365 days in microseconds.
running as (
    select
        filing_stream.subject,
        filing_stream.role_group,
        filing_stream.entity_id,
        sum(filing_stream.filed) over (
            partition by filing_stream.role_group, filing_stream.entity_id order by filing_stream.known_us
            range between unbounded preceding and 1 preceding
        ) as all_filed,
        sum(filing_stream.filed) over (
            partition by filing_stream.role_group, filing_stream.entity_id order by filing_stream.known_us
            range between 94608000000000 preceding and 1 preceding
        ) as late_filed
    from filing_stream
),

-- An application counts once: its own earlier filing is taken out again.
own_filing as (
    select
        asked.subject,
        asked.role_group,
        asked.entity_id,
        1 as filed,
        case when asked.as_of_us - party_named.known_us <= 94608000000000 then 1 else 0 end as late_filed
    from asked
    inner join party_named
        on
            asked.entity_id = party_named.entity_id
            and asked.role_group = party_named.role_group
            and asked.application_id = party_named.application_id
            and asked.as_of > party_named.known_from
),

in_between as (
    select
        earlier_filing.subject,
        earlier_filing.role_group,
        earlier_filing.entity_id,
        count(distinct earlier_filing.application_id) as applications
    from earlier_filing
    where earlier_filing.named_as = 'intermediary' and earlier_filing.role_group in ('end_user', 'consignee')
    group by earlier_filing.subject, earlier_filing.role_group, earlier_filing.entity_id
),

-- What is set against the filings in a role counts only as far as it was met in that role, or names the party outside any filing.
facts as (
    select
        known_fact.subject,
        known_fact.role_group,
        known_fact.entity_id,
        count(*) filter (where known_fact.counts_as_check) as checks,
        count(*) filter (where known_fact.fact = 'diversion') as diversions,
        count(*) filter (where known_fact.fact = 'diversion' and known_fact.age_days <= 1095) as late_diversions,
        count(*) filter (where known_fact.fact = 'diversion' and known_fact.in_role) as role_diversions,
        count(*) filter (where known_fact.fact = 'diversion' and known_fact.age_days <= 1095 and known_fact.in_role) as role_late_diversions,
        count(*) filter (where known_fact.fact in ('denied', 'denial_notice') and known_fact.in_role) as role_denials,
        count(*) filter (where known_fact.fact = 'favourable') as favourable,
        count(*) filter (where known_fact.fact = 'favourable' and known_fact.age_days <= 1095) as late_favourable,
        count(*) filter (where known_fact.fact = 'unfavourable') as unfavourable,
        count(*) filter (where known_fact.fact in ('denied', 'denial_notice')) as denials,
        count(*) filter (where known_fact.fact = 'refused') as refusals,
        count(*) filter (where known_fact.fact = 'failed_before_licence') as failed_before_licence,
        count(*) filter (where known_fact.fact = 'breach') as breaches,
        count(*) filter (where known_fact.fact = 'returned') as returned,
        count(*) filter (where known_fact.fact = 'disclosure') as disclosures
    from known_fact
    group by known_fact.subject, known_fact.role_group, known_fact.entity_id
)

select
    running.subject,
    running.role_group,
    running.entity_id,
    coalesce(running.all_filed, 0) - coalesce(own_filing.filed, 0) as filings,
    coalesce(running.late_filed, 0) - coalesce(own_filing.late_filed, 0) as late_filings,
    coalesce(in_between.applications, 0) as acted_between,
    coalesce(facts.checks, 0) as checks,
    coalesce(facts.diversions, 0) as diversions,
    coalesce(facts.late_diversions, 0) as late_diversions,
    coalesce(facts.role_diversions, 0) as role_diversions,
    coalesce(facts.role_late_diversions, 0) as role_late_diversions,
    coalesce(facts.role_denials, 0) as role_denials,
    coalesce(facts.favourable, 0) as favourable,
    coalesce(facts.late_favourable, 0) as late_favourable,
    coalesce(facts.unfavourable, 0) as unfavourable,
    coalesce(facts.denials, 0) as denials,
    coalesce(facts.refusals, 0) as refusals,
    coalesce(facts.failed_before_licence, 0) as failed_before_licence,
    coalesce(facts.breaches, 0) as breaches,
    coalesce(facts.returned, 0) as returned,
    coalesce(facts.disclosures, 0) as disclosures
from running
left join own_filing
    on running.subject = own_filing.subject and running.role_group = own_filing.role_group and running.entity_id = own_filing.entity_id
left join in_between
    on running.subject = in_between.subject and running.role_group = in_between.role_group and running.entity_id = in_between.entity_id
left join facts on running.subject = facts.subject and running.role_group = facts.role_group and running.entity_id = facts.entity_id
where running.subject is not null
