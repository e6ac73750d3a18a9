"""A listed name is found however it was written, and a name that is merely like one is left alone."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from engine.screening.entries import Alias, Identifier, ListEntry
from engine.screening.index import POTENTIAL, REVIEW, Match, NameIndex, Query


def an_entry(name: str, entry_id: str = "1", **given: Any) -> ListEntry:
    return ListEntry(**{"list": "UN-SC", "entry_id": entry_id, "kind": "organisation", "name": name, **given})


@pytest.fixture(scope="module")
def listed(published) -> list[ListEntry]:
    return [entry for name in ("sdn.csv", "csl.csv", "UN_consolidated.xml") for entry in published(name)[0]]


@pytest.fixture(scope="module")
def index(listed: list[ListEntry]) -> NameIndex:
    return NameIndex(listed)


def one(index: NameIndex, query: Query | tuple[str, str | None]) -> Match:
    (matches,) = index.match([query])
    return matches[0]


def _typo(name: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(name) - 1)
    return chance.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + "e" + name[at:],
            name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :],
        ]
    )


def _dropped(name: str, chance: random.Random) -> str:
    words = name.split()
    if len(words) < 4:
        return name
    del words[chance.randrange(len(words))]
    return " ".join(words)


def _shuffled(name: str, chance: random.Random) -> str:
    words = name.replace(",", "").split()
    chance.shuffle(words)
    return " ".join(words)


def _transliterated(name: str, _: random.Random) -> str:
    name = name.casefold()
    for written, otherwise in (
        ("mohammed", "muhamad"),
        ("muhammad", "mohamed"),
        ("hussein", "husayn"),
        ("ahmad", "ahmed"),
        ("abdul", "abdel"),
        ("ou", "u"),
    ):
        name = name.replace(written, otherwise)
    return name


def _invisible(name: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(name))
    return name[:at] + chance.choice("\u200b\u200d\u00ad\ufeff\u2060") + name[at:]


def _disguised(name: str, _: random.Random) -> str:
    return name.translate(str.maketrans("AOEPCX", "АОЕРСХ")) if "R" in name.upper() or "N" in name.upper() else name


ALTERATIONS: dict[str, tuple[Callable[[str, random.Random], str], float]] = {
    "typo": (_typo, 0.93),
    "dropped word": (_dropped, 0.93),
    "word order": (_shuffled, 0.95),
    "transliteration": (_transliterated, 0.95),
    "invisible characters": (_invisible, 1.0),
    "look-alike letters": (_disguised, 0.98),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
@pytest.mark.parametrize("list_code", ["UN-SC", "OFAC-SDN"])
def test_a_listed_name_is_found_however_it_was_altered(
    index: NameIndex, listed: list[ListEntry], list_code: str, alteration: str
) -> None:
    chance = random.Random(20)
    alter, wanted = ALTERATIONS[alteration]
    named = [e for e in listed if e.list == list_code and e.kind in ("person", "organisation") and len(e.name) > 8]
    chosen = chance.sample(named, 150)
    answers = index.match([(alter(entry.name, chance), None) for entry in chosen])
    found = sum(
        any(match.entry_id == entry.entry_id for match in matches)
        for entry, matches in zip(chosen, answers, strict=True)
    )
    assert found / len(chosen) >= wanted


HEADS = """
Gulf Northern Alpine Blue Pacific Star Orient Delta Baltic Prime Nova Atlas Desert Royal Global Silk Harbour
Meridian Summit Cedar Golden Ocean Phoenix Orion Caspian Nordic Lotus Pearl
""".split()
TRADES = """
Trading Marine Logistics Industries Electronics Shipping Technologies Engineering Defence Systems Aviation
Metals Chemicals Optics Machinery Freight Security Energy
""".split()
FORMS = [
    "LLC",
    "Ltd",
    "GmbH",
    "International",
    "Group",
    "Co., Ltd.",
    "S.A.",
    "FZE",
    "Holding",
    "Corporation",
    "Oy",
    "Pte Ltd",
    "Inc.",
]
FIRST = """
James Maria Wei Anna Jean Pierre Ivan Olga Fatima Peter Lars Ingrid Kofi Hiroshi Carlos Luisa Marco Elena
David Sarah Omar Ana Sergei Hans Greta Yuki
""".split()
LAST = """
Smith Garcia Müller Dubois Rossi Kowalski Nguyen Johnson Okafor Larsson Tanaka Ivanova Silva Novak Brown
Petersen Singh Dupont Lopez Yilmaz Schmidt Weber Jansen Cohen Andersson
""".split()


def test_made_up_firms_and_common_names_raise_hardly_any_alarm(index: NameIndex) -> None:
    chance = random.Random(7)
    firms = {
        f"{' '.join(chance.sample(HEADS, chance.choice((1, 2))))} {chance.choice(TRADES)} {chance.choice(FORMS)}"
        for _ in range(1500)
    }
    people = {f"{chance.choice(FIRST)} {chance.choice(LAST)}" for _ in range(1500)}
    for names in (sorted(firms), sorted(people)):
        answers = index.match([(name, None) for name in names])
        alarms = sum(any(match.result == "potential_match" for match in matches) for matches in answers)
        assert alarms / len(names) < 0.01
        assert sum(map(bool, answers)) / len(names) < 0.05


@pytest.mark.parametrize("empty", ["CORP", "Trading LLC", "International Trading", "the government", "", "???", "Bank"])
def test_words_that_name_nobody_match_nobody(index: NameIndex, empty: str) -> None:
    assert index.match([(empty, None)]) == [[]]


def test_only_the_same_name_scores_one() -> None:
    index = NameIndex([an_entry("Zarkan Optical Works Ltd")])
    assert one(index, ("ZARKAN OPTICAL WORKS LIMITED", None)).score == 1.0
    for other in (
        "Zarkan Optical Works",
        "Optical Works Zarkan Ltd",
        "Zarkan Optikal Works Ltd",
        "Zarkan OpticalWorks Ltd",
    ):
        assert REVIEW <= one(index, (other, None)).score < 1.0


def test_another_country_lowers_a_firms_score_but_never_hides_it() -> None:
    index = NameIndex([an_entry("Zarkan Optical Works", countries=("IR",))])
    assert one(index, ("Zarkan Optical Works", "IR")).score == 1.0
    elsewhere = one(index, ("Zarkan Optical Works", "AE"))
    assert POTENTIAL <= elsewhere.score < 1.0 and "the country is another" in elsewhere.why


def test_a_persons_country_changes_nothing() -> None:
    index = NameIndex([an_entry("ZARKANI, Bilqasim", kind="person", countries=("IR",))])
    assert one(index, ("Bilqasim Zarkani", "AE")).score == 1.0


def test_a_weak_alias_never_makes_more_than_a_review() -> None:
    index = NameIndex([an_entry("Zarkan Optical Works", aliases=(Alias("Silver Fox", "weak"),))])
    match = one(index, ("Silver Fox", None))
    assert match.result == "review" and "weak" in match.why and match.matched_name == "Silver Fox"


def test_a_firm_with_a_vessels_short_name_is_left_alone() -> None:
    index = NameIndex([an_entry("EMMA", kind="vessel")])
    assert all(match.result == "review" for match in index.match([("EMMA LLC", None)])[0])
    assert one(index, Query("EMMA", kind="vessel")).score == 1.0


def test_a_number_matches_whatever_the_name() -> None:
    entry = an_entry(
        "GRACE 1",
        kind="vessel",
        identifiers=(Identifier("imo", "9116412"), Identifier("registration", "HRB 12345", "DE")),
    )
    index = NameIndex([entry])
    assert one(index, Query("Other Name", imo="IMO 9116412")).why == "Same IMO number as the entry."
    assert one(index, Query("", country="DE", registration="hrb-12345")).score == 1.0
    assert index.match([Query("", country="FR", registration="HRB12345")]) == [[]]


def test_every_entry_of_one_name_is_reported_best_first() -> None:
    index = NameIndex(
        [an_entry("Zarkan Works", str(n)) for n in range(150)] + [an_entry("Zarkan Works Tehran", "last")]
    )
    matches = index.match([("Zarkan Works", None)])[0]
    assert len(matches) == 151 and matches[-1].entry_id == "last"
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)


def test_one_at_a_time_and_in_bulk_agree(index: NameIndex, listed: list[ListEntry]) -> None:
    queries = [(entry.name[:-1], None) for entry in listed[::400]]
    assert index.match(queries) == [index.match([query])[0] for query in queries]


def test_an_index_without_entries_matches_nothing() -> None:
    assert NameIndex([]).match([("Acme", None), ("", None)]) == [[], []]


def test_a_persons_last_name_is_not_taken_for_a_legal_form() -> None:
    index = NameIndex([an_entry("ZARKANI, Sal", kind="person")])
    assert one(index, ("Sal Zarkani", None)).score == 1.0
    assert one(index, ("Zarkani Sal", None)).score >= REVIEW


def test_a_score_below_the_threshold_is_not_reported() -> None:
    index = NameIndex([an_entry("Zarkan Optical Works")])
    assert index.match([("Zarkan Optikal Werks", None)], threshold=0.99) == [[]]


def test_an_office_that_every_state_has_matches_in_its_own_country_only() -> None:
    index = NameIndex([an_entry("Ministry of Defence", countries=("KP",))])
    assert one(index, ("Ministry of Defence", "KP")).score == 1.0
    assert "a name of common words" in one(index, ("Ministry of Defence", None)).why
    assert index.match([("Ministry of Defence", "KE")]) == [[]]


def a_list_of(*common: str) -> list[ListEntry]:
    """Persons of whom many bear each of these names, and each another name besides."""
    letters = "bdfgklmnprst"
    rare = [f"{a}o{b}i{c}a{a}u" for a in letters for b in letters for c in letters]
    return [an_entry(f"{word} {rare[40 * n + i]}", f"{word}-{i}", kind="person") for n, word in enumerate(common) for i in range(40)]


def test_a_word_that_the_list_knows_for_itself_is_less_of_a_slip_than_one_it_does_not() -> None:
    index = NameIndex([*a_list_of("Barkhanu"), an_entry("Tolvan Barkhani", "right", kind="person")])
    known, unknown = (one(index, (f"Tolvan {word}", None)) for word in ("Barkhanu", "Barkhano"))
    assert known.entry_id == unknown.entry_id == "right" and known.score < unknown.score


def test_a_common_name_spelt_otherwise_proves_less_than_spelt_as_printed() -> None:
    index = NameIndex([*a_list_of("Muhammad", "Mohamed", "Mohammed"), an_entry("Mohamad Tolvan Rezki", "right", kind="person")])
    printed, otherwise = (one(index, (f"{word} Tolvan", None)) for word in ("Mohamad", "Mohamad".replace("ad", "med")))
    assert printed.entry_id == otherwise.entry_id == "right" and otherwise.score < printed.score


@pytest.mark.parametrize(
    ("listed", "filed"),
    [
        ("RYU JIN", "RIU JIN"), ("GULMUROD KHALIMOV", "Gulmurod Halymov"), ("ASBAT AL-ANSAR", "Asbat el-Ansar"), ("HWANG SOK-HWA", "Hvang Sok Hva"),
        ("ABDULLAH AHMED ABDULLAH ALFI", "Abdullah Ahmed Ab dullah Alfi"),
    ],
)  # fmt: skip
def test_another_romanisation_is_nearly_the_same_name(listed: str, filed: str) -> None:
    index = NameIndex([an_entry(listed, kind="person")])
    assert POTENTIAL <= one(index, (filed, None)).score < 1.0
