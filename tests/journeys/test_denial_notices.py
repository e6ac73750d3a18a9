"""A partner's denial notice is read by officers; a licensing system learns only that something is to be settled."""

import io
import threading
import time
from datetime import UTC, timedelta

import httpx
import pytest
import uvicorn
from builders import a_decision, a_denial_notice, a_party, an_application
from desks import NOW, a_desk, origin, take_in

from engine.api import create_app
from engine.settings import Settings
from engine.workflows.tokens import create_token

SECRET = "quarantined phrase of the partner"
REFERENCE = "PARTNER/2026/4711"
DENIED = a_party("Withheld Dynamics", "TR")


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Asks the service in a role: `ask(role).get(...)`."""
    with a_desk(tmp_path_factory.mktemp("denials")) as desk:
        notice = a_denial_notice(DENIED["name"], "TR", event_id="NOTICE-77", reason=SECRET, end_use=SECRET, issuer=SECRET, reference=REFERENCE)
        take_in(desk, "denial_notice", notice)
        take_in(desk, "application", an_application(application_id="EARLIER", end_user=DENIED))
        tokens = {role: create_token(desk, f"{role}-one", role, None, NOW + timedelta(days=1), origin())[0] for role in ("system", "analyst")}
        service = create_app(desk, Settings(), lambda: NOW.replace(tzinfo=UTC), log=io.StringIO())
        server = uvicorn.Server(uvicorn.Config(service, port=0, log_level="critical", access_log=False))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield lambda role: Caller(client, tokens[role])
        server.should_exit = True
        thread.join()


class Caller:
    def __init__(self, client: httpx.Client, token: str):
        self._client, self._headers = client, {"Authorization": f"Bearer {token}"}

    def get(self, path: str):
        return self._client.get(path, headers=self._headers)

    def post(self, path: str, body: object):
        return self._client.post(path, json=body, headers=self._headers)


def test_a_role_system_never_receives_a_denial_notices_content(ask):
    system = ask("system")
    filing = an_application(application_id="DENIED-1", end_user=DENIED, filed_at="2026-12-01T09:00:00Z")
    answers = [
        system.post("/v1/applications", filing), system.post("/v1/applications", filing), system.post("/v1/score", filing | {"application_id": "DENIED-2"}),
        system.post("/v1/applications/batch", [filing | {"application_id": "DENIED-3"}]),
        system.post("/v1/events/decision", a_decision("DENIED-1", at="2026-12-05T09:00:00Z")),
        *[system.get(path) for path in (
            "/v1/applications", "/v1/applications/DENIED-1", "/v1/applications/DENIED-1/score", "/v1/applications/DENIED-1/score?as_of=now",
            "/v1/applications/DENIED-1/history", "/v1/applications/EARLIER/history", "/v1/export/denial_notice", "/v1/screen?name=Withheld+Dynamics",
            "/v1/audit", "/v1/visits", "/v1/features", "/v1/model")],
        system.post("/v1/applications/DENIED-1/what-if", {"changes": {}}),
    ]
    assert answers[0].status_code == 201 and answers[0].json()["referrals"] is True
    for answer in answers:
        for withheld in (SECRET, REFERENCE, "NOTICE-77", "partner_denial", "denial_notice:"):
            assert withheld not in answer.text, (answer.request.url, withheld)


def test_an_analyst_is_told_that_a_partner_denied(ask):
    told = ask("analyst").get("/v1/applications/EARLIER/score").json()
    assert "partner_denial" in {referral["rule_id"] for referral in told["referrals"]}
