"""The interval widens with how little the labels say of a filing's groups, whoever is known of keeps a narrow one, and older models score as they did."""

import json
from dataclasses import replace

import numpy as np
import pytest

from engine.risk.calibrate import calibrate, logistic
from engine.risk.explain import assess_matrix, why_so_wide
from engine.risk.groups import DIVISIONS, NOT_KNOWN, GroupEffects, group_effects, groups_of
from engine.risk.model import Model, expert_card, from_text, to_text
from engine.risk.policy import policy_in_force
from engine.risk.train import DETECTION_BY_MODE, DETECTION_RANGE_BY_MODE, HIDDEN_CHOICE, doubt
from features.catalogue import catalogue

BOOK = catalogue()
KINDS = ("export", "technology", "re_export", "transit")
SHARES = (0.80, 0.14, 0.05, 0.01)


def drawn(seed: int, rows: int, moved: dict[str, float] | None = None) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Scores, findings and groups; kinds may differ from the curve by some log-odds."""
    chance = np.random.default_rng(seed)
    kind = chance.choice(KINDS, rows, p=SHARES).astype(object)
    raw = chance.normal(-1.5, 1.2, rows)
    beside = np.vectorize(lambda one: (moved or {}).get(one, 0.0))(kind)
    label = (chance.random(rows) < logistic(raw + beside)).astype(int)
    groups = dict(zip(DIVISIONS, (kind, chance.choice(["1", "2", "3"], rows).astype(object), chance.choice(["Asia", "Europe"], rows).astype(object),
                                  chance.choice(["first filing", "filed before"], rows).astype(object)), strict=True))
    return raw, label, groups


def effects(seed: int, rows: int = 300, moved: dict[str, float] | None = None) -> GroupEffects:
    raw, label, groups = drawn(seed, rows, moved)
    return group_effects(raw, label, np.ones(rows), groups)


def filings(kinds: tuple[str, ...], **others: str) -> dict[str, np.ndarray]:
    """One filing of each kind, alike in all else."""
    told = dict(zip(DIVISIONS, (None, "2", "Europe", "filed before"), strict=True)) | {name.replace("_", " "): value for name, value in others.items()}
    return {division: np.array(kinds if division == DIVISIONS[0] else [told[division]] * len(kinds), dtype=object) for division in DIVISIONS}


def a_model(told: GroupEffects | None, card: Model | None = None) -> Model:
    """The expert card with a curve of 300 findings, and what groups add."""
    card = card or expert_card()
    raw, label, _ = drawn(1, 300)
    low, high = doubt()
    return replace(card, version="with groups", calibration=replace(calibrate(raw, label, np.ones(300), 0.8, 1), doubt_low=low, doubt_high=high), groups=told)


def a_row(**values: float) -> np.ndarray:
    row = np.zeros((1, len(BOOK.columns)))
    for name, value in values.items():
        row[0, BOOK.columns.index(name)] = value
    return row


@pytest.mark.parametrize("seed", range(4))
def test_a_rare_kind_has_a_wider_interval_than_a_common_one_at_the_same_score(seed):
    kinds = ("export", "re_export", "never seen")
    groups = filings(kinds)
    told = assess_matrix(BOOK, a_model(effects(seed)), policy_in_force(), np.repeat(a_row(), 3, axis=0), groups)
    width = told.high - told.low
    assert len(set(told.risk.tolist())) == 1 and len(set(told.bands.tolist())) == 1, "groups move no risk"
    assert width[0] < 0.97 * width[1] and width[0] < 0.97 * width[2], width


def test_the_rarer_the_further_apart_and_labels_bring_it_back():
    few, many = (effects(3, rows).apart(filings(("re_export",)), 1) for rows in (150, 6_000))
    assert few[0][0] > 2 * many[0][0] and few[1][0] > 2 * many[1][0]


def test_a_kind_of_which_the_labels_tell_more_diversions_reaches_up_to_them():
    alike, more = effects(5, 6_000), effects(5, 6_000, {"re_export": 1.5})
    (_, above_alike), (_, above_more) = (one.apart(filings(("re_export",)), 1) for one in (alike, more))
    assert above_more[0] > 1.2 > above_alike[0] and more.spread > alike.spread


def test_what_a_rare_kind_truly_differs_by_lies_within_its_reach():
    held = []
    for seed in range(40):
        chance = np.random.default_rng(seed)
        raw, _, groups = drawn(100 + seed, 300)
        differs = {division: {name: chance.normal(0, 0.4) for name in sorted(set(groups[division].tolist()))} for division in DIVISIONS}
        beside = sum(np.vectorize(differs[division].get)(groups[division]) for division in DIVISIONS)
        told = group_effects(raw, (chance.random(300) < logistic(raw + beside)).astype(int), np.ones(300), groups)
        below, above = told.apart(filings(("re_export",)), 1)
        truly = sum(differs[division][name[0]] for division, name in filings(("re_export",)).items()) - beside.mean()
        held.append(-below[0] <= truly <= above[0])
    assert np.mean(held) >= 0.8, np.mean(held)  # 90 % is claimed; 0.8 of forty draws is two standard errors less


@pytest.mark.parametrize("division", DIVISIONS)
def test_telling_a_group_never_widens(division):
    told = effects(7)
    here = filings(KINDS)
    without = {name: np.full(len(KINDS), NOT_KNOWN, dtype=object) if name == division else group for name, group in here.items()}
    for known, unknown in zip(told.apart(here, len(KINDS)), told.apart(without, len(KINDS)), strict=True):
        assert (unknown >= known).all() and (unknown > known).any()
    for known, nothing in zip(told.apart(here, len(KINDS)), told.apart(None, len(KINDS)), strict=True):
        assert (nothing >= known).all()


def test_a_goods_tier_that_was_not_given_never_narrows_the_interval():
    model = a_model(effects(2))
    for tier in range(5):
        matrix = np.repeat(a_row(goods_sensitivity_level=tier, end_user_prior_filings_count=2), 2, axis=0)
        matrix[1, BOOK.columns.index("goods_sensitivity_level")] = np.nan
        kind, region = (np.array([name] * 2, dtype=object) for name in ("re_export", "Asia"))
        told = assess_matrix(BOOK, model, policy_in_force(), matrix, groups_of(BOOK, matrix, kind, region))
        assert told.low[1] <= told.low[0] and told.high[1] >= told.high[0]


def test_a_higher_score_has_no_lower_interval_and_one_row_has_the_bits_of_many():
    model, raw = a_model(effects(2)), np.linspace(-14, 9, 4_000)
    below, above = (np.repeat(side, len(raw)) for side in model.groups.apart(filings(("transit",)), 1))
    low, high = model.calibration.interval(raw, raw, below, above)
    assert (np.diff(low) >= -1e-12).all() and (np.diff(high) >= -1e-12).all() and (low <= model.calibration.risk(raw)).all() and (model.calibration.risk(raw) <= high).all()
    for n in range(0, len(raw), 397):
        one = model.calibration.interval(raw[n : n + 1], raw[n : n + 1], below[:1], above[:1])
        assert (one[0][0], one[1][0]) == (low[n], high[n])


def test_the_groups_of_a_filing_are_read_from_where_they_stand():
    matrix = np.concatenate([a_row(goods_sensitivity_level=4), a_row(goods_sensitivity_level=np.nan, end_user_prior_filings_count=3), a_row(end_user_prior_filings_count=np.nan)])
    told = groups_of(BOOK, matrix, np.array(["export"] * 3, dtype=object), np.array(["Asia", NOT_KNOWN, "Europe"], dtype=object))
    assert told["goods tier"].tolist() == ["4", NOT_KNOWN, "0"] and told["end user"].tolist() == ["first filing", "filed before", "none named"]
    assert tuple(told) == DIVISIONS


def test_a_model_of_before_scores_to_the_bit_as_it_did_whatever_groups_are_told():
    older = replace(a_model(None), calibration=replace(a_model(None).calibration, doubt_low=0.0, doubt_high=0.0))
    kept = json.loads(to_text(older))
    del kept["groups"], kept["calibration"]["doubt_low"], kept["calibration"]["doubt_high"]  # as its text was written then
    model = from_text(json.dumps(kept))
    assert model == older
    matrix = np.random.default_rng(1).integers(0, 4, (60, len(BOOK.columns))).astype(float)
    told = assess_matrix(BOOK, model, policy_in_force(), matrix, filings(("re_export",) * 60))
    curve, grid = model.calibration, np.linspace(-12.0, 8.0, 161)
    assert np.array_equal(told.low, np.minimum(np.minimum(np.interp(told.raw, grid, curve.low) / curve.detection, curve.risk(told.raw)), 0.999))
    assert np.array_equal(told.high, np.minimum(np.maximum(np.interp(told.raw, grid, curve.high) / curve.detection, curve.risk(told.raw)), 0.999))
    assert why_so_wide(model, told, 0, filings(("re_export",) * 60)) == ()


def test_a_model_with_groups_reads_back_as_it_was_and_the_same_labels_give_the_same():
    told = effects(4)
    model = a_model(told)
    again = from_text(to_text(model))
    assert again == model and effects(4) == told
    for one, other in zip(again.groups.apart(filings(KINDS), 4), told.apart(filings(KINDS), 4), strict=True):
        assert np.array_equal(one, other)


def test_labels_without_a_single_finding_or_group_are_no_error():
    raw, label, groups = drawn(1, 60)
    nothing = group_effects(raw, np.zeros(60, dtype=int), np.ones(60), groups)
    assert np.isfinite(nothing.apart(filings(KINDS), 4)).all()
    unknown = group_effects(raw, label, np.ones(60), {division: np.full(60, NOT_KNOWN, dtype=object) for division in DIVISIONS})
    assert unknown.groups == () and (np.array(unknown.apart(filings(KINDS), 4)) > 0).all()


def test_the_doubt_of_what_is_assumed_is_that_of_detection_and_of_hidden_choice():
    assert all(low < DETECTION_BY_MODE[mode] < high for mode, (low, high) in DETECTION_RANGE_BY_MODE.items())
    low, high = doubt()
    assert np.exp(high) > DETECTION_BY_MODE["on_site"] / DETECTION_RANGE_BY_MODE["on_site"][0] and min(low, high) > np.log(HIDDEN_CHOICE)


def test_the_reader_is_told_what_makes_the_interval_wide_the_weightiest_first():
    model = a_model(effects(2))
    groups = filings(("transit",), goods_tier=NOT_KNOWN)
    told = assess_matrix(BOOK, model, policy_in_force(), a_row(goods_sensitivity_level=np.nan), groups)
    because = why_so_wide(model, told, 0, groups)
    about = next(text for text in because if text.startswith("How little is known"))
    held = model.groups.held_of("kind of filing", "transit")
    assert f"kind of filing transit: {held.labelled}, {held.diversions} diverted" in about and "goods tier not told: taken for the least known" in about
    assert len(because) == 4 and any(text.startswith("Missing inputs (1)") for text in because)
    reach = [float(text.split(" to ")[-1].split(" ")[0]) / float(text.split("odds may be from ")[1].split(" ")[0]) for text in because]
    assert reach == sorted(reach, reverse=True)
