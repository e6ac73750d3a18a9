"""Facts for the laws: a generated world's documents, and random further ones that touch the same parties, places and papers."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from builders import (
    a_decision,
    a_delivery,
    a_denial_notice,
    a_licence,
    a_request,
    a_review,
    a_shipment,
    a_visit,
    an_event,
    an_incident,
    correcting,
    withdrawing,
)

from engine.wire import EVENTS

Facts = dict[str, list[dict]]
PARTIES = ("exporter", "consignee", "end_user")
KNOWN_BY = {"application": "filed_at"} | dict.fromkeys(EVENTS, "at")
COMMAS = {"quoting": csv.QUOTE_ALL, "lineterminator": "\n"}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def read_facts(folder: Path) -> Facts:
    """The documents of a world by kind, the new month's filings among them."""
    told: Facts = {}
    for kind, file in (*((kind, kind) for kind in KNOWN_BY), ("application", "new_application")):
        if (folder / f"{file}.jsonl").is_file():
            told.setdefault(kind, []).extend(json.loads(line) for line in (folder / f"{file}.jsonl").read_text().splitlines())
    # Customs tell of some deliveries before the exporter tells of the shipment: in a store that is cut in time they have nothing to refer to.
    shipped: dict[str, datetime] = {}
    for shipment in told.get("shipment", ()):
        shipped.setdefault(shipment["shipment_id"], moment(shipment["at"]))
    told["delivery"] = [d for d in told.get("delivery", ()) if shipped.get(d["shipment_id"], datetime.max) <= moment(d["at"])]
    return told


def known(facts: Facts, start: datetime, end: datetime) -> Facts:
    """The facts that became known from `start` until before `end`."""
    return {kind: kept for kind, all_ in facts.items() if (kept := [d for d in all_ if start <= moment(d[KNOWN_BY[kind]]) < end])}


def together(*many: Facts) -> Facts:
    both = defaultdict(list)
    for facts in many:
        for kind, documents in facts.items():
            both[kind] += documents
    return dict(both)


class Chance:
    """Draws further facts known within a span: on the same applications, of the same parties, over the same papers."""

    def __init__(self, seed: int, base: Facts) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.seen = {kind: list(documents) for kind, documents in base.items()}
        self.number = 0
        self.now = datetime.max

    def facts(self, start: datetime, end: datetime, count: int) -> Facts:
        """`count` facts, the first of them known exactly at `start`."""
        drawn: Facts = defaultdict(list)
        draws = (
            self._filing, self._amendment, self._visit, self._incident, self._denial, self._notice, self._transport, self._destruction,
            self._delivery, self._request,
        )
        for n in range(count):
            at = start if n % 8 == 0 else start + (end - start) * self.random.random()
            at = at.replace(microsecond=0) if n % 8 else at
            kinds = draws[(n // 8) % len(draws)] if n % 8 == 0 else self.random.choice(draws)
            self.now = max(at, start)
            for kind, document in kinds(self.now) if self._held("application") else ():
                drawn[kind].append(document)
                self.seen.setdefault(kind, []).append(document)
            if n % 4 == 3 and (corrected := self._correction(start, end)):
                drawn[corrected[0]].append(corrected[1])
        return dict(drawn)

    def _name(self, kind: str) -> str:
        self.number += 1
        return f"{kind}-{self.seed}-{self.number}"

    def _held(self, kind: str) -> list[dict]:
        """What is on record by now: an event speaks of nothing else."""
        return [document for document in self.seen.get(kind, ()) if moment(document[KNOWN_BY[kind]]) <= self.now]

    def _application(self) -> dict:
        return self.random.choice(self._held("application"))

    def _party(self) -> dict:
        filed = self._application()
        return self.random.choice([filed[role] for role in PARTIES if role in filed] + filed.get("intermediaries", []))

    def _event(self, at: datetime, kind: str) -> dict:
        return {"event_id": self._name(kind), "at": written(at), "recorded_by": self.random.choice(("officer-a", "officer-b"))}

    def _filing(self, at: datetime) -> list[tuple[str, dict]]:
        """A filing made up of three earlier ones; sometimes under a name that a notice or incident used."""
        first, second, third = deepcopy(self._application()), deepcopy(self._application()), deepcopy(self._application())
        filed = first | {"application_id": self._name("F"), "filed_at": written(at), "revision": 1}
        for role in PARTIES:
            if role in second and self.random.random() < 0.5:
                filed[role] = second[role]
            if role in filed and role in third and self.random.random() < 0.3:
                for told in ("address", "website", "country"):
                    if told in third[role]:
                        filed[role][told] = third[role][told]
        filed["documents"] = first.get("documents", []) + third.get("documents", [])[:2]
        for paper in filed["documents"]:
            if self.random.random() < 0.3 and (others := second.get("documents")):
                other = self.random.choice(others)
                changed = self.random.choice(("signatory", "signatory_title", "number", "sha256", "expires_on"))
                paper |= {changed: other[changed]} if changed in other else {}
        for leg in filed.get("route", []):
            if "imo" in leg and self.random.random() < 0.5:
                leg["conveyance"] = f"MV {self._name('Ship')}"
            if self.random.random() < 0.3 and second.get("route") and "carrier" in second["route"][0]:
                leg["carrier"] = second["route"][0]["carrier"]
            if self.random.random() < 0.3:
                paper |= {"value": self.random.choice((9_000, 250_000)), "currency": self.random.choice(("EUR", "SEK"))}
        for party in filed.get("intermediaries", []):
            if self.random.random() < 0.3:
                party |= {"role": self.random.choice(("financier", "freight_forwarder", "broker")), "compliance_programme": {"level": self.random.randrange(8)},
                          "licences": [{"kind": "brokering", "number": "B-1", "valid_to": self.random.choice(("2020-01-01", "2030-01-01"))}]}
        if self.random.random() < 0.1:
            filed["end_use"] = filed.get("end_use", {}) | {"statement": "as needed"}
        if self.random.random() < 0.2:
            filed["authorisation"] = "large_project"
            audit = {"level": 5, "audited_by": "third_party", "audited_on": str((at - timedelta(days=200)).date())}
            filed["exporter"] = filed["exporter"] | {"compliance_programme": audit}
        if "consignee" in filed and self.random.random() < 0.3:
            filed["consignee"] = filed["consignee"] | {"owners": [{"name": self.random.choice(("Roe Holding", "Doe Capital")), "country": "AE", "share": 0.5}]}
        if self.number % 5 == 0:
            filed["exporter"] = filed["exporter"] | {"kind": "military"}
        if (notices := self._held("denial_notice")) and self.random.random() < 0.5:
            notice = self.random.choice(notices)
            role = self.random.choice([role for role in PARTIES if role in filed])
            filed[role] = filed[role] | {"name": notice["party"], "country": notice["country"]}
        return [("application", filed)]

    def _amendment(self, at: datetime) -> list[tuple[str, dict]]:
        filed, other = deepcopy(self._application()), self._application()
        self.number += 1
        filed |= {"revision": self.seed * 1_000 + self.number, "filed_at": written(at)}  # drawn in order, filed in any
        filed |= {role: other[role] for role in ("consignee", "end_user") if role in other and role in filed}
        another = self._application()
        filed |= {part: another[part] for part in ("items", "replaced_stock") if part in another and self.random.random() < 0.5}
        return [("application", filed)]

    def _visit(self, at: datetime) -> list[tuple[str, dict]]:
        findings = self.random.choice(([], [], ["diversion"], ["discrepancy"], ["re_export", "discrepancy"], ["refused_cooperation"]))
        visit = a_visit(
            self._application()["application_id"], visit_id=self._name("V"), visited_on=str(at.date()), findings=findings,
            outcome="unfavourable" if findings else "favourable", mode=self.random.choice(("on_site", "remote")), **self._event(at, "visit"),
        )
        state = self.random.choice(("seen", "seen", "lost", "transferred", "not_presented"))
        visit["items"] = [{"line": 1, "quantity": self.random.randrange(1, 20), "state": state}]
        visit["stage"] = self.random.choice(("post_shipment", "post_shipment", "pre_licence"))
        if (shipments := self._held("shipment")) and self.random.random() < 0.3:
            del visit["application_id"]
            visit["shipment_id"] = self.random.choice(shipments)["shipment_id"]
        if self.random.random() < 0.3:
            visit["access"], visit["limited_by"] = "none", "host_state"
        told = [("visit", visit)]
        if self.random.random() < 0.3:
            told.append(("review", self._review("visit", visit["visit_id"], at)))
        return told

    def _incident(self, at: datetime) -> list[tuple[str, dict]]:
        party = self._party()
        finding = self.random.choice(("diversion", "re_transfer", "licence_breach", "theft_or_capture"))
        about = {"application_id": self._application()["application_id"]} if self.random.random() < 0.6 else {
            "application_id": None, "party": {name: party[name] for name in ("name", "country") if name in party},
        }
        incident = an_incident(**about, finding=finding, confirmed=self.random.random() < 0.6, source=self.random.choice(("customs", "exporter")),
                               occurred_on=str(at.date()), **self._event(at, "incident"))
        told = [("incident", incident)]
        if self.random.random() < 0.6:
            told.append(("review", self._review("incident", incident["event_id"], at)))
        return told

    def _review(self, about: str, subject: str, at: datetime) -> dict:
        later = at + timedelta(hours=self.random.choice((0, 0, 5, 2_000)))
        result = "confirmed" if self.random.random() < 0.7 else "dismissed"
        return a_review(about, subject, result, **self._event(later, "review") | {"recorded_by": "officer-c"})

    def _denial(self, at: datetime) -> list[tuple[str, dict]]:
        grounds = self.random.choice((["diversion"], ["end_use", "human_rights"], ["human_rights"]))
        outcome = self.random.choice(("denied", "denied", "returned"))
        told = {"outcome": outcome, "grounds": grounds} if outcome == "denied" else {"outcome": outcome}
        return [("decision", a_decision(self._application()["application_id"], **told, **self._event(at, "decision")))]

    def _notice(self, at: datetime) -> list[tuple[str, dict]]:
        party = self._party()
        name = party["name"] if self.random.random() < 0.5 else f"{party['name'].split()[0]} {self._party()['name'].split()[-1]}"
        lasts = str((at + timedelta(days=self.random.choice((90, 1000)))).date())
        return [("denial_notice", a_denial_notice(name, party.get("country", "AE"), denied_on=str(at.date()), expires_on=lasts, **self._event(at, "notice")))]

    def _transport(self, at: datetime) -> list[tuple[str, dict]]:
        """A shipment or licence that names another application under a number that is already in use."""
        application = self._application()["application_id"]
        event = self._event(at, "transport")
        if (licences := self._held("licence")) and self.random.random() < 0.5:
            return [("licence", a_licence(application, licence_number=self.random.choice(licences)["licence_number"], **event))]
        shipments = self._held("shipment")
        number = self.random.choice(shipments)["shipment_id"] if shipments else self._name("S")
        return [("shipment", a_shipment(application, shipment_id=number, **event))]

    def _destruction(self, at: datetime) -> list[tuple[str, dict]]:
        promised = [d for d in self._held("application") if any(s.get("plan") == "destroy" for s in d.get("replaced_stock", []))]
        filed = self.random.choice(promised) if promised else self._application()
        return [("destruction", an_event(application_id=filed["application_id"], quantity=5, destroyed_on=str(at.date()), **self._event(at, "destruction")))]

    def _delivery(self, at: datetime) -> list[tuple[str, dict]]:
        shipments = self._held("shipment")
        if not shipments:
            return []
        proof = self.random.choice(("delivery_verification", "end_user_receipt", "customs_record", "none"))
        shipment = self.random.choice(shipments)["shipment_id"]
        return [("delivery", a_delivery(shipment, proof=proof, on=str(at.date()), **self._event(at, "delivery")))]

    def _request(self, at: datetime) -> list[tuple[str, dict]]:
        """A question to the issuer of a document, and sometimes its answer."""
        country = self._party().get("country", "AE")
        request = a_request(self._application()["application_id"], request_id=self._name("Q"), country=country, sent_on=str(at.date()),
                            **self._event(at, "request"))
        if self.random.random() < 0.4:
            return [("request", request)]
        later = at + timedelta(hours=self.random.choice((0, 300, 3_000)))
        answer = request | self._event(later, "request") | {"answer": self.random.choice(("given", "no_reply", "found_false")), "answered_on": str(later.date())}
        return [("request", request), ("request", answer)]

    def _correction(self, start: datetime, end: datetime) -> tuple[str, dict] | None:
        """A correction or withdrawal, known within the span, of some event known before it."""
        kind = self.random.choice(("visit", "incident", "decision", "denial_notice", "destruction", "review", "shipment", "delivery"))
        held = self._held(kind)
        if not held:
            return None
        event = self.random.choice(held)
        at = max(start, moment(event["at"])) + timedelta(hours=self.random.randrange(0, 600))
        if at >= end:
            return None
        taken = {"event_id": self._name("correction")}
        if self.random.random() < 0.5 and kind not in ("review", "shipment", "delivery"):
            changed = {"visit": {"findings": ["theft_or_capture"], "outcome": "unfavourable"}, "incident": {"finding": "licence_breach"},
                       "decision": {"outcome": "returned", "grounds": None}}.get(kind, {})
            return kind, correcting(event, written(at), **changed, **taken)
        whole = {name: value for name, value in event.items() if name not in ("reviewed_by",)}
        return kind, whole | withdrawing(event, written(at), **taken)


def a_list(folder: Path, source: Path, *, until: datetime | None = None, more: list[tuple[str, str, datetime]] = (), **planted: str) -> Path:
    """A copy of a world's watch list: entries listed before `until`, `more` of (name, country, listed at), some columns overwritten."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if until is None or moment(row["first_seen"] + "Z") < until]
        names = list(rows[0])
    for n, (name, country, at) in enumerate(more):
        day = at.isoformat(timespec="seconds")
        rows.append(dict.fromkeys(names, "") | {
            "id": f"more-{n}-{at:%Y%m%d}", "schema": "Company", "name": name, "countries": country.lower(), "dataset": "synthetic_watchlist",
            "first_seen": day, "last_seen": day, "last_change": day,
        })
    path = folder / f"list-{len(list(folder.glob('list-*')))}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, [*names, *(name for name in planted if name not in names)], **COMMAS)
        out.writeheader()
        out.writerows(row | planted for row in rows)
    return path
