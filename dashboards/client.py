"""Speaks to the engine's HTTP service: the contract's models out, the service's answers or readable errors back.

Nothing is retried here. A write carries an id of the sender's making, so that whoever typed it can send it again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

import httpx

from engine.wire import Application, InvalidRecord, ProblemField, Score, parse_application, parse_event

TIMEOUT = httpx.Timeout(30.0, connect=5.0)  # seconds


class ServiceError(Exception):
    """What stands between the reader and an answer, in words for the reader.

    Args:
        title: what happened, in a few words.
        detail: what is wrong, what was expected, what to do.
        status: the HTTP status; None where no answer came.
        problems: the fields that break the contract.
    """

    def __init__(self, title: str, detail: str = "", status: int | None = None, problems: tuple[ProblemField, ...] = ()) -> None:
        super().__init__(f"{title} {detail}".strip())
        self.title, self.detail, self.status, self.problems = title, detail, status, problems


@dataclass(frozen=True)
class QueueRow:
    """One application in the queue, with the newest score of its newest filing where it has one."""

    application_id: str
    revision: int
    authority: str
    kind: str
    filed_at: str
    state: str
    age_days: int
    late: bool
    destination: str | None = None
    exporter: str | None = None
    end_user: str | None = None
    risk: float | None = None
    risk_low: float | None = None
    risk_high: float | None = None
    band: str | None = None
    open_referrals: int = 0

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> QueueRow:
        """A row of the service's answer; names it does not have stay missing, names not known here are left out."""
        return cls(**{name: told[name] for name in cls.__dataclass_fields__ if told.get(name) is not None})


class Client:
    """One person's way to the service; holds their token and nothing else."""

    def __init__(self, service: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self.service = service
        self.name = self.role = ""  # told by the service, see `check`
        self._http = httpx.Client(
            base_url=service,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=TIMEOUT,
            transport=transport,
            trust_env=False,  # a proxy of the environment must not see the token
        )

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """One request and its JSON answer.

        Raises:
            ServiceError: nothing answers, or what answers is a problem document.
        """
        try:
            answer = self._http.request(method, f"/v1/{path}", **request)
        except httpx.ConnectError as error:
            raise ServiceError(
                "The service is not reached.",
                f"Nothing answers at {self.service}. Start it with `diversion serve`, or set DIVERSION_SERVICE to its address.",
            ) from error
        except httpx.HTTPError as error:
            raise ServiceError(
                "The service did not answer in time.",
                "Whether it took the request is not known. Sending the same again is safe: it counts once.",
            ) from error
        if answer.is_success:
            return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else answer
        raise problem(answer)

    def check(self) -> None:
        """Ask whom the token names, and so whether it is known at all.

        Raises:
            ServiceError: the service is not reached, or does not know the token.
        """
        told = self.ask("GET", "me")
        self.name, self.role = told["name"], told["role"]

    def queue(self, **asked: str) -> list[QueueRow]:
        """The applications that this person may read, up to 5,000: newest filing first, or as `order` says.

        Args:
            asked: the service's own filters: `state`, `band`, `destination`, `find`, `order`.
        """
        rows: list[QueueRow] = []
        cursor: str | None = None
        while len(rows) < MOST_ROWS:
            told = self.ask("GET", "applications", params=asked | {"limit": MOST_ROWS} | ({"cursor": cursor} if cursor else {}))
            rows += [QueueRow.read(row) for row in told["applications"]]
            cursor = told.get("next_cursor")
            if not cursor:
                break
        return rows

    def some_risks(self) -> tuple[float, ...]:
        """The risks of the newest 500 scored applications, for the scale behind one of them."""
        told = self.ask("GET", "applications", params={"limit": 500})["applications"]
        return tuple(row["risk"] for row in told if row.get("risk") is not None)

    def row(self, application_id: str) -> QueueRow | None:
        """How one application stands in the queue."""
        told = self.ask("GET", "applications", params={"application_id": application_id})["applications"]
        return next((QueueRow.read(row) for row in told), None)

    def application(self, application_id: str) -> Application:
        """A filing as it stands."""
        return parse_application(json.dumps(self.ask("GET", _path(application_id))), lenient=True).model

    def score(self, application_id: str, as_of: str | None = None) -> Score:
        """Its score as of filing, or as of another moment (`now`); referrals are as of now in both."""
        told = self.ask("GET", f"{_path(application_id)}/score", params={"as_of": as_of} if as_of else {})
        return Score.model_validate_json(json.dumps(told))

    def what_if(self, application_id: str, remedies: Sequence[str] = (), band: str | None = None) -> dict[str, Any]:
        """What would go with a lower score: every remedy alone, the fewest for a band, and those asked for together."""
        order = {"remedies": list(remedies)} if remedies else {}
        return dict(self.ask("POST", f"{_path(application_id)}/what-if", json=order | ({"band": band} if band else {})))

    def similar(self, application_id: str) -> list[dict[str, Any]]:
        """The nearest past applications with a known outcome."""
        return list(self.ask("GET", f"{_path(application_id)}/similar")["cases"])

    def documents(self, application_id: str) -> list[dict[str, Any]]:
        """Each document with what its file says of each declared field."""
        return list(self.ask("GET", f"{_path(application_id)}/documents")["documents"])

    def memo(self, application_id: str, audience: str, form: str = "html") -> bytes:
        """A memo to print, `internal` or for the `applicant`; made by the service, so that nothing else of the case comes with it."""
        return self.ask("GET", f"{_path(application_id)}/memo", params={"audience": audience, "form": form}).content

    def network(self, application_id: str) -> dict[str, Any]:
        """Its parties and what they share with others within two hops."""
        return dict(self.ask("GET", f"{_path(application_id)}/network"))

    def route(self, application_id: str) -> dict[str, Any]:
        """The legs of its route with their distances."""
        return dict(self.ask("GET", f"{_path(application_id)}/route"))

    def drift(self) -> dict[str, Any]:
        """What moved since the model in force was trained."""
        return self.finished(self.ask("GET", "drift"))

    def compare_models(self) -> dict[str, Any] | None:
        """The model in force against the one kept in shadow; None where there is none."""
        try:
            return self.finished(self.ask("GET", "models/compare"))
        except ServiceError as error:
            if error.status != 409:
                raise
            return None

    def lists(self) -> list[dict[str, Any]]:
        """The watch lists that are held, with their editions."""
        return list(self.ask("GET", "lists")["lists"])

    def list_difference(self, code: str, first: date, last: date) -> dict[str, Any]:
        """What a list says at the end of one day and not at that of an earlier one."""
        return dict(self.ask("GET", f"lists/{quote(code, safe='')}/diff", params={"from": str(first), "to": str(last)}))

    def screen(self, name: str, country: str | None = None) -> list[dict[str, Any]]:
        """The list entries near a name as the lists stand now, best first."""
        return list(self.ask("GET", "screen", params={"name": name} | ({"country": country} if country else {})))

    def history(self, application_id: str) -> list[dict[str, Any]]:
        """Everything known of it that this person may know, in time order."""
        return list(self.ask("GET", f"{_path(application_id)}/history")["entries"])

    def model(self) -> dict[str, Any]:
        """The card of the model in force."""
        return dict(self.ask("GET", "model"))

    def visits(self, state: str | None = None) -> list[dict[str, Any]]:
        """Visits overdue and due that this person may see, by the end of their window, then those done, the newest first; up to 5,000."""
        found: list[dict[str, Any]] = []
        skip: int | None = 0
        while skip is not None and len(found) < MOST_ROWS:
            told = self.ask("GET", "visits", params={"limit": MOST_ROWS, "skip": skip} | ({"state": state} if state else {}))
            found += told["visits"]
            skip = told.get("next_skip")
        return found

    def finished(self, told: Mapping[str, Any], every: float = 1.0) -> dict[str, Any]:
        """What long work came to: the answer itself, or, where it was handed a number to ask by, the answer once there is one.

        Args:
            every: seconds between two questions.

        Raises:
            ServiceError: the work failed.
        """
        while told.get("job_id") and told.get("state") == "running":
            time.sleep(every)
            told = self.ask("GET", f"jobs/{told['job_id']}")
        if not told.get("job_id"):
            return dict(told)
        if told["state"] == "failed":
            why = told.get("problem") or {}
            raise ServiceError(why.get("title") or "The work failed.", why.get("detail") or "", why.get("status"), _fields(why))
        return dict(told["result"])

    def make_plan(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Choose visits for a period; waits until it is done."""
        return self.finished(self.ask("POST", "plans", json=dict(order)))

    def plan(self, plan_id: str) -> dict[str, Any]:
        """A plan with everything its selection rests on."""
        return dict(self.ask("GET", f"plans/{quote(plan_id, safe='')}"))

    def amend_plan(self, plan_id: str, order: Mapping[str, Any]) -> dict[str, Any]:
        """Drop, add or move visits of a plan for a reason; waits until it is done."""
        return self.finished(self.ask("POST", f"plans/{quote(plan_id, safe='')}/amendments", json=dict(order)))

    def due(self) -> dict[str, Any]:
        """What is due and overdue after the licences, oldest first, up to 5,000, and the parties that could not be verified."""
        return dict(self.ask("GET", "due", params={"limit": 5_000}))

    def alerts(self, scored: bool = False) -> list[dict[str, Any]]:
        """Findings that touch undecided applications and open licences, the newest 100.

        Args:
            scored: with each scored as of now, which takes the service seconds.
        """
        return list(self.ask("GET", "alerts", params={"scored": scored})["alerts"])

    def proposals(self) -> list[dict[str, Any]]:
        """What findings put before an approver and nobody has settled, the newest 5,000."""
        return list(self.ask("GET", "proposals", params={"state": "open", "limit": MOST_ROWS})["proposals"])

    def pack(self, visit_id: str) -> bytes:
        """What an inspector takes along, as a page to print."""
        return self.ask("GET", f"visits/{quote(visit_id, safe='')}/pack", params={"form": "html"}).content

    def serials(self, application_id: str) -> dict[str, Any]:
        """Serial numbers shipped against seen."""
        return dict(self.ask("GET", f"{_path(application_id)}/serials"))

    def report(self, year: int, form: str = "json") -> Any:
        """The year's report: as data, or as a file's bytes in another form."""
        told = self.ask("GET", f"reports/{year}", params={"form": form})
        return told if form == "json" else told.content

    def features(self) -> dict[str, Any]:
        """The feature book."""
        return dict(self.ask("GET", "features"))

    def audit(self, after: int = 0, most: int = 1_000) -> dict[str, Any]:
        """Entries of the audit trail in the order of writing, after a number."""
        return dict(self.ask("GET", "audit", params={"after": after, "limit": most}))

    def verify(self) -> dict[str, Any]:
        """Prove that no record was changed or removed; waits until it is done."""
        return self.finished(self.ask("POST", "audit/verify"))

    def signatures(self) -> list[dict[str, Any]]:
        """Everything that waits for a second person's signature, the oldest first."""
        return list(self.ask("GET", "signatures")["pending"])

    def awaiting_signature(self, application_id: str) -> list[dict[str, Any]]:
        """What waits for a second person's signature on one application."""
        return [one for one in self.signatures() if one["event"].get("application_id") == application_id]

    def sign(self, event_id: str, signed: bool, because: str | None = None) -> None:
        """Sign what waits, or refuse to, with why."""
        order = {"sign": signed} | ({"because": because} if because else {})
        self.ask("POST", f"signatures/{quote(event_id, safe='')}", json=order)

    def record(self, kind: str, event: Mapping[str, Any]) -> str:
        """Send one event and learn what became of it: `recorded`, `unchanged` or `awaiting_signature`.

        It is checked here first, in the service's own words, so that a slip costs no journey.

        Raises:
            ServiceError: the event breaks the contract, or the service refuses it.
        """
        body = json.dumps(event, ensure_ascii=False)
        try:
            parse_event(kind, body)
        except InvalidRecord as error:
            fields = tuple(ProblemField(field=p.field, reason=p.reason, expected=p.expected, todo=p.todo) for p in error.problems)
            raise ServiceError("Not sent yet.", "Something in it is not as the service expects.", 422, fields) from error
        told = self.ask("POST", f"events/{kind}", content=body.encode(), headers={"Content-Type": "application/json"})
        return told["state"]

    def put_evidence(self, content: bytes, media_type: str | None = None) -> str:
        """Store a file under its hash, and return the hash; the same file again changes nothing."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.ask(
            "PUT",
            f"evidence/{sha256}",
            content=content,
            headers={"Content-Type": media_type or "application/octet-stream"},
        )
        return sha256


MOST_ROWS = 5_000


def base_rate(model: Mapping[str, Any]) -> float | None:
    """The share of all shipments diverted, as the card of the model in force estimates it; None where it does not."""
    later = model.get("card", {}).get("later_period")
    return later.get("base_rate_of_all_shipments") if isinstance(later, dict) else None


def _path(application_id: str) -> str:
    # An id may hold a slash; unescaped it would name another resource.
    return f"applications/{quote(application_id, safe='')}"


TITLES = {
    401: "The service does not know this token.",
    403: "Your role does not allow this.",
    404: "Not on record.",
    409: "Not possible as things stand.",
    422: "The service cannot take it like this.",
    503: "The service is not ready.",
}


def problem(answer: httpx.Response) -> ServiceError:
    """A refusal as the reader needs it, also when it is no problem document."""
    try:
        told = answer.json()
    except ValueError:
        told = {}
    if not isinstance(told, dict):
        told = {}
    title = TITLES.get(answer.status_code) or told.get("title") or "The service refused this."
    detail = told.get("detail") or f"It answered with status {answer.status_code}."
    return ServiceError(title, detail, answer.status_code, _fields(told))


def _fields(told: Mapping[str, Any]) -> tuple[ProblemField, ...]:
    return tuple(ProblemField(**{name: str(one.get(name, "")) for name in ("field", "reason", "expected", "todo")}) for one in told.get("problems") or ())
