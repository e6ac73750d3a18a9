-- Questions that a named officer must settle before a grant, found by rule. The model neither sees nor outvotes them.
-- One row a question: rule, what it is about (item_key), the sentence, the records it rests on, source, what settles it.
with goods as (
    select
        spine_item.subject,
        max(case when code_tier.list_family in ('munitions', 'us_usml') then 1 else 0 end) as arms,
        max(case when code_tier.small_arms then 1 else 0 end) as small_arms,
        max(case when code_tier.list_family = 'dual_use' then 1 else 0 end) as dual_use,
        max(case when code_tier.list_family is null then 1 else 0 end) as unlisted
    from spine_item
    left join code_tier on spine_item.control_code = code_tier.control_code
    group by spine_item.subject
),

end_user as (
    select subject, entity_id, name_key, country, kind from spine_party where role_group = 'end_user'
),

touched as (
    select subject, country, max(as_what) as as_what
    from (
        select subject, destination as country, 2 as as_what from spine_application where destination is not null
        union all
        select subject, country, 2 as as_what from end_user where country is not null
        union all
        select subject, country, 1 as as_what from spine_party where role_group in ('consignee', 'intermediary', 'further_end_user') and country is not null
        union all
        select subject, to_country as country, 1 as as_what from spine_leg where to_country is not null
    ) as places
    group by subject, country
),

embargoed as (
    select
        touched.subject,
        'embargo' as rule_id,
        arms_embargo.embargo_id as item_key,
        'An arms embargo (' || arms_embargo.issuer || ', ' || arms_embargo.instrument || ', scope ' || replace(arms_embargo.scope, '_', '-')
        || ') is in force on ' || touched.country || case when touched.as_what = 2 then ', the destination' else ', on the way or home of a party' end
        || '. Do goods, direction, end user and exemptions bring this case within it?'
        || case when arms_embargo.exempt_note is not null then ' Exemptions: ' || arms_embargo.exempt_note || '.' else '' end as text,
        ['reference:arms_embargo:' || arms_embargo.embargo_id] as evidence,
        coalesce(arms_embargo.source, arms_embargo.instrument) as source,
        'A review of this referral: dismissed (outside its scope) or exempted (named exemption, with legal basis and approver).' as settled_by,
        'internal' as handling
    from touched
    inner join referral_moment on touched.subject = referral_moment.subject
    inner join goods on touched.subject = goods.subject
    inner join spine_application on touched.subject = spine_application.subject
    left join end_user on touched.subject = end_user.subject
    inner join arms_embargo
        on
            touched.country = arms_embargo.country
            and arms_embargo.direction in ('export_to', 'both')
            and (arms_embargo.known_from is null or referral_moment.moment > arms_embargo.known_from)
            and (arms_embargo.valid_from is null or cast(referral_moment.moment as date) >= arms_embargo.valid_from)
            and (arms_embargo.valid_to is null or cast(referral_moment.moment as date) < arms_embargo.valid_to)
    where
        (
            (arms_embargo.goods = 'small_arms' and goods.small_arms = 1)
            or (arms_embargo.goods <> 'small_arms' and goods.arms = 1)
            or (
                arms_embargo.goods = 'arms_and_military_dual_use' and goods.dual_use = 1
                and (end_user.kind = 'military' or spine_application.purpose = 'military_operations')
            )
        )
        and not (
            touched.as_what = 2 and end_user.country = touched.country and end_user.kind is not null
            and list_contains(string_split(coalesce(arms_embargo.exempt_end_user_kinds, ''), ';'), end_user.kind)
        )
        and not (touched.as_what = 1 and arms_embargo.scope <> 'state')
),

-- An arms embargo bars arms; dual-use goods for a military end use in the same country need an authorisation all the same, those of no list
-- too. So it is asked where that use is declared and, of listed goods under a binding embargo, where nobody says who uses them or for what.
bound_for as (
    select subject, destination as country from spine_application where destination is not null
    union
    select subject, country from spine_party
    where country is not null and (role_group in ('end_user', 'further_end_user') or role = 'purchaser')
),

told_use as (
    select
        spine_application.subject,
        coalesce(bool_or(spine_party.kind = 'military'), false) or coalesce(any_value(spine_application.purpose) = 'military_operations', false)
            as military,
        any_value(spine_application.purpose) is null or bool_or(spine_party.kind is null) as untold
    from spine_application
    left join spine_party on spine_application.subject = spine_party.subject and spine_party.role_group in ('end_user', 'further_end_user')
    group by spine_application.subject
),

for_the_military as (
    select
        bound_for.subject,
        'military_end_use' as rule_id,
        bound_for.country as item_key,
        'Dual-use goods are bound for ' || bound_for.country || ', which is under an arms embargo ('
        || string_agg(distinct arms_embargo.issuer || ', ' || arms_embargo.instrument, '; ' order by arms_embargo.issuer || ', ' || arms_embargo.instrument)
        || '), and '
        || case when told_use.military then 'a military end use or end user is declared' else 'the filing does not say who uses them, or for what' end
        || '. Are they, or may they be, for use in, or in making, testing or maintaining, military items?' as text,
        list(distinct 'reference:arms_embargo:' || arms_embargo.embargo_id order by 'reference:arms_embargo:' || arms_embargo.embargo_id)
        || ['application:' || any_value(spine.application_id) || '#' || cast(any_value(spine.revision) as varchar) || '/end_use'] as evidence,
        'Regulation (EU) 2021/821, article 4(1)(b): military end use in a country under an arms embargo (https://eur-lex.europa.eu/eli/reg/2021/821/oj/eng)'
            as source,
        'A review of this referral: dismissed (no military end use, and on what that rests) or exempted, with legal basis and approver.' as settled_by,
        'internal' as handling
    from bound_for
    inner join spine on bound_for.subject = spine.subject
    inner join referral_moment on bound_for.subject = referral_moment.subject
    inner join goods on bound_for.subject = goods.subject
    inner join told_use on bound_for.subject = told_use.subject
    left join end_user on bound_for.subject = end_user.subject
    inner join arms_embargo
        on
            bound_for.country = arms_embargo.country
            and arms_embargo.direction in ('export_to', 'both')
            and (arms_embargo.known_from is null or referral_moment.moment > arms_embargo.known_from)
            and (arms_embargo.valid_from is null or cast(referral_moment.moment as date) >= arms_embargo.valid_from)
            and (arms_embargo.valid_to is null or cast(referral_moment.moment as date) < arms_embargo.valid_to)
    left join embargoed on bound_for.subject = embargoed.subject and arms_embargo.embargo_id = embargoed.item_key
    where
        (
            (told_use.military and (goods.dual_use = 1 or goods.unlisted = 1))
            or (told_use.untold and goods.dual_use = 1 and arms_embargo.mandatory)
        )
        and not (
            end_user.country = bound_for.country and end_user.kind is not null
            and list_contains(string_split(coalesce(arms_embargo.exempt_end_user_kinds, ''), ';'), end_user.kind)
        )
    group by bound_for.subject, bound_for.country, told_use.military
    having count(embargoed.item_key) = 0 -- where the embargo itself reaches the goods, that is the question
),

sourced_from_embargoed as (
    select
        spine_party.subject,
        'embargo' as rule_id,
        arms_embargo.embargo_id || '.import' as item_key,
        'An embargo (' || arms_embargo.issuer || ', ' || arms_embargo.instrument || ') bars arms from ' || spine_party.country
        || ', where the goods come from. Does it reach this transaction?' as text,
        ['reference:arms_embargo:' || arms_embargo.embargo_id] as evidence,
        coalesce(arms_embargo.source, arms_embargo.instrument) as source,
        'A review of this referral: dismissed or exempted, with legal basis.' as settled_by,
        'internal' as handling
    from spine_party
    inner join referral_moment on spine_party.subject = referral_moment.subject
    inner join goods on spine_party.subject = goods.subject and goods.arms = 1
    inner join arms_embargo
        on
            spine_party.country = arms_embargo.country
            and arms_embargo.direction in ('import_from', 'both')
            and (arms_embargo.known_from is null or referral_moment.moment > arms_embargo.known_from)
            and (arms_embargo.valid_from is null or cast(referral_moment.moment as date) >= arms_embargo.valid_from)
            and (arms_embargo.valid_to is null or cast(referral_moment.moment as date) < arms_embargo.valid_to)
    where spine_party.role_group = 'exporter'
),

listed as (
    select
        list_match.subject,
        'listed_party' as rule_id,
        listed_party_key(list_match.list, list_match.entry_id, list_match.content, list_match.name_no) as item_key,
        'The ' || string_agg(distinct list_match.role, ' and ' order by list_match.role) || ' may be entry ' || list_match.entry_id || ' of '
        || list_match.list || ' (' || any_value(list_match.matched_name) || ', score ' || cast(round(max(list_match.score), 2) as varchar) || '). '
        || any_value(list_match.why)
        || case when count(address_match.entry_id) > 0 then ' The list gives the party''s address as the entry''s.' else '' end
        || case
            when max(list_match."share") >= 0.5
                then ' From half on, in the aggregate, OFAC holds what a blocked person owns for blocked too.' else ''
        end
        || ' Is it the same party?' as text,
        ['list:' || list_match.list || ':' || list_match.entry_id]
        || list(distinct 'application:' || spine.application_id || '#' || cast(spine.revision as varchar) || '/' || list_match.place
            order by 'application:' || spine.application_id || '#' || cast(spine.revision as varchar) || '/' || list_match.place) as evidence,
        list_match.list as source,
        'A review of this list match: dismissed (another party, saying what tells them apart) or confirmed.' as settled_by,
        'internal' as handling
    from list_match
    inner join spine on list_match.subject = spine.subject
    inner join referral_moment on list_match.subject = referral_moment.subject
    left join address_match
        on
            list_match.subject = address_match.subject
            and list_match.party_no = address_match.party_no
            and list_match.stands_as = 'party'
            and list_match.list = address_match.list
            and list_match.entry_id = address_match.entry_id
            and referral_moment.moment > address_match.known_from
            and (address_match.known_to is null or referral_moment.moment <= address_match.known_to)
    where
        list_match.weight = 'prohibiting' and list_match.result = 'potential_match'
        and referral_moment.moment > list_match.known_from
        and (list_match.known_to is null or referral_moment.moment <= list_match.known_to)
    group by list_match.subject, list_match.list, list_match.entry_id, list_match.content, list_match.name_no
),

refused_certificate as (
    select
        spine_document.subject,
        'denied_authentication' as rule_id,
        'document-' || cast(spine_document.document_no as varchar) as item_key,
        'The issuing authority denied document ' || cast(spine_document.document_no as varchar) || ' ('
        || replace(spine_document.kind, '_', ' ') || '). What stands in its place?' as text,
        ['application:' || spine.application_id || '#' || cast(spine.revision as varchar) || '/documents/' || cast(spine_document.document_no - 1 as varchar)]
            as evidence,
        'Small Arms Survey; SIPRI 2010/3: certificates must be authenticated with their issuer' as source,
        'A new document confirmed by its issuer, and a review dismissing this referral.' as settled_by,
        'internal' as handling
    from spine_document
    inner join spine on spine_document.subject = spine.subject
    where spine_document.authentication = 'denied'
    union all
    select
        spine.subject,
        'denied_authentication' as rule_id,
        'request-' || substr(md5(request.request_id), 1, 12) as item_key,
        'The issuer answered the request for authentication: ' || replace(request.answer, '_', ' ') || '. What stands in the place of that document?' as text,
        ['event:' || request.event_id] as evidence,
        'Small Arms Survey; SIPRI 2010/3: certificates must be authenticated with their issuer' as source,
        'A new document confirmed by its issuer, and a review dismissing this referral.' as settled_by,
        coalesce(request.handling, 'internal') as handling
    from spine
    inner join referral_moment on spine.subject = referral_moment.subject
    inner join request as asked on spine.application_id = asked.application_id and asked."for" = 'authentication'
    inner join request on asked.request_id = request.request_id and request.answer in ('refused', 'found_false')
    left join correction on request.event_id = correction.event_id
    where
        referral_moment.moment > request.at and not coalesce(request.withdrawn, false)
        and (correction.known_at is null or referral_moment.moment <= correction.known_at)
    qualify row_number() over (partition by spine.subject, request.event_id) = 1
),

duplicate_certificate as (
    select
        spine_document.subject,
        'duplicate_certificate' as rule_id,
        'document-' || cast(spine_document.document_no as varchar) as item_key,
        'The number of document ' || cast(spine_document.document_no as varchar)
        || ' stands on a certificate with other content in another application. Which of them did the issuer sign?' as text,
        list('application:' || certificate_filed.application_id order by certificate_filed.application_id) as evidence,
        'Conflict Armament Research, Diversion Digest 2: two documents with the same unique reference number' as source,
        'The issuer''s confirmation, and a review of this referral.' as settled_by,
        'internal' as handling
    from spine_document
    inner join spine on spine_document.subject = spine.subject
    inner join referral_moment on spine_document.subject = referral_moment.subject
    inner join certificate_filed
        on
            spine_document.number_key = certificate_filed.number_key
            and coalesce(spine_document.issuer_country, '') = certificate_filed.issuer_country
            and spine_document.content_key <> certificate_filed.content_key
            and spine.application_id <> certificate_filed.application_id
            and referral_moment.moment > certificate_filed.known_from
    where spine_document.kind = 'end_user_certificate'
    group by spine_document.subject, spine_document.document_no
),

-- Small arms are licensed only on an assurance: a certificate, or a statement that an authority stamped, in force at the moment asked about.
unassured as (
    select
        spine.subject,
        'missing_assurance' as rule_id,
        'assurance' as item_key,
        'Small arms, light weapons or their ammunition are asked for '
        || case
            when count(spine_document.document_no) = 0 then 'without an end-user certificate, or a statement that an authority certified'
            else 'on an assurance that has expired (' || strftime(max(spine_document.expires_on), '%-d %B %Y') || ')'
        end
        || '. On whose word are they licensed?' as text,
        ['application:' || spine.application_id || '#' || cast(spine.revision as varchar) || '/documents'] as evidence,
        'OSCE, Conflict Prevention Centre: export licences for small arms only where an authenticated end-user certificate is provided '
        || '(FSC.DEC/5/04; https://www.osce.org/secretariat/83173)' as source,
        'A certificate in force, filed with the next revision; or a review of this referral, saying why none is asked for.' as settled_by,
        'internal' as handling
    from spine
    inner join referral_moment on spine.subject = referral_moment.subject
    inner join goods on spine.subject = goods.subject and goods.small_arms = 1
    inner join spine_application on spine.subject = spine_application.subject
    left join spine_document
        on
            spine.subject = spine_document.subject
            and (
                spine_document.kind = 'end_user_certificate'
                or (spine_document.kind = 'end_user_statement' and spine_document.certified_by is not null)
            )
    where spine_application.authorisation not in ('global', 'general') -- no single end user is named there who could certify
    group by spine.subject, spine.application_id, spine.revision
    having count(*) filter (
        where
        spine_document.document_no is not null
        and (spine_document.expires_on is null or spine_document.expires_on >= cast(referral_moment.moment as date))
    ) = 0
),

catch_all as (
    select
        subject_filing.subject,
        'catch_all' as rule_id,
        'catch-all' as item_key,
        'A catch-all trigger is declared ('
        || array_to_string(list_filter([
            case when filing.catch_all.wmd_informed then 'informed: weapons of mass destruction' end,
            case when filing.catch_all.wmd_aware then 'aware: weapons of mass destruction' end,
            case when filing.catch_all.wmd_suspected then 'suspected: weapons of mass destruction' end,
            case when filing.catch_all.military_end_use_informed then 'informed: military end use' end,
            case when filing.catch_all.military_end_use_aware then 'aware: military end use' end,
            case when filing.catch_all.other_informed then 'informed: other' end
        ], lambda said: said is not null), '; ')
        || '). Is the end use cleared?' as text,
        ['application:' || filing.application_id || '#' || cast(filing.revision as varchar) || '/catch_all'] as evidence,
        'Regulation (EU) 2021/821, articles 4 and 5; Wassenaar Statement of Understanding on end-use controls' as source,
        'A review by the officer in charge of catch-all, with its legal basis.' as settled_by,
        'internal' as handling
    from subject_filing
    inner join filing on subject_filing.record_no = filing.record_no
    where
        filing.catch_all.wmd_informed or filing.catch_all.wmd_aware or filing.catch_all.wmd_suspected
        or filing.catch_all.military_end_use_informed or filing.catch_all.military_end_use_aware or filing.catch_all.other_informed
),

denied as (
    select spine_party.subject, party_event.event_id, replace(spine_party.role, '_', ' ') as role, 'names the ' as how, spine_party.party_no as rank
    from spine_party
    inner join referral_moment on spine_party.subject = referral_moment.subject
    inner join party_event
        on
            spine_party.entity_id = party_event.entity_id
            and referral_moment.moment > party_event.known_from
            and (party_event.known_to is null or referral_moment.moment <= party_event.known_to)
    where party_event.fact = 'denial_notice' and spine_party.role_group in ('end_user', 'consignee', 'further_end_user', 'intermediary')
    union all
    select
        list_match.subject,
        list_match.entry_id as event_id,
        list_match.role,
        'may name the ' as how,
        10000 - 1000 * list_match.score as rank -- after every party linked for certain, the most alike first
    from list_match
    inner join referral_moment on list_match.subject = referral_moment.subject
    inner join denial_notice on list_match.entry_id = denial_notice.event_id
    left join correction on denial_notice.event_id = correction.event_id
    where
        list_match.weight = 'denial' and list_match.result = 'potential_match' and list_match.role_group not in ('exporter', 'applicant')
        and not starts_with(list_match.role, 'owner of ') -- a denial to an owner is a link, and a link alone is never a referral
        and not coalesce(denial_notice.withdrawn, false)
        and referral_moment.moment > list_match.known_from
        and (list_match.known_to is null or referral_moment.moment <= list_match.known_to)
        and (correction.known_at is null or referral_moment.moment <= correction.known_at)
),

partner_denial as (
    select
        subject,
        'partner_denial' as rule_id,
        substr(md5(event_id), 1, 12) as item_key,
        'A partner has notified a denial that ' || how || role || '. Is this an essentially identical transaction, and has the partner been consulted?' as text,
        ['event:' || event_id] as evidence,
        'Common Position 2008/944/CFSP, article 4; Wassenaar Arrangement, Initial Elements: denial consultation' as source,
        'The outcome of the consultation, and a review of this referral.' as settled_by,
        'originator_controlled' as handling
    from denied
    qualify row_number() over (partition by subject, event_id order by rank, role) = 1
),

raised as (
    select * from embargoed
    union all
    select * from for_the_military
    union all
    select * from sourced_from_embargoed
    union all
    select * from listed
    union all
    select * from refused_certificate
    union all
    select * from duplicate_certificate
    union all
    select * from unassured
    union all
    select * from catch_all
    union all
    select * from partner_denial
),

-- A list match that an officer of the same authority dismissed or confirmed stays so in every application, as long as the entry says
-- the same and the party is written the same; any other settlement holds for its own application.
settlement as (
    select raised.subject, review.subject as about, review.result, review.valid_to, review.at
    from raised
    inner join spine on raised.subject = spine.subject
    inner join spine_application on raised.subject = spine_application.subject
    inner join referral_moment on raised.subject = referral_moment.subject
    inner join review on raised.rule_id || ':' || raised.item_key = review.subject and referral_moment.moment > review.at
    left join correction on review.event_id = correction.event_id
    left join (
        select application_id, any_value(authority) as authority from filing
        where application_id in (select application_id from review where starts_with(subject, 'listed_party:'))
        group by application_id
    ) as reviewed
        on review.application_id = reviewed.application_id
    where
        review.about in ('referral', 'list_match') and not coalesce(review.withdrawn, false)
        and (correction.known_at is null or referral_moment.moment <= correction.known_at)
        and (
            review.application_id = spine.application_id
            or (raised.rule_id = 'listed_party' and review.result in ('dismissed', 'confirmed') and reviewed.authority = spine_application.authority)
        )
    -- What was said of this very application goes before what was said of another.
    qualify row_number() over (
        partition by raised.subject, review.subject
        order by coalesce(review.application_id = spine.application_id, false) desc, review.at desc, review.record_no desc
    ) = 1
)

select
    raised.subject,
    raised.rule_id,
    raised.rule_id || ':' || raised.item_key as about,
    case
        when raised.rule_id = 'listed_party' and settlement.result = 'confirmed'
            then replace(replace(raised.text, ' may be entry ', ' is entry '), 'Is it the same party?', 'Confirmed as the same party on ')
                || strftime(settlement.at, '%-d %B %Y') || '. May the transaction go on?'
        else raised.text
    end as text,
    raised.evidence,
    raised.source,
    case
        when raised.rule_id = 'listed_party' and settlement.result = 'confirmed' then 'An exemption, with its legal basis and an approver.'
        else raised.settled_by
    end as settled_by,
    raised.handling,
    coalesce(
        settlement.result in ('dismissed', 'exempted', 'ended')
        and (settlement.valid_to is null or settlement.valid_to >= cast(referral_moment.moment as date)),
        false
    ) as settled
from raised
inner join referral_moment on raised.subject = referral_moment.subject
left join settlement on raised.subject = settlement.subject and raised.rule_id || ':' || raised.item_key = settlement.about
order by raised.subject, raised.rule_id, raised.item_key
