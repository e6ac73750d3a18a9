"""Forms through time: what joins them, what keeps them apart, and that an id never takes in what was filed before."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from engine.linking.bodies import FIRST, Form, Link, Ruling, resolve
from engine.linking.weights import Weights

DAY = [datetime(2024, 1, 1) + timedelta(n) for n in range(400)]
WEIGHTS = Weights("test", 0, 4, 8, 10, {})


def form(n: int, day: int, filing: str | None = None, **numbers: str) -> Form:
    return Form(n, DAY[day], filing or f"filing {n}", tuple((sort.replace("_", " "), number) for sort, number in numbers.items()))


def link(one: int, other: int, day: int, weight: float = 5, *, differ: bool = False) -> Link:
    return Link(one, other, DAY[day], weight, differ, "same name (+5.0)")


def ruling(day: int, *forms: int, together: bool = True, ended: int | None = None) -> Ruling:
    return Ruling(f"R{day}", DAY[day], forms, together, "officer", "seen their papers", None if ended is None else DAY[ended])


def entity(spells, n: int, day: int) -> int:
    """A form's entity as of a day: the earliest spell that had not ended."""
    own = [spell for spell in spells if spell.form_id == n and (spell.known_to is None or spell.known_to >= DAY[day])]
    return min(own, key=lambda spell: (spell.known_to or datetime.max, spell.known_from)).entity_id


def reason(spells, n: int) -> str:
    return next(spell.reason for spell in spells if spell.form_id == n and spell.known_to is None)


def test_a_form_goes_to_its_best_earlier_candidate():
    spells = resolve([form(1, 0), form(2, 1), form(3, 2)], [link(1, 3, 2, 5), link(2, 3, 2, 6)], [], WEIGHTS)
    assert entity(spells, 3, 9) == 2
    assert reason(spells, 1) == FIRST
    assert reason(spells, 3) == "same name (+5.0): +6.0 bits, 4.0 needed"


def test_a_link_below_the_threshold_is_none():
    assert entity(resolve([form(1, 0), form(2, 1)], [link(1, 2, 1, 3.9)], [], WEIGHTS), 2, 9) == 2


def test_a_later_link_joins_from_then_on_and_ends_both_ids():
    spells = resolve([form(1, 0), form(2, 1), form(3, 2), form(4, 5)], [link(1, 3, 2), link(2, 4, 5, 8), link(3, 4, 5, 9)], [], WEIGHTS)
    assert entity(spells, 1, 4) == entity(spells, 3, 4) == 1 and entity(spells, 2, 4) == 2
    assert entity(spells, 1, 5) == 1, "what joins them was filed that very moment"
    later = {entity(spells, n, 6) for n in (1, 2, 3)}
    assert len(later) == 1 and not later & {1, 2}


def test_other_numbers_of_one_register_part_two_forms_unless_the_link_outweighs_them():
    forms = [form(1, 0, registration_SE="111111"), form(2, 1, registration_SE="222222")]
    assert entity(resolve(forms, [link(1, 2, 1, 9, differ=True)], [], WEIGHTS), 2, 9) == 2
    spells = resolve(forms, [link(1, 2, 1, 11, differ=True)], [], WEIGHTS)
    assert entity(spells, 2, 9) == 1
    assert reason(spells, 2).startswith("taken for the same party registered anew")


def test_a_form_without_a_number_never_bridges_two_numbers():
    forms = [form(1, 0, registration_SE="111111"), form(2, 0, registration_SE="222222"), form(3, 1)]
    spells = resolve(forms, [link(1, 3, 1, 12), link(2, 3, 1, 13)], [], WEIGHTS)
    assert entity(spells, 3, 9) == 2
    assert entity(spells, 1, 9) == 1


@pytest.mark.parametrize("written", ["1111112", "11111", "111121"])
def test_a_number_but_for_one_figure_is_a_slip_and_no_other_registration(written):
    forms = [form(1, 0, registration_SE="111111"), form(2, 1, registration_SE=written)]
    assert entity(resolve(forms, [link(1, 2, 1, 5)], [], WEIGHTS), 2, 9) == 1


def test_another_register_contradicts_nothing():
    forms = [form(1, 0, registration_SE="111111"), form(2, 1, registration_NO="222222")]
    assert entity(resolve(forms, [link(1, 2, 1)], [], WEIGHTS), 2, 9) == 1


def test_forms_of_one_filing_know_of_each_other_and_those_of_another_at_that_moment_do_not():
    spells = resolve([form(1, 3, "A"), form(2, 3, "A"), form(3, 3, "B")], [link(1, 2, 3), link(2, 3, 3)], [], WEIGHTS)
    assert entity(spells, 2, 3) == 1
    assert entity(spells, 3, 3) == 3
    assert entity(spells, 3, 4) == entity(spells, 1, 4) == 1, "a form first filed then is taken in, and the id stands"


def test_a_person_joins_what_no_weight_would():
    spells = resolve([form(1, 0), form(2, 1)], [], [ruling(5, 1, 2)], WEIGHTS)
    assert entity(spells, 1, 5) != entity(spells, 2, 5)
    assert entity(spells, 1, 6) == entity(spells, 2, 6)
    assert reason(spells, 2) == "joined by officer: seen their papers"


def test_a_person_parts_a_form_and_no_later_link_brings_it_back():
    forms = [form(1, 0), form(2, 1), form(3, 9)]
    spells = resolve(forms, [link(1, 2, 1), link(1, 2, 7, 30), link(1, 3, 9, 20), link(2, 3, 9, 19)], [ruling(5, 2, together=False)], WEIGHTS)
    assert entity(spells, 1, 5) == entity(spells, 2, 5) == 1
    assert len({entity(spells, 1, 20), entity(spells, 2, 20), 1}) == 3
    assert entity(spells, 3, 20) == entity(spells, 1, 20)


def test_a_later_word_of_a_person_goes_before_an_earlier_one():
    spells = resolve([form(1, 0), form(2, 1)], [link(1, 2, 1)], [ruling(5, 2, together=False), ruling(8, 1, 2)], WEIGHTS)
    assert entity(spells, 1, 6) != entity(spells, 2, 6)
    assert entity(spells, 1, 9) == entity(spells, 2, 9)


def test_a_word_that_will_be_taken_back_still_holds_when_another_is():
    forms = [form(n, 0) for n in (1, 2, 3, 4)]
    spells = resolve(forms, [], [ruling(10, 1, 2, ended=20), ruling(11, 3, 4, ended=40)], WEIGHTS)
    assert entity(spells, 3, 30) == entity(spells, 4, 30)
    assert entity(spells, 3, 50) != entity(spells, 4, 50)


def test_many_words_taken_back_cost_no_more_than_their_number():
    forms = [form(n, 0) for n in range(1, 32)]
    said = [ruling(n, n, n + 1, ended=40 + n) for n in range(1, 31)]
    spells = resolve(forms, [], said, WEIGHTS)  # two to the thirtieth walks would never end
    assert len({entity(spells, n, 399) for n in range(1, 32)}) == 31


def test_a_parting_taken_back_stands_in_no_later_links_way():
    spells = resolve([form(1, 0), form(2, 0)], [link(1, 2, 30, 12)], [ruling(10, 2, together=False, ended=20)], WEIGHTS)
    assert entity(spells, 1, 50) == entity(spells, 2, 50)


def test_a_word_taken_back_holds_until_then():
    spells = resolve([form(1, 0), form(2, 1), form(3, 2)], [link(1, 3, 2)], [ruling(5, 1, 2, ended=9)], WEIGHTS)
    assert entity(spells, 1, 9) == entity(spells, 2, 9) == entity(spells, 3, 9)
    assert entity(spells, 1, 10) == entity(spells, 3, 10) != entity(spells, 2, 10)
    assert len({entity(spells, 2, 4), entity(spells, 2, 7), entity(spells, 2, 10)}) == 3, "an id that ended never comes back"


def drawn(seed: int) -> tuple[list[Form], list[Link], list[Ruling]]:
    random = Random(seed)
    forms = [form(n, random.randrange(60), f"filing {n // 2}", **({"registration_SE": str(random.randrange(3) * 111_111)} if random.random() < 0.3 else {})) for n in range(1, 25)]
    links = []
    for one in forms:
        for other in forms:
            if one.form_id < other.form_id and random.random() < 0.12:
                since = max(one.first_seen, other.first_seen) + timedelta(random.choice((0, 0, 0, 7)))
                differ = bool(one.numbers and other.numbers and one.numbers != other.numbers)
                links.append(Link(one.form_id, other.form_id, since, random.choice((5, 9, 12)), differ, "drawn"))
    rulings = [Ruling(f"R{n}", DAY[random.randrange(20, 80)], tuple(random.sample(range(1, 25), k)), k == 2, "officer", "", random.choice((None, DAY[90])))
               for n, k in enumerate((2, 1, 2, 1))]
    return forms, links, rulings


@pytest.mark.parametrize("seed", range(30))
def test_the_order_in_which_things_are_told_changes_nothing(seed):
    forms, links, rulings = drawn(seed)
    random = Random(seed + 1000)
    shuffled = [random.sample(some, len(some)) for some in (forms, links, rulings)]
    assert resolve(*shuffled, WEIGHTS) == resolve(forms, links, rulings, WEIGHTS)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_filed_later_changes_no_earlier_entity(seed):
    forms, links, rulings = drawn(seed)
    told = resolve(forms, links, rulings, WEIGHTS)
    for day in (20, 45, 70):
        now = DAY[day]
        then = resolve([f for f in forms if f.first_seen < now], [x for x in links if x.known_from < now],
                       [r if r.ended is None or r.ended < now else Ruling(r.event_id, r.at, r.forms, r.together, r.by, r.because) for r in rulings if r.at < now], WEIGHTS)
        for f in forms:
            if f.first_seen < now:
                assert entity(then, f.form_id, day) == entity(told, f.form_id, day)


@pytest.mark.parametrize("seed", range(30))
def test_an_id_gains_only_forms_that_are_new(seed):
    """So that whatever was ever filed under an id up to a moment was known of that entity at that moment."""
    forms, links, rulings = drawn(seed)
    first = {f.form_id: f.first_seen for f in forms}
    opened: dict[int, datetime] = {}
    for spell in sorted(resolve(forms, links, rulings, WEIGHTS), key=lambda spell: spell.known_from):
        since = opened.setdefault(spell.entity_id, spell.known_from)
        assert spell.known_from in (since, first[spell.form_id])
