"""The client against a service that answers well, badly or not at all."""

import httpx
import pytest

from dashboards.client import Client, ServiceError, base_rate

VISIT = {"event_id": "e-1", "at": "2026-11-22T10:00:00Z", "visit_id": "v-1", "application_id": "A-1", "outcome": "favourable"}


def test_a_problem_document_becomes_words_and_fields(answers):
    problem = {
        "title": "The record is not valid",
        "status": 422,
        "detail": "It is not valid.",
        "problems": [{"field": "rationale", "reason": "it is missing", "expected": "why", "todo": "Write it."}],
    }
    with pytest.raises(ServiceError) as refused:
        answers({"POST events/visit": (422, problem)}).client.record("visit", VISIT)
    assert refused.value.status == 422
    assert refused.value.problems[0].field == "rationale"


def test_a_slip_is_told_in_the_contracts_words_before_anything_is_sent(answers):
    service = answers({})
    with pytest.raises(ServiceError) as refused:
        service.client.record("visit", VISIT | {"outcome": "fine"})
    assert [one.field for one in refused.value.problems] == ["outcome"]
    assert service.asked == []


def test_a_service_that_is_not_there_is_told_with_what_to_do():
    with pytest.raises(ServiceError, match="diversion serve"):
        Client("http://127.0.0.1:9", "t").ask("GET", "applications")


def test_an_answer_that_never_comes_says_that_sending_again_is_safe():
    def never(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    with pytest.raises(ServiceError, match="counts once"):
        Client("http://service", "t", httpx.MockTransport(never)).record("visit", VISIT)


def test_an_answer_that_is_no_problem_document_is_still_readable(answers):
    transport = httpx.MockTransport(lambda request: httpx.Response(502, text="<html>Bad gateway</html>"))
    with pytest.raises(ServiceError, match="status 502"):
        Client("http://service", "t", transport).ask("GET", "applications")


def test_the_queue_is_read_to_its_last_page(answers):
    row = {
        "revision": 1,
        "authority": "SE",
        "kind": "export",
        "filed_at": "2026-11-01T10:00:00Z",
        "state": "undecided",
        "age_days": 1,
        "late": False,
        "new_field": 1,
    }
    pages = iter(
        [
            {"applications": [row | {"application_id": "A-1"}], "next_cursor": "c"},
            {"applications": [row | {"application_id": "A-2"}], "next_cursor": None},
        ]
    )
    client = Client("http://service", "t", httpx.MockTransport(lambda request: httpx.Response(200, json=next(pages))))
    assert [one.application_id for one in client.queue()] == ["A-1", "A-2"]


def test_an_id_with_a_slash_names_one_application(answers):
    service = answers({"GET applications/SE/2026/history": (200, {"entries": []})})
    service.client.history("SE/2026")
    assert service.asked[0].url.raw_path == b"/v1/applications/SE%2F2026/history"


def test_the_client_learns_whom_its_token_names(answers):
    client = answers({"GET me": (200, {"name": "Ines", "role": "inspector", "authorities": None})}).client
    client.check()
    assert (client.name, client.role) == ("Ines", "inspector")


def test_long_work_is_asked_for_until_it_is_done():
    told = iter([{"job_id": "j", "state": "running"}, {"job_id": "j", "state": "done", "result": {"plan_id": "P-1"}}])
    client = Client("http://service", "t", httpx.MockTransport(lambda request: httpx.Response(200, json=next(told))))
    assert client.finished({"job_id": "j", "state": "running"}, every=0) == {"plan_id": "P-1"}


def test_long_work_that_failed_says_why(answers):
    with pytest.raises(ServiceError, match="no shipment"):
        answers({}).client.finished({"job_id": "j", "state": "failed", "problem": {"title": "No plan.", "detail": "There is no shipment to visit."}})


def test_an_unknown_token_is_refused_at_the_door(answers):
    with pytest.raises(ServiceError, match="does not know this token"):
        answers({"GET me": (401, {"detail": "not known"})}).client.check()


def test_a_base_rate_is_told_only_where_the_models_card_has_one():
    assert base_rate({"card": {"later_period": {"base_rate_of_all_shipments": 0.003}}}) == 0.003
    assert base_rate({"card": {"says": "No trained model is in use."}}) is None
    assert base_rate({}) is None
