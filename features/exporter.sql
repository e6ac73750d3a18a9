-- Family:   exporter
-- Question: what is the exporter's own record, and is this trade new to it?
-- Grain:    one row per spine row
-- Reads:    base_rate, exporter_trade, party_event, party_named, spine, spine_application, spine_party
-- As of:    a fact counts only if known_from < spine.as_of, and until it was corrected
-- Absent:   a compliance programme not declared earns no credit and costs nothing: 0; a disclosed incident is no fact
-- Columns:  see exporter.toml

with exporter as (
    select
        spine.subject,
        spine.application_id,
        spine.as_of,
        spine.as_of_us,
        spine.as_of_day,
        spine_application.destination,
        spine_party.entity_id,
        spine_party.programme_level,
        spine_party.programme_audited_on,
        spine_party.programme_audited_by
    from spine
    inner join spine_application on spine.subject = spine_application.subject
    inner join spine_party on spine.subject = spine_party.subject
    where spine_party.role_group = 'exporter'
),

filing_stream as (
    select
        party_named.entity_id,
        party_named.known_us,
        party_named.application_id,
        1 as filed,
        cast(null as bigint) as subject
    from party_named
    where party_named.role_group = 'exporter' and party_named.entity_id in (select exporter.entity_id from exporter)
    union all
    select
        exporter.entity_id,
        exporter.as_of_us as known_us,
        exporter.application_id,
        0 as filed,
        exporter.subject
    from exporter
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

first_trade as (
    select
        exporter_trade.exporter_id,
        exporter_trade.destination,
        exporter_trade.application_id,
        min(exporter_trade.known_from) as known_from,
        row_number() over (
            partition by exporter_trade.exporter_id, exporter_trade.destination
            order by min(exporter_trade.known_us), exporter_trade.application_id
        ) as place
    from exporter_trade
    where exporter_trade.exporter_id in (select exporter.entity_id from exporter)
    group by exporter_trade.exporter_id, exporter_trade.destination, exporter_trade.application_id
),

known_destination as (
    select exporter.subject
    from exporter
    inner join first_trade
        on
            exporter.entity_id = first_trade.exporter_id
            and exporter.destination = first_trade.destination
            and exporter.as_of > first_trade.known_from
            and exporter.application_id <> first_trade.application_id
    where first_trade.place <= 2 -- the first may be this application itself
    group by exporter.subject
),

known_facts as (
    select
        exporter.subject,
        count(distinct party_event.event_id) filter (where party_event.fact = 'diversion' and not party_event.disclosed) as diversions,
        count(distinct party_event.event_id) filter (where party_event.fact = 'breach' and not party_event.disclosed) as breaches,
        count(distinct party_event.event_id) filter (where party_event.fact = 'returned') as returned
    from exporter
    inner join party_event
        on
            exporter.entity_id = party_event.entity_id
            and exporter.as_of > party_event.known_from
            and (party_event.known_to is null or exporter.as_of <= party_event.known_to)
            and (party_event.application_id is null or exporter.application_id <> party_event.application_id)
    where party_event.role_group = 'exporter' and party_event.fact in ('diversion', 'breach', 'returned')
    group by exporter.subject
)

select
    spine.subject,
    earlier_filings.filings as exporter_prior_filings_count,
    case when exporter.destination is not null then case when known_destination.subject is null then 1 else 0 end end
        as exporter_new_destination_flag,
    coalesce(exporter.programme_level, 0) as exporter_programme_level,
    case
        when
            exporter.programme_audited_by in ('authority', 'third_party')
            and exporter.programme_audited_on <= exporter.as_of_day
            and date_diff('day', exporter.programme_audited_on, exporter.as_of_day) <= 1095
            then 1
        else 0
    end as exporter_audited_programme_flag,
    (coalesce(known_facts.diversions, 0) + 1) / (base_rate.rate * coalesce(earlier_filings.filings, 0) + 1) as exporter_diversions_to_expected_ratio,
    coalesce(known_facts.breaches, 0) as exporter_breaches_count,
    case
        when earlier_filings.filings > 0
            then least(1.0, cast(coalesce(known_facts.returned, 0) as double) / cast(earlier_filings.filings as double))
    end as exporter_returned_share
from spine
left join exporter on spine.subject = exporter.subject
left join earlier_filings on spine.subject = earlier_filings.subject
left join known_destination on spine.subject = known_destination.subject
left join known_facts on spine.subject = known_facts.subject
inner join base_rate on base_rate.kind = 'diversion_per_application'
