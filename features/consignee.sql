-- Family:   consignee
-- Question: who receives the goods for the end user, and what is known of it?
-- Grain:    one row per spine row; spine rows without a consignee stay, with nulls
-- Reads:    base_rate, party_record, party_trade, party_zone, spine, spine_application, spine_party, supply_chain, transshipment_hub
-- As of:    a fact counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   no consignee named -> null; nothing known of a named one -> counts are 0, days are null
-- Columns:  see consignee.toml

with consignee as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        spine_application.destination,
        spine_party.party_no,
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

telling as (
    select
        consignee.subject,
        count(*) as words
    from consignee
    inner join party_trade
        on
            consignee.subject = party_trade.subject
            and consignee.party_no = party_trade.party_no
            and (party_trade.known_from is null or consignee.as_of > party_trade.known_from)
            and (party_trade.valid_to is null or consignee.as_of_day < party_trade.valid_to)
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
    party_record.filings as consignee_prior_filings_count,
    (party_record.role_diversions + 1) / (base_rate.rate * party_record.filings + 1) as consignee_diversions_to_expected_ratio,
    party_record.unfavourable as consignee_unfavourable_checks_count,
    party_record.denials as consignee_denials_count,
    case
        when consignee.registered_on <= consignee.as_of_day then date_diff('day', consignee.registered_on, consignee.as_of_day)
    end as consignee_registration_age_days,
    case when consignee.kind is not null then case when consignee.kind = 'dealer' then 1 else 0 end end as consignee_dealer_flag,
    party_record.acted_between as consignee_acted_between_count,
    case when consignee.subject is not null then case when on_the_form.intermediaries > 0 then 1 else 0 end end as consignee_also_between_flag,
    case
        when consignee.subject is not null then case when consignee.address_key is null or consignee.address_is_box then 1 else 0 end
    end as consignee_weak_address_flag,
    case when consignee.address_key is not null then case when in_zone.zones > 0 then 1 else 0 end end as consignee_free_zone_flag,
    case when consignee.country is not null then coalesce(in_hub.level, 0) end as consignee_hub_level,
    case
        when supplied.applications > 0 then case when supplied.by_this_one = 0 then 1 else 0 end
    end as consignee_new_to_end_user_flag,
    case
        when consignee.kind in ('commercial', 'dealer', 'state_owned', 'other') then case when telling.words > 0 then 1 else 0 end
    end as consignee_trade_name_flag
from spine
left join consignee on spine.subject = consignee.subject
left join party_record on spine.subject = party_record.subject and party_record.role_group = 'consignee'
left join on_the_form on spine.subject = on_the_form.subject
left join in_zone on spine.subject = in_zone.subject
left join in_hub on spine.subject = in_hub.subject
left join telling on spine.subject = telling.subject
left join supplied on spine.subject = supplied.subject
inner join base_rate on base_rate.kind = 'diversion_per_application'
