"""Later links and people's words on links move no feature as of an earlier moment, and afterwards one alone is still one among all."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from builders import a_review
from facts import known, written
from matrices import KEY, a_store, differing, filings, matrix, take, take_list

from engine.workflows.assess import Subject

CUT = datetime(2026, 3, 1)
NOW = datetime(2026, 8, 20)


def words_on_links(desk, at: datetime, count: int) -> list[dict]:
    """Reviews that join forms of two entities or part a form of one, drawn from those on record."""
    random = Random(6)
    rows = desk.store.cursor().execute(
        "select form_id, entity_id, count(*) over (partition by entity_id) from party_entity inner join party_form using (form_id) "
        "where known_to is null and authority is not null order by form_id"
    ).fetchall()
    several = [form_id for form_id, _, forms in rows if forms > 1]
    told = []
    for n in range(count):
        moment = {"at": written(at + timedelta(hours=n))}
        one, other = random.sample(rows, 2)
        told.append(a_review("link", f"{one[0]}:{other[0]}", "confirmed", **moment) if n % 2 else a_review("link", str(random.choice(several)), "dismissed", **moment))
    return told


def bridging(facts: dict, at: datetime, count: int) -> list[dict]:
    """Filings in which a party of one earlier filing carries the ids of another's."""
    random, filed = Random(7), [d for d in facts["application"] if "end_user" in d and d["end_user"].get("registration")]
    told = []
    for n in range(count):
        one, other = random.sample(filed, 2)
        ids = {key: other["end_user"][key] for key in ("party_id", "lei", "website") if key in other["end_user"]}
        mixed = {key: value for key, value in one["end_user"].items() if key != "registration"} | ids | {"country": other["end_user"]["country"]}
        told.append(one | {"application_id": f"bridge-{n}", "revision": 1, "filed_at": written(at + timedelta(hours=n)), "end_user": mixed})
    return told


def test_later_links_and_words_move_no_earlier_feature_and_are_seen_afterwards(world):
    with a_store() as desk:
        told = known(world.facts, datetime.min, CUT)
        take(desk, told)
        take_list(desk, world.watchlist, CUT.date())
        made = filings(desk)
        subjects = made + [Subject(s.record_no, CUT, CUT) for s in made]
        before, plain_now = matrix(desk, subjects), matrix(desk, [Subject(s.record_no, NOW, NOW) for s in made])
        take(desk, {"application": bridging(told, CUT, 30)})
        take(desk, {"review": words_on_links(desk, CUT + timedelta(days=60), 60)})
        ended = desk.store.cursor().execute("select count(*) from party_entity where known_to > known_from").fetchall()[0][0]
        assert ended > 60
        assert not differing(before, matrix(desk, subjects))
        later = [Subject(s.record_no, NOW, NOW) for s in made]
        now = matrix(desk, later)
        assert len(differing(plain_now, now)) > 10, "from then on they count"
        for subject in later[:: len(later) // 12]:
            alone = matrix(desk, [subject])
            assert not differing(alone, now.join(alone.select(KEY), on=KEY, how="semi"))
