-- Family:   consignee
-- Question: which records was each value computed from?
-- Grain:    one row per spine row, feature and record
-- Reads:    earlier_filing, known_fact, party_trade, spine, spine_application, spine_party, supply_chain, transshipment_hub
-- As of:    a record counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   a value that rests on the filing alone, or on finding nothing, has no row: its evidence is the filing's own fields
-- Columns:  subject, feature, record

with consignee as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_day,
        spine_party.party_no,
        spine_party.entity_id,
        spine_party.country
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'consignee'
),

earlier_filings as (
    select
        earlier_filing.subject,
        case when earlier_filing.named_as = 'consignee' then 'consignee_prior_filings_count' else 'consignee_acted_between_count' end as feature,
        'application:' || earlier_filing.application_id as record
    from earlier_filing
    where earlier_filing.role_group = 'consignee' and earlier_filing.named_as in ('consignee', 'intermediary')
),

known_facts as (
    select
        known_fact.subject,
        case
            when known_fact.fact = 'diversion' then 'consignee_diversions_to_expected_ratio'
            when known_fact.fact = 'unfavourable' then 'consignee_unfavourable_checks_count'
            else 'consignee_denials_count'
        end as feature,
        'event:' || known_fact.event_id as record
    from known_fact
    where
        known_fact.role_group = 'consignee' and known_fact.fact in ('diversion', 'unfavourable', 'denied', 'denial_notice')
        and (known_fact.in_role or known_fact.fact <> 'diversion')
),

telling as (
    select
        consignee.subject,
        'consignee_trade_name_flag' as feature,
        'reference:trade_word:' || party_trade.word as record
    from consignee
    inner join party_trade
        on
            consignee.subject = party_trade.subject
            and consignee.party_no = party_trade.party_no
            and (party_trade.known_from is null or consignee.as_of > party_trade.known_from)
            and (party_trade.valid_to is null or consignee.as_of_day < party_trade.valid_to)
),

supplied as (
    select
        consignee.subject,
        'consignee_new_to_end_user_flag' as feature,
        'application:' || supply_chain.application_id as record
    from consignee
    inner join spine_party as end_user on consignee.subject = end_user.subject and end_user.role_group = 'end_user'
    inner join supply_chain
        on
            end_user.entity_id = supply_chain.end_user_id
            and consignee.as_of > supply_chain.known_from
            and consignee.application_id <> supply_chain.application_id
),

in_hub as (
    select
        consignee.subject,
        'consignee_hub_level' as feature,
        'reference:transshipment_hub:' || transshipment_hub.country as record
    from consignee
    inner join spine_application on consignee.subject = spine_application.subject
    inner join transshipment_hub
        on
            consignee.country = transshipment_hub.country
            and (transshipment_hub.known_from is null or consignee.as_of > transshipment_hub.known_from)
    where consignee.country <> spine_application.destination
)

select
    earlier_filings.subject,
    earlier_filings.feature,
    earlier_filings.record
from earlier_filings
union distinct
select
    known_facts.subject,
    known_facts.feature,
    known_facts.record
from known_facts
union distinct
select
    supplied.subject,
    supplied.feature,
    supplied.record
from supplied
union distinct
select
    in_hub.subject,
    in_hub.feature,
    in_hub.record
from in_hub
union distinct
select
    telling.subject,
    telling.feature,
    telling.record
from telling
