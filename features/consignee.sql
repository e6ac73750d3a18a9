-- Family:   consignee
-- Question: who receives the goods for the end user, and what is known of it?
-- Grain:    one row per spine row; spine rows without a consignee stay, with nulls
-- Reads:    base_rate, party_event, party_named, party_zone, spine, spine_application, spine_party, supply_chain, transshipment_hub
-- As of:    a fact counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   no consignee named -> null; nothing known of a named one -> counts are 0, days are null
-- Columns:  see consignee.toml

with consignee as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine.as_of_day,
        spine_application.destination,
        spine_party.party_no,
        spine_party.form_id,
        spine_party.entity_id,
        spine_party.country,
        spine_party.address_key,
        spine_party.address_is_box,
        spine_party.kind,
        spine_party.registered_on
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'consignee'
),

filing_stream as (
    select
        party_named.entity_id,
        party_named.known_us,
        party_named.application_id,
        1 as filed,
        cast(null as bigint) as subject
    from party_named
    where party_named.role_group = 'consignee' and party_named.entity_id in (select consignee.entity_id from consignee)
    union all
    select
        consignee.entity_id,
        consignee.as_of_us as known_us,
        consignee.application_id,
        0 as filed,
        consignee.subject
    from consignee
),

running as (
    select
        filing_stream.subject,
        sum(filing_stream.filed) over (
            partition by filing_stream.entity_id order by filing_stream.known_us
            range between unbounded preceding and 1 preceding
        ) as all_filed,
        sum(filing_stream.filed) over (
            partition by filing_stream.entity_id, filing_stream.application_id order by filing_stream.known_us
            range between unbounded preceding and 1 preceding
        ) as own_filed
    from filing_stream
),

earlier_filings as (
    select
        running.subject,
        coalesce(running.all_filed, 0) - coalesce(running.own_filed, 0) as filings
    from running
    where running.subject is not null
),

known_facts as (
    select
        consignee.subject,
        count(distinct party_event.event_id) filter (where party_event.fact = 'diversion') as diversions,
        count(distinct party_event.event_id) filter (where party_event.fact = 'unfavourable') as unfavourable,
        count(distinct party_event.event_id) filter (where party_event.fact in ('denied', 'denial_notice')) as denials
    from consignee
    inner join party_event
        on
            consignee.entity_id = party_event.entity_id
            and consignee.as_of > party_event.known_from
            and (party_event.known_to is null or consignee.as_of <= party_event.known_to)
            and (party_event.application_id is null or consignee.application_id <> party_event.application_id)
            and (party_event.linked_from is null or consignee.as_of > party_event.linked_from or consignee.form_id = party_event.form_id)
    where
        party_event.role_group in ('end_user', 'consignee', 'further_end_user', 'intermediary', 'named')
        and party_event.fact in ('diversion', 'unfavourable', 'denied', 'denial_notice')
    group by consignee.subject
),

in_between as (
    select
        consignee.subject,
        count(distinct party_named.application_id) as applications
    from consignee
    inner join party_named
        on
            consignee.entity_id = party_named.entity_id
            and consignee.as_of > party_named.known_from
            and consignee.application_id <> party_named.application_id
    where party_named.role_group = 'intermediary'
    group by consignee.subject
),

on_the_form as (
    select
        consignee.subject,
        count(*) as intermediaries
    from consignee
    inner join spine_party on consignee.subject = spine_party.subject and consignee.entity_id = spine_party.entity_id
    where spine_party.role_group = 'intermediary'
    group by consignee.subject
),

in_zone as (
    select
        consignee.subject,
        count(*) as zones
    from consignee
    inner join party_zone
        on
            consignee.subject = party_zone.subject
            and consignee.party_no = party_zone.party_no
            and (party_zone.known_from is null or consignee.as_of > party_zone.known_from)
            and (party_zone.valid_to is null or consignee.as_of_day < party_zone.valid_to)
    group by consignee.subject
),

in_hub as (
    select
        consignee.subject,
        max(transshipment_hub.level) as level
    from consignee
    inner join transshipment_hub
        on
            consignee.country = transshipment_hub.country
            and (transshipment_hub.known_from is null or consignee.as_of > transshipment_hub.known_from)
    where consignee.destination is not null and consignee.country <> consignee.destination
    group by consignee.subject
),

supplied as (
    select
        consignee.subject,
        count(distinct supply_chain.application_id) as applications,
        count(distinct supply_chain.application_id) filter (where supply_chain.consignee_id = consignee.entity_id) as by_this_one
    from consignee
    inner join spine_party as end_user on consignee.subject = end_user.subject and end_user.role_group = 'end_user'
    inner join supply_chain
        on
            end_user.entity_id = supply_chain.end_user_id
            and consignee.as_of > supply_chain.known_from
            and consignee.application_id <> supply_chain.application_id
    group by consignee.subject
)

select
    spine.subject,
    earlier_filings.filings as consignee_prior_filings_count,
    (coalesce(known_facts.diversions, 0) + 1) / (base_rate.rate * earlier_filings.filings + 1) as consignee_diversions_to_expected_ratio,
    case when consignee.subject is not null then coalesce(known_facts.unfavourable, 0) end as consignee_unfavourable_checks_count,
    case when consignee.subject is not null then coalesce(known_facts.denials, 0) end as consignee_denials_count,
    case
        when consignee.registered_on <= consignee.as_of_day then date_diff('day', consignee.registered_on, consignee.as_of_day)
    end as consignee_registration_age_days,
    case when consignee.kind is not null then case when consignee.kind = 'dealer' then 1 else 0 end end as consignee_dealer_flag,
    case when consignee.subject is not null then coalesce(in_between.applications, 0) end as consignee_acted_between_count,
    case when consignee.subject is not null then case when on_the_form.intermediaries > 0 then 1 else 0 end end as consignee_also_between_flag,
    case
        when consignee.subject is not null then case when consignee.address_key is null or consignee.address_is_box then 1 else 0 end
    end as consignee_weak_address_flag,
    case when consignee.address_key is not null then case when in_zone.zones > 0 then 1 else 0 end end as consignee_free_zone_flag,
    case when consignee.country is not null then coalesce(in_hub.level, 0) end as consignee_hub_level,
    case
        when supplied.applications > 0 then case when supplied.by_this_one = 0 then 1 else 0 end
    end as consignee_new_to_end_user_flag
from spine
left join consignee on spine.subject = consignee.subject
left join earlier_filings on spine.subject = earlier_filings.subject
left join known_facts on spine.subject = known_facts.subject
left join in_between on spine.subject = in_between.subject
left join on_the_form on spine.subject = on_the_form.subject
left join in_zone on spine.subject = in_zone.subject
left join in_hub on spine.subject = in_hub.subject
left join supplied on spine.subject = supplied.subject
inner join base_rate on base_rate.kind = 'diversion_per_application'
