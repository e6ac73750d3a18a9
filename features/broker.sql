-- Family:   broker
-- Question: who stands between exporter and end user, and what is known of them?
-- Grain:    one row per spine row
-- Reads:    base_rate, broker_customer, party_record, spine, spine_application, spine_document, spine_leg, spine_party,
--           supply_chain, transshipment_hub
-- As of:    a fact counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   no intermediary declared -> counts are 0; features of one are null
-- Columns:  see broker.toml

with intermediary as (
    select
        spine.subject,
        spine.as_of,
        spine.as_of_us,
        spine.as_of_day,
        spine_party.entity_id,
        spine_party.role,
        spine_party.kind,
        spine_party.country,
        spine_party.address_key,
        spine_party.address_is_box,
        spine_party.registered_on,
        spine_party.licences_count,
        spine_party.licences_in_force,
        spine_party.programme_level
    from spine
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'intermediary'
),

route_country as (
    select
        spine_leg.subject,
        spine_leg.from_country as country
    from spine_leg
    union distinct
    select
        spine_leg.subject,
        spine_leg.to_country as country
    from spine_leg
    union distinct
    select
        spine_party.subject,
        spine_party.country
    from spine_party where spine_party.role_group <> 'intermediary'
    union distinct
    select
        spine_application.subject,
        spine_application.authority as country
    from spine_application
),

customer_stream as (
    select
        broker_customer.entity_id,
        broker_customer.known_us,
        1 as first_served,
        cast(null as bigint) as subject
    from broker_customer
    where broker_customer.entity_id in (select intermediary.entity_id from intermediary where intermediary.role in ('broker', 'agent', 'purchaser'))
    union all
    select
        broker_customer.entity_id,
        broker_customer.ended_us as known_us,
        -1 as first_served, -- known as another from here on
        cast(null as bigint) as subject
    from broker_customer
    where
        broker_customer.ended_us is not null
        and broker_customer.entity_id in (select intermediary.entity_id from intermediary where intermediary.role in ('broker', 'agent', 'purchaser'))
    union all
    select
        intermediary.entity_id,
        intermediary.as_of_us as known_us,
        0 as first_served,
        intermediary.subject
    from intermediary
    where intermediary.role in ('broker', 'agent', 'purchaser')
),

customers_so_far as (
    select
        customer_stream.subject,
        sum(customer_stream.first_served) over (
            partition by customer_stream.entity_id order by customer_stream.known_us
            range between unbounded preceding and 1 preceding
        ) as customers
    from customer_stream
),

customers as (
    select
        customers_so_far.subject,
        max(coalesce(customers_so_far.customers, 0)) as customers
    from customers_so_far
    where customers_so_far.subject is not null
    group by customers_so_far.subject
),

-- A busy forwarder has been in more deals that went wrong than a small broker: what counts is more than its trade would bring anyway.
against_expected as (
    select
        party_record.subject,
        count(*) filter (where party_record.filings = 0) as new_intermediaries,
        max((party_record.role_diversions + 1) / (diversion.rate * party_record.filings + 1)) as diversions,
        max((party_record.unfavourable + 1) / (unfavourable.rate * party_record.checks + 1)) as unfavourable,
        max((party_record.role_denials + 1) / (denial.rate * party_record.filings + 1)) as denials,
        max((party_record.role_late_diversions + 1) / (diversion.rate * party_record.late_filings + 1)) as late_diversions
    from party_record
    inner join base_rate as diversion on diversion.kind = 'diversion_per_application'
    inner join base_rate as unfavourable on unfavourable.kind = 'unfavourable_per_check'
    inner join base_rate as denial on denial.kind = 'denial_per_application'
    where party_record.role_group = 'intermediary'
    group by party_record.subject
),

chain as (
    select
        intermediary.subject,
        count(*) as intermediaries,
        count(*) filter (where intermediary.role in ('broker', 'agent', 'purchaser')) as brokers,
        count(*) filter (where intermediary.country is not null and route_country.country is null) as third_country,
        -- Who buys, sells or arranges between two other countries brokers, by whatever role the form gives; a state body needs no licence.
        count(*) filter (
            where coalesce(intermediary.licences_count, 0) = 0
            and (
                intermediary.role = 'broker'
                or (
                    intermediary.role in ('agent', 'purchaser')
                    and intermediary.country is not null
                    and route_country.country is null
                    and coalesce(intermediary.kind, '') not in ('military', 'police', 'government', 'state_owned')
                )
            )
        ) as unlicensed_brokers,
        count(*) filter (where intermediary.licences_count > 0 and intermediary.licences_in_force = 0) as lapsed,
        count(*) filter (where intermediary.address_key is null or intermediary.address_is_box) as weak_addresses,
        count(*) filter (
            where intermediary.role in ('financier', 'insurer') and intermediary.country is not null and route_country.country is null
        ) as financiers_elsewhere,
        count(*) filter (where intermediary.role = 'freight_forwarder') as forwarders,
        max(case when intermediary.role = 'freight_forwarder' then intermediary.programme_level end) as forwarder_programme,
        min(
            case
                when intermediary.registered_on <= intermediary.as_of_day
                    then date_diff('day', intermediary.registered_on, intermediary.as_of_day)
            end
        ) as youngest_days
    from intermediary
    left join route_country
        on intermediary.subject = route_country.subject and intermediary.country = route_country.country
    group by intermediary.subject
),

in_hubs as (
    select
        intermediary.subject,
        count(distinct intermediary.entity_id) as intermediaries
    from intermediary
    inner join transshipment_hub
        on
            intermediary.country = transshipment_hub.country
            and (transshipment_hub.known_from is null or intermediary.as_of > transshipment_hub.known_from)
    group by intermediary.subject
),

chain_country as (
    select
        spine_party.subject,
        count(distinct spine_party.country) as countries
    from spine_party
    where spine_party.role_group in ('exporter', 'consignee', 'end_user', 'intermediary')
    group by spine_party.subject
),

-- Deals that the exporter and the end user had made before, and those of them that anybody had arranged.
direct as (
    select
        spine.subject,
        count(distinct supply_chain.application_id) as deals,
        count(distinct supply_chain.application_id) filter (where supply_chain.arrangers > 0) as arranged
    from spine
    inner join spine_party as exporter on spine.subject = exporter.subject and exporter.role_group = 'exporter'
    inner join spine_party as end_user on spine.subject = end_user.subject and end_user.role_group = 'end_user'
    inner join supply_chain
        on
            exporter.entity_id = supply_chain.exporter_id
            and end_user.entity_id = supply_chain.end_user_id
            and spine.as_of > supply_chain.known_from
            and spine.application_id <> supply_chain.application_id
    group by spine.subject
),

named_in_documents as (
    select
        spine_document.subject,
        spine_document.end_user_key as name_key
    from spine_document
    where spine_document.end_user_key is not null and spine_document.kind <> 'delivery_verification'
    union distinct
    select
        spine_document.subject,
        spine_document.consignee_key as name_key
    from spine_document
    where spine_document.consignee_key is not null and spine_document.kind <> 'delivery_verification'
),

undeclared as (
    select
        named_in_documents.subject,
        count(*) as parties
    from named_in_documents
    left join spine_party
        on named_in_documents.subject = spine_party.subject and named_in_documents.name_key = spine_party.name_key
    where spine_party.subject is null and named_in_documents.name_key <> ''
    group by named_in_documents.subject
),

handed_in as (
    select
        spine_document.subject,
        count(*) filter (where spine_document.submitted_by = 'broker') as by_broker
    from spine_document
    where spine_document.kind in ('end_user_certificate', 'end_user_statement') and spine_document.submitted_by is not null
    group by spine_document.subject
)

select
    spine.subject,
    coalesce(chain.intermediaries, 0) as broker_intermediaries_count,
    coalesce(chain.brokers, 0) as broker_brokers_count,
    coalesce(chain.third_country, 0) as broker_third_country_count,
    coalesce(chain.unlicensed_brokers, 0) as broker_unlicensed_count,
    coalesce(against_expected.new_intermediaries, 0) as broker_new_intermediaries_count,
    customers.customers as broker_customers_count,
    against_expected.diversions as broker_diversions_to_expected_ratio,
    against_expected.unfavourable as broker_unfavourable_to_expected_ratio,
    against_expected.denials as broker_denials_to_expected_ratio,
    coalesce(undeclared.parties, 0) as broker_undeclared_parties_count,
    case when handed_in.subject is not null then case when handed_in.by_broker > 0 then 1 else 0 end end
        as broker_submitted_certificate_flag,
    coalesce(chain.lapsed, 0) as broker_lapsed_licences_count,
    coalesce(chain.weak_addresses, 0) as broker_weak_addresses_count,
    chain.youngest_days as broker_youngest_registration_age_days,
    coalesce(in_hubs.intermediaries, 0) as broker_hubs_count,
    chain_country.countries as broker_chain_countries_count,
    case
        when direct.deals > 0
            then case when direct.arranged = 0 and coalesce(chain.brokers, 0) > 0 then 1 else 0 end
    end as broker_newly_inserted_flag,
    case when spine.observed_days >= 1095 then against_expected.late_diversions end as broker_late_diversions_to_expected_ratio,
    coalesce(chain.financiers_elsewhere, 0) as broker_third_country_financiers_count,
    case when chain.forwarders > 0 then coalesce(chain.forwarder_programme, 0) end as broker_forwarder_programme_level
from spine
left join chain on spine.subject = chain.subject
left join customers on spine.subject = customers.subject
left join against_expected on spine.subject = against_expected.subject
left join undeclared on spine.subject = undeclared.subject
left join handed_in on spine.subject = handed_in.subject
left join in_hubs on spine.subject = in_hubs.subject
left join chain_country on spine.subject = chain_country.subject
left join direct on spine.subject = direct.subject
