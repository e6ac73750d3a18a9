"""Referrals: questions found by rule, with their scope, their day and their evidence, until a named officer settles them."""

import json
from datetime import date, datetime

import polars as pl
import pytest
from builders import (
    a_certificate,
    a_denial_notice,
    a_party,
    a_request,
    a_review,
    an_application,
    an_item,
    arms,
    correcting,
    fresh,
    withdrawing,
)
from desks import NOW, a_desk, open_referrals, origin, record, referrals, score_of, take_in

from engine.errors import InvalidRecord
from engine.workflows.assess import score_unscored
from engine.workflows.score_file import score_file
from engine.workflows.screen import import_list

ARMED_GROUP = a_party("Popular Front Brigade", "CF", "other")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with a_desk(tmp_path_factory.mktemp("referrals")) as desk:
        yield desk


def filed(desk, **told) -> str:
    application = an_application(**told)
    take_in(desk, "application", application)
    return application["application_id"]


def embargoes(desk, now: datetime = NOW, **told) -> set[str]:
    """The embargoes that a new filing raises."""
    return {r.subject.removeprefix("embargo:") for r in referrals(desk, filed(desk, **told), now=now) if r.rule_id == "embargo"}


def to(country: str, kind: str | None = "military", **told) -> dict:
    """An application for arms to an end user in a country."""
    end_user = a_party("National Command", country, kind) if kind else {"name": "National Command", "country": country}
    return {"end_user": end_user, "end_use": {"purpose": "military_operations", "country": country}, "items": [arms()]} | told


def test_an_embargo_on_armed_groups_spares_the_government(desk):
    assert not {e for e in embargoes(desk, **to("CF")) if e.startswith("EU-CF")}
    assert "EU-CF-2024-2745" in embargoes(desk, **to("CF", end_user=ARMED_GROUP))


def test_an_end_user_of_no_known_kind_is_asked_about(desk):
    assert "EU-CF-2024-2745" in embargoes(desk, **to("CF", kind=None))


def test_an_embargo_on_a_whole_state_knows_no_exempt_end_user(desk):
    assert "EU-AF-2002-402" in embargoes(desk, **to("AF", "government"))
    assert "EU-SS-2015-740" in embargoes(desk, **to("SS", "government"))


def test_an_embargo_on_a_groups_country_is_not_raised_by_a_stop_on_the_way(desk):
    stop = a_party("Bangui Forwarding", "CF")
    assert not {e for e in embargoes(desk, consignee=stop, items=[arms()]) if e.startswith("EU-CF")}
    assert "EU-SS-2015-740" in embargoes(desk, consignee=a_party("Juba Forwarding", "SS"), items=[arms()])


def test_a_route_through_an_embargoed_state_is_asked_about(desk):
    assert "EU-BY-2022-356" in embargoes(desk, items=[arms()], route=[{"from": "SEGOT", "to": "BYMSQ", "mode": "air"}])


def test_an_embargo_on_imports_is_not_raised_by_exports(desk):
    assert not {e for e in embargoes(desk, **to("SY")) if e.startswith("EU-SY")}


def test_an_embargo_on_imports_is_raised_by_goods_that_come_from_there(desk):
    assert "EU-SY-2013-255.import" in embargoes(desk, kind="transit", exporter=a_party("Damascus Works", "SY"), items=[arms()])


def test_dual_use_goods_fall_under_an_arms_embargo_only_where_it_says_so_and_for_the_military(desk):
    assert not {e for e in embargoes(desk, **to("SS", items=[an_item()])) if e.startswith("EU-")}
    assert "EU-MM-2018-655" in embargoes(desk, **to("MM", items=[an_item()]))
    civil = to("MM", "commercial", items=[an_item()], end_use={"purpose": "civil_industry", "country": "MM"})
    assert not {e for e in embargoes(desk, **civil) if e.startswith("EU-")}


def test_an_embargo_on_small_arms_spares_other_arms(desk):
    assert "EU-HT-2022-2319" in embargoes(desk, **to("HT"))
    assert "EU-HT-2022-2319" not in embargoes(desk, **to("HT", items=[arms(control_code="ML5.b", description="Fire control")]))


def test_an_embargo_counts_from_the_day_it_was_published_to_the_day_it_ended(desk):
    old = to("CI", filed_at="2003-01-10T09:00:00Z")
    name = filed(desk, **old)

    def raised(day: datetime) -> bool:
        return any(r.subject == "embargo:EU-CI-2004-852" for r in referrals(desk, name, now=day))

    assert [raised(datetime(2004, 12, 1)), raised(datetime(2005, 1, 1)), raised(datetime(2016, 6, 8)), raised(datetime(2016, 6, 10))] == [False, True, True, False]


def test_goods_under_no_control_raise_no_embargo(desk):
    assert not embargoes(desk, **to("SS", items=[an_item(control_code=None, control_list=None)]))


def military_end_use(desk, now: datetime = NOW, **told) -> dict[str, str]:
    """Country -> the question of military end use that a new filing raises."""
    found = score_of(desk, filed(desk, **told), now=now).referrals
    return {r.subject.removeprefix("military_end_use:"): r.text for r in found if r.rule_id == "military_end_use"}


CIVIL = {"end_user": a_party("Delta Water Works", "SS", "commercial"), "end_use": {"purpose": "civil_industry", "country": "SS"}, "items": [an_item()]}


def test_dual_use_goods_for_the_military_of_a_country_under_an_arms_embargo_are_asked_about(desk):
    (text,) = military_end_use(desk, **to("SS", items=[an_item()])).values()
    assert "a military end use or end user is declared" in text and "EU, Dec (CFSP) 2015/740" in text and "UN" in text
    assert set(military_end_use(desk, **CIVIL | {"end_use": {"purpose": "military_operations", "country": "SS"}})) == {"SS"}
    assert set(military_end_use(desk, **CIVIL | {"end_users": [a_party("National Command", "SS", "military", role="ultimate")]})) == {"SS"}
    assert set(military_end_use(desk, intermediaries=[a_party("Juba Procurement", "SS", role="purchaser")], end_user=a_party("Command", "FI", "military"))) == {"SS"}


def test_goods_of_no_list_for_the_military_there_are_asked_about_and_others_are_not(desk):
    unlisted = an_item(control_code=None, control_list=None)
    assert set(military_end_use(desk, **to("SS", items=[unlisted]))) == {"SS"}
    assert not military_end_use(desk, **CIVIL | {"items": [unlisted], "end_use": {"country": "SS"}})


@pytest.mark.parametrize("untold", [{"end_use": {"country": "SS"}}, {"end_user": a_party("Delta Water Works", "SS", None)}])
def test_dual_use_goods_bound_there_for_a_use_or_user_not_told_are_asked_about(desk, untold):
    (text,) = military_end_use(desk, **CIVIL | untold).values()
    assert "does not say who uses them" in text


def test_dual_use_goods_for_a_declared_civil_use_there_raise_no_question_of_military_end_use(desk):
    assert not military_end_use(desk, **CIVIL)
    assert not military_end_use(desk, **to("FI", items=[an_item()]))  # no embargo there
    assert not military_end_use(desk, **to("SS"))  # arms: the embargo itself asks


def test_military_end_use_is_one_question_where_the_embargo_itself_reaches_dual_use_goods(desk):
    told = to("MM", items=[an_item()])
    assert "EU-MM-2018-655" in embargoes(desk, **told) and not military_end_use(desk, **told)


def test_an_exempt_army_is_not_asked_about_for_dual_use_goods_either(desk):
    assert not military_end_use(desk, **to("IQ", items=[an_item()]))
    assert set(military_end_use(desk, **to("IQ", kind=None, items=[an_item()]))) == {"IQ"}


def test_a_political_embargo_asks_only_where_military_end_use_is_declared(desk):
    untold = CIVIL | {"end_user": a_party("Delta Works", "CN", "commercial"), "end_use": {"country": "CN"}}
    assert not military_end_use(desk, **untold) and set(military_end_use(desk, **to("CN", items=[an_item()]))) == {"CN"}


def test_military_end_use_is_asked_from_the_day_the_embargo_was_published_to_the_day_it_ended(desk):
    name = filed(desk, **to("CI", items=[an_item()], filed_at="2003-01-10T09:00:00Z"))

    def raised(day: datetime) -> bool:
        return any(r.rule_id == "military_end_use" for r in score_of(desk, name, now=day).referrals)

    days = datetime(2004, 11, 10), datetime(2004, 12, 1), datetime(2016, 6, 8), datetime(2016, 6, 10)
    assert [raised(day) for day in days] == [False, True, True, False]


def test_the_question_of_military_end_use_tells_its_article_and_is_settled_by_a_review(desk):
    name = filed(desk, **to("SS", items=[an_item()]))
    (told,) = [r for r in score_of(desk, name).referrals if r.rule_id == "military_end_use"]
    assert "2021/821, article 4(1)(b)" in told.source
    assert set(told.evidence) == {*(f"reference:arms_embargo:{one}" for one in ("EU-SS-2015-740", "UN-SS-2018-2428", "UK-SS-2021")), f"application:{name}#1/end_use"}
    record(desk, "review", a_review("referral", told.subject, "dismissed", application_id=name, at="2026-11-10T10:00:00Z"))
    assert "military_end_use" not in open_referrals(desk, name)


def test_a_referral_tells_its_evidence_its_source_and_what_settles_it(desk):
    told = [r for r in referrals(desk, filed(desk, **to("SS"))) if r.subject == "embargo:EU-SS-2015-740"]
    assert told[0].evidence == ("reference:arms_embargo:EU-SS-2015-740",) and told[0].source and "review" in told[0].settled_by.lower()
    assert not told[0].settled


LISTED, WARNED = "Karaman Precision Systems", "Oslavan Trading House"


@pytest.fixture(scope="module")
def listed(desk, tmp_path_factory) -> None:
    """A prohibiting and a warning list, both public from the tenth of December."""
    folder = tmp_path_factory.mktemp("lists")
    nothing = ",".join(["-0- "] * 8)
    (folder / "sdn.csv").write_text(f'1,"{LISTED}",-0- ,"TEST",{nothing}\n', "utf-8")
    (folder / "add.csv").write_text('1,1,"Sanayi 1","Ankara","Turkey",-0- \n', "utf-8")
    (folder / "alt.csv").write_text('1,1,"aka","Karaman Hassas Sistemler",-0- \n', "utf-8")
    header = "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,program_ids,dataset,first_seen,last_seen,last_change"
    (folder / "warned.csv").write_text(f"{header}\nQ-1,Company,{WARNED},,,tr,,,,,,,warned,2026-12-10,2026-12-10,2026-12-10\n", "utf-8")
    import_list(desk, folder / "sdn.csv", "ofac-sdn-csv", date(2026, 12, 10), origin("ingest"))
    import_list(desk, folder / "warned.csv", "opensanctions-csv", date(2026, 12, 10), origin("ingest"))


def test_a_listed_party_is_asked_about_in_every_role(desk, listed):
    for role in ("exporter", "consignee", "end_user"):
        assert "listed_party" in open_referrals(desk, filed(desk, **{role: a_party(LISTED, "TR")}))
    assert "listed_party" in open_referrals(desk, filed(desk, intermediaries=[a_party(LISTED, "TR", role="broker")]))
    assert "listed_party" not in open_referrals(desk, filed(desk))


def test_a_list_that_only_warns_asks_nothing_but_raises_risk(desk, listed):
    warned, plain = [an_application(filed_at="2026-12-20T09:00:00Z", end_user=a_party(name, "TR")) for name in (WARNED, "Oslo Plain House")]
    take_in(desk, "application", warned, plain)
    assert not open_referrals(desk, warned["application_id"])
    assert score_of(desk, warned["application_id"]).risk > score_of(desk, plain["application_id"]).risk


def test_a_party_listed_after_filing_is_asked_about_now_but_not_as_of_filing(desk, listed, tmp_path):
    document = an_application(end_user=a_party(LISTED, "TR"))
    take_in(desk, "application", document)
    assert "listed_party" in open_referrals(desk, document["application_id"])
    assert "listed_party" not in open_referrals(desk, document["application_id"], now=datetime(2026, 12, 9))
    (tmp_path / "one.json").write_text(json.dumps(document), "utf-8")
    score_file(desk, tmp_path / "one.json", tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet")["referrals"].to_list() == [[]]


def test_a_denied_document_is_asked_about(desk):
    name = filed(desk, documents=[a_certificate(authentication="denied")])
    assert open_referrals(desk, name) == {"denied_authentication": "denied_authentication:document-1"}


@pytest.mark.parametrize("answer", ["refused", "found_false"])
def test_an_issuers_denial_by_letter_is_asked_about(desk, answer):
    name = filed(desk, documents=[a_certificate(authentication="requested")])
    question = a_request(name)
    take_in(desk, "request", question)
    assert not open_referrals(desk, name)
    reply = a_request(None, request_id=question["request_id"], answer=answer, answered_on="2026-11-10", at="2026-11-11T10:00:00Z")
    take_in(desk, "request", reply)
    assert set(open_referrals(desk, name)) == {"denied_authentication"} and not open_referrals(desk, name, now=datetime(2026, 11, 11))
    take_in(desk, "request", correcting(reply, "2026-11-20T10:00:00Z", answer="given"))
    assert not open_referrals(desk, name)


def test_a_confirmation_by_letter_raises_nothing(desk):
    name = filed(desk)
    question = a_request(name)
    take_in(desk, "request", question, a_request(None, request_id=question["request_id"], answer="given", at="2026-11-11T10:00:00Z"))
    assert not open_referrals(desk, name)


def test_a_refused_opinion_is_no_denied_authentication(desk):
    name = filed(desk)
    question = a_request(name, **{"for": "opinion", "to": "expert"})
    take_in(desk, "request", question, a_request(None, request_id=question["request_id"], answer="refused", at="2026-11-11T10:00:00Z"))
    assert not open_referrals(desk, name)


def test_one_certificate_number_over_other_content_is_asked_about(desk):
    number = fresh("EUC")
    first = filed(desk, documents=[a_certificate(number=number)])
    again = filed(desk, documents=[a_certificate(number=number)])
    other = filed(desk, documents=[a_certificate(number=number, end_user="Another Service", items=[{"description": "Rifles", "quantity": 900}])])
    told = {r.rule_id: r for r in referrals(desk, other)}
    assert set(told["duplicate_certificate"].evidence) == {f"application:{first}", f"application:{again}"}


def test_a_certificate_filed_twice_with_one_content_is_no_duplicate(desk):
    number = fresh("EUC")
    filed(desk, documents=[a_certificate(number=number)])
    assert not open_referrals(desk, filed(desk, documents=[a_certificate(number=number)]))


RIFLES = {"items": [arms()], "end_user": a_party("Border Guard Service", "FI", "police")}


@pytest.mark.parametrize(("documents", "said"), [
    ([], "without an end-user certificate"),
    ([a_certificate(kind="end_user_statement")], "without an end-user certificate"),
    ([a_certificate(expires_on="2026-11-01")], "expired (1 November 2026)"),
    ([a_certificate(kind="end_user_statement", certified_by="Ministry of the Interior")], None),
    ([a_certificate(expires_on="2026-11-01"), a_certificate()], None),
    ([a_certificate(expires_on=None)], None),
])
def test_small_arms_are_not_licensed_without_an_assurance_in_force(desk, documents, said):
    told = [r for r in referrals(desk, filed(desk, documents=documents, **RIFLES)) if r.rule_id == "missing_assurance"]
    assert [said in r.text for r in told] == ([True] if said else [])


def test_other_goods_and_open_licences_are_not_asked_for_one(desk):
    assert "missing_assurance" not in open_referrals(desk, filed(desk, documents=[]))
    assert "missing_assurance" not in open_referrals(desk, filed(desk, documents=[], items=[arms(control_code="ML5.b", description="Fire control")]))
    assert "missing_assurance" not in open_referrals(desk, filed(desk, documents=[], authorisation="global", destinations=["FI"], **RIFLES))


def test_an_assurance_that_expires_later_is_asked_about_from_then_on(desk):
    name = filed(desk, documents=[a_certificate(expires_on="2027-01-31")], **RIFLES)
    days = [("missing_assurance" in open_referrals(desk, name, now=datetime(*day))) for day in ((2027, 1, 31), (2027, 2, 1))]
    assert days == [False, True]


def test_the_same_number_of_another_issuing_state_is_no_duplicate(desk):
    number = fresh("EUC")
    filed(desk, documents=[a_certificate(number=number)])
    assert not open_referrals(desk, filed(desk, documents=[a_certificate(number=number, issuer_country="NO", end_user="Another Service")]))


@pytest.mark.parametrize("trigger", [
    "wmd_informed", "wmd_aware", "wmd_suspected", "military_end_use_informed", "military_end_use_aware", "other_informed"])
def test_a_catch_all_trigger_is_asked_about(desk, trigger):
    assert open_referrals(desk, filed(desk, catch_all={trigger: True})) == {"catch_all": "catch_all:catch-all"}


def test_a_catch_all_trigger_denied_raises_nothing(desk):
    assert not open_referrals(desk, filed(desk, catch_all={"wmd_informed": False}))


def test_a_catch_all_notice_never_moves_the_score(desk):
    parties = {"exporter": a_party("Notice Works AB", "SE"), "end_user": a_party("Notice Border Guard", "FI", "police")}
    plain, noticed = an_application(**parties), an_application(**parties, catch_all={"military_end_use_informed": True})
    take_in(desk, "application", plain, noticed)
    assert score_of(desk, plain["application_id"]).risk == score_of(desk, noticed["application_id"]).risk


def test_a_partners_denial_is_asked_about_until_it_expires(desk):
    take_in(desk, "denial_notice", a_denial_notice("Denied Instruments", "TR", expires_on="2026-12-31"))
    name = filed(desk, end_user=a_party("Denied Instruments", "TR"))
    assert "partner_denial" in open_referrals(desk, name, now=datetime(2026, 12, 1)) and "partner_denial" not in open_referrals(desk, name)


def test_a_link_alone_is_never_a_referral(desk):
    take_in(desk, "denial_notice", a_denial_notice("Neighbour Instruments", "TR"))
    address = "Sanayi Caddesi 12, Ankara"
    filed(desk, end_user=a_party("Neighbour Instruments", "TR", address=address))
    assert not open_referrals(desk, filed(desk, end_user=a_party("Honest Instruments", "TR", address=address, owners=[{"name": "Neighbour Instruments", "country": "TR"}])))


def settled(desk, name: str, now: datetime = NOW) -> bool:
    return not open_referrals(desk, name, now=now)


def about_catch_all(name: str, result: str, **told) -> dict:
    return a_review("referral", "catch_all:catch-all", result, application_id=name, at="2026-11-01T10:00:00Z") | told


@pytest.mark.parametrize(("result", "settles"), [("dismissed", True), ("ended", True), ("confirmed", False), ("escalated", False)])
def test_a_review_settles_a_referral_or_does_not(desk, result, settles):
    name = filed(desk, catch_all={"wmd_aware": True})
    record(desk, "review", about_catch_all(name, result))
    assert settled(desk, name) is settles and not settled(desk, name, datetime(2026, 11, 1))


def test_an_exemption_settles_with_a_second_signature_only(desk):
    name = filed(desk, catch_all={"wmd_aware": True})
    with pytest.raises(InvalidRecord, match="second person"):
        record(desk, "review", about_catch_all(name, "exempted", approved_by="Reviewer"))
    record(desk, "review", about_catch_all(name, "exempted", approved_by="head of unit", legal_basis="Art. 4"))
    assert settled(desk, name)


def test_a_settlement_for_a_time_ends_with_it(desk):
    name = filed(desk, catch_all={"wmd_aware": True})
    record(desk, "review", about_catch_all(name, "dismissed", valid_to="2026-12-31"))
    assert settled(desk, name, datetime(2026, 12, 31, 9)) and not settled(desk, name, datetime(2027, 1, 1))


def test_a_later_settlement_without_end_outlives_an_earlier_one_that_ended(desk):
    name = filed(desk, catch_all={"wmd_aware": True})
    record(desk, "review", about_catch_all(name, "dismissed", valid_to="2026-11-30"))
    record(desk, "review", about_catch_all(name, "dismissed", at="2026-11-28T10:00:00Z"))
    assert settled(desk, name)


def test_a_later_review_opens_a_referral_again(desk):
    name = filed(desk, catch_all={"wmd_aware": True})
    record(desk, "review", about_catch_all(name, "dismissed"))
    record(desk, "review", about_catch_all(name, "confirmed", at="2026-12-01T10:00:00Z"))
    assert settled(desk, name, datetime(2026, 11, 15)) and not settled(desk, name)


def test_a_review_taken_back_settles_nothing(desk):
    name = filed(desk, catch_all={"wmd_aware": True})
    review = about_catch_all(name, "dismissed")
    record(desk, "review", review)
    record(desk, "review", withdrawing(review, "2026-12-01T10:00:00Z"))
    assert settled(desk, name, datetime(2026, 11, 15)) and not settled(desk, name)


def test_a_corrected_review_says_what_its_correction_says(desk):
    name = filed(desk, catch_all={"wmd_aware": True})
    review = about_catch_all(name, "dismissed")
    record(desk, "review", review)
    record(desk, "review", correcting(review, "2026-12-01T10:00:00Z", result="confirmed"))
    assert not settled(desk, name)


def test_settling_one_applications_referral_settles_no_others(desk):
    one, other = filed(desk, catch_all={"wmd_aware": True}), filed(desk, catch_all={"wmd_aware": True})
    record(desk, "review", about_catch_all(one, "dismissed"))
    assert settled(desk, one) and not settled(desk, other)


def test_a_settlement_says_which_application_it_settles(desk):
    review = about_catch_all("none", "dismissed")
    del review["application_id"]
    with pytest.raises(InvalidRecord, match="application_id"):
        record(desk, "review", review)


def test_a_referral_is_no_part_of_the_risk(desk):
    plain, referred = filed(desk), filed(desk, catch_all={"wmd_aware": True})
    before = score_of(desk, referred).risk
    record(desk, "review", about_catch_all(referred, "dismissed"))
    assert score_of(desk, referred).risk == before and score_of(desk, plain).referrals == ()


def test_a_referral_that_was_never_raised_is_not_settled_and_those_that_stand_are_told(desk):
    name = filed(desk, catch_all={"wmd_aware": True})
    with pytest.raises(InvalidRecord, match=r"subject: no such referral of this application is on record. Expected: one of `catch_all:catch-all`"):
        record(desk, "review", about_catch_all(name, "dismissed", subject="catch_all"))
    with pytest.raises(InvalidRecord, match="and none stands"):
        record(desk, "review", about_catch_all(filed(desk), "dismissed"))
    record(desk, "review", about_catch_all(name, "dismissed"))


def test_a_referral_that_stands_in_a_score_on_record_can_be_settled_when_nothing_raises_it_any_more(desk):
    name = filed(desk, catch_all={"wmd_aware": True})
    score_unscored(desk, origin())
    take_in(desk, "application", an_application(application_id=name, revision=2))
    record(desk, "review", about_catch_all(name, "ended"))
