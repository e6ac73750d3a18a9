"""The catalogue reads what is there, and refuses what is wrong, by file, entry and cure."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.compute.lineage import computed_from
from engine.store.reference import tables as reference_tables
from engine.wire import EVENTS, Application
from engine.wire.record import shape
from features.book import indicators, lineage
from features.catalogue import FAMILIES, Feature, catalogue, read
from features.errors import CatalogueError
from features.feature import ENDINGS

ROOT = Path(__file__).parents[2]
FEATURES = catalogue().features
PARTY_FIELDS = ("exporter", "applicant", "consignee", "end_user", "end_users", "intermediaries")
IDENTITY = ("party_id", "lei", "registration", "name", "country")  # what parties are linked and screened by
KEYS = ("application_id", "filed_at", "revision", "shipment.shipment_id", "destruction.application_id")  # clocks and keys, which the lineage leaves out
# What the engine derived before any SQL: distances by way of transport, and what a file's text does not hold of its document.
DERIVED_FROM = {"route.mode": ("reference:place",)} | {f"documents.{field}": ("documents.sha256",) for field in ("number", "issued_on", "expires_on", "value", "end_user", "consignee", "final_country", "items", "signatory", "issuer")}
# Names that are no party's are screened as such, wherever they stand.
NAMES = {
    "owners.name", "owners.country", "owners.share", "payment.payer_name", "payment.payer_country", "documents.signatory", "documents.end_user",
    "documents.consignee", "route.carrier", "route.conveyance", "route.imo", "route.aircraft_registration",
}


def named(feature: Feature) -> str:
    return feature.name


def planted(tmp_path: Path, old: str, new: str, file: str = "links.toml") -> Path:
    """The links family in a folder of its own, with one change."""
    for path in (ROOT / "features").glob("links.*"):
        text = path.read_text("utf-8")
        if path.name == file:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / path.name).write_text(text, "utf-8")
    return tmp_path


def test_the_families_come_in_their_fixed_order():
    assert tuple(family.name for family in catalogue().families) == FAMILIES


def test_every_sql_file_belongs_to_a_family():
    files = {path.name.split(".")[0] for path in (ROOT / "features").glob("*.sql")}
    assert files == set(FAMILIES)


def test_every_column_is_named_once():
    assert len(set(catalogue().columns)) == len(catalogue().columns)


def test_the_catalogue_is_read_the_same_from_any_folder():
    assert read(ROOT / "features").version == catalogue().version


def test_another_text_is_another_version(tmp_path):
    same = read(planted(tmp_path, "", ""), ("links",)).version
    assert read(planted(tmp_path, "weak sign", "faint sign"), ("links",)).version != same


@pytest.mark.parametrize("feature", FEATURES, ids=named)
def test_a_feature_is_computed_from_fields_of_the_contract(feature):
    for path in feature.fields:
        if path.startswith("reference:"):
            assert path.removeprefix("reference:") in reference_tables()
            continue
        first, *rest = path.split(".")
        model = EVENTS.get(first, Application)
        steps = rest if first in EVENTS else [first, *rest]
        assert steps, path
        for step in steps:
            assert model is not None and step in shape(model), f"{path}: no field {step}"
            model = shape(model)[step].record


def test_the_lineage_is_what_the_sql_says():
    references = frozenset(reference_tables())
    assert lineage() == computed_from(catalogue(), references), "run `python -m engine.compute.lineage > features/lineage.toml`, then the book"


def _held_by(path: str) -> set[str]:
    """Under which names the SQL can read a field: its own, that of the record that holds it whole, or of what was derived from it."""
    if path.startswith("reference:"):
        return {path}
    first, _, rest = path.partition(".")
    if first in PARTY_FIELDS:
        names = {"party", "party.name"} if rest in IDENTITY else set()
        path = f"party.{rest}"
        names |= {"destination"} if rest == "country" else set()
    else:
        names = {"destination"} if path in ("end_use.country", "destinations") else set(DERIVED_FROM.get(path, ()))
        names |= {first}
    names |= {"names"} if path.removeprefix("party.") in NAMES else set()
    steps = path.split(".")
    return names | {".".join(steps[:n]) for n in range(2, len(steps) + 1)}


@pytest.mark.parametrize("feature", FEATURES, ids=named)
def test_a_feature_names_nothing_that_its_sql_does_not_read(feature):
    """Whole paths; parties are one table, whatever their role. What the SQL reads and the entry does not name is not checked."""
    read = {field if field.startswith("reference:") else field.split(" ")[0] for field in lineage()[feature.name]}
    for path in feature.fields:
        held = _held_by(path) & read or any(field.startswith(f"{path}.") for field in read)  # a list named whole is read by any field of it
        assert path in KEYS or held, f"{path} is not read: {sorted(read)}"


@pytest.mark.parametrize("feature", FEATURES, ids=named)
def test_a_feature_computes_an_indicator_of_the_register(feature):
    assert feature.indicator in indicators()


def test_an_indicator_without_a_feature_says_what_it_needs():
    computed = {feature.indicator for feature in FEATURES}
    assert {name for name, entry in indicators().items() if "needs" not in entry} <= computed
    assert not {name for name, entry in indicators().items() if "needs" in entry} & computed
    assert {name for name, entry in indicators().items() if "rest" in entry} <= computed


def test_what_also_tells_of_an_indicator_is_a_feature_of_another():
    of = {feature.name: feature.indicator for feature in FEATURES}
    told = [(name, feature) for name, entry in indicators().items() for feature in entry.get("also", ())]
    assert told and all(of[feature] != name for name, feature in told)


def test_the_rules_that_ask_about_an_indicator_are_rules():
    rules = (ROOT / "engine" / "risk" / "referrals.sql").read_text("utf-8")
    for entry in indicators().values():
        for rule in entry.get("rules", ()):
            assert f"'{rule}' as rule_id" in rules


@pytest.mark.parametrize("feature", FEATURES, ids=named)
@pytest.mark.parametrize("value", [None, 0, 1, 2, 0.5, 1234567.0], ids=str)
def test_a_sentence_reads_as_one_plain_sentence(feature, value):
    told = feature.sentence(value)
    assert told[0].isupper() or told[0].isdigit()
    assert not set("{}|\n") & set(told)
    assert "None" not in told and "nan" not in told.lower().split()
    assert not told.endswith(".")


@pytest.mark.parametrize("feature", FEATURES, ids=named)
def test_a_ratio_is_said_in_times(feature):
    if feature.name.endswith("_ratio"):
        text = feature.sentence(2.0)
        assert "times" in text or "for each" in text


@pytest.mark.parametrize("feature", FEATURES, ids=named)
def test_only_what_may_be_absent_says_so(feature):
    assert feature.when_null == "never" or "null" in feature.absent or "no " in feature.absent


def test_a_family_split_off_keeps_the_names_of_its_columns():
    split = {family.name: {feature.name.split("_")[0] for feature in family.features} for family in catalogue().families if family.name in ("lanes", "carriers", "agreement", "certificates")}
    assert split == {"lanes": {"route"}, "carriers": {"route"}, "agreement": {"documents"}, "certificates": {"documents"}}
    assert catalogue().feature("documents_number_reuse_count").family == "certificates"


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_every_kind_of_unit_is_in_use(ending):
    assert any(feature.ending == ending for feature in FEATURES)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("end_user_prior_filings_count", 1234, "1,234"),
        ("end_user_registration_age_days", 1, "1 day"),
        ("end_user_registration_age_days", 730, "730 days"),
        ("end_user_registration_age_days", 1899, "5.2 years"),
        ("end_user_prepaid_share", 0.45, "45 %"),
        ("destination_diversion_share", 0.0333, "3.3 %"),
        ("route_detour_ratio", 2.44, "2.4"),
        ("goods_value_eur", 1250000.4, "EUR 1,250,000"),
        ("end_user_dealer_flag", 1, "yes"),
        ("end_user_dealer_flag", None, "not known"),
        ("broker_customers_count", None, "does not apply"),
    ],
)
def test_a_value_is_shown_as_an_officer_reads_it(name, value, shown):
    assert catalogue().feature(name).shown(value) == shown


def test_directions_become_constraints():
    constraints = {feature.direction: feature.monotone for feature in FEATURES}
    assert constraints == {"raises_risk": 1, "lowers_risk": -1, "free": 0}


def test_most_features_have_a_direction():
    free = [feature.name for feature in FEATURES if not feature.monotone]
    assert len(free) <= math.ceil(len(FEATURES) / 20), free


@pytest.mark.parametrize("name", ["exporter_programme_level", "exporter_audited_programme_flag"])
def test_a_compliance_programme_can_only_help(name):
    feature = catalogue().feature(name)
    assert (feature.direction, feature.when_null) == ("lowers_risk", "never")
    assert "costs nothing" in feature.sentence(0)


def test_an_unknown_feature_is_answered_with_the_nearest():
    with pytest.raises(CatalogueError, match="Did you mean 'route_legs_count'"):
        catalogue().feature("route_leg_count")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "unit      =",
            "units     =",
            r"links.toml: \[links_shared_place_count\]: key 'units' is not known. Did you mean 'unit'",
        ),
        ('because   = "Unrelated', '# because = "Unrelated', "'because' is missing. A direction needs its reason"),
        ('indicator = "EU-20"\n', "", "'indicator' is missing"),
        ('direction = "raises_risk"', 'direction = "raises"', "'direction' is 'raises'. Did you mean 'raises_risk'"),
        (
            'when_null = "missing"',
            'when_null = "unknown"',
            "'when_null' is 'unknown'.* Known: missing, not_applicable, never",
        ),
        ('unit      = "entities"', 'unit      = "days"', "'unit' is 'days'. Expected what is counted"),
        ('unit      = "yes/no"', 'unit      = "flag"', "'unit' is 'flag'. Expected 'yes/no'"),
        ('type      = "integer"', 'type      = "number"', "'type' is 'number'. Expected 'integer'"),
        ("reads_as_yes =", "reads_as  =", "'reads_as_yes' is missing. Expected reads_as_yes and reads_as_no"),
        ("{value} other", "many other", "does not show the value"),
        ("{value} other", "{value} {other}", "braces that mean nothing"),
        ("[links_shared_place_count]", 'prefix = "ties"\n[links_shared_place_count]', "does not begin with its family's prefix. Expected `ties_...`"),
        ("[links_shared_place_count]", 'prefix = "Links_"\n[links_shared_place_count]', "'prefix' is 'Links_'. Expected small letters"),
        ("[links_shared_place_count]", "[links_shared_places_count]", "Did you mean 'links_shared_places_count'"),
        ('url = "', 'link = "', "source: key 'link' is not known"),
        ('status = "unverified"', 'status = "checked"', "status is 'checked'"),
        ("reviewed  = 2026-11-22", 'reviewed  = "lately"', "'reviewed' is 'lately'"),
        ('fields    = ["', 'fields    = ["End User ', "'fields' is"),
        ('fields    = ["', 'fields    = ["end_user.nationality", "', "reads 'nationality'"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_cure(tmp_path, old, new, message):
    with pytest.raises(CatalogueError, match=message):
        read(planted(tmp_path, old, new), ("links",))


def test_an_entry_without_a_column_is_refused(tmp_path):
    folder = planted(tmp_path, "", "")
    text = (folder / "links.toml").read_text("utf-8")
    (folder / "links.toml").write_text(text + "\n[links_rumours_count]\n", "utf-8")
    with pytest.raises(CatalogueError, match=r"\[links_rumours_count\] is no column"):
        read(folder, ("links",))


def test_entries_in_another_order_are_refused(tmp_path):
    folder = planted(tmp_path, "", "")
    first, *others = (folder / "links.toml").read_text("utf-8").strip().split("\n\n")
    (folder / "links.toml").write_text("\n\n".join([*others, first]), "utf-8")
    with pytest.raises(CatalogueError, match=r"expected \[links_shared_place_count\] earlier"):
        read(folder, ("links",))


@pytest.mark.parametrize(
    "column",
    [
        "spine_party.nationality",
        "spine_party.citizenship_country",
        "spine_party.birth_date",
        "spine_party.place_of_birth",
        "spine_party.sex",
        "spine_party.gender",
        "spine_party.religion",
        "spine_party.name_script",
        "spine_party.ethnicity",
        "spine_document.language",
        'spine_party."Nationality"',
        "spine_party.nationalityCode",
        "json_extract(spine_party.body, '$.birthplace')",
        "spine_party.ownernationality",
    ],
)
@pytest.mark.parametrize("file", ["links.sql", "links.evidence.sql"])
def test_a_family_that_reads_what_a_person_is_is_refused(tmp_path, column, file):
    with pytest.raises(CatalogueError, match="No feature may read"):
        read(planted(tmp_path, "spine_party.website_key", column, file), ("links",))


def test_a_comment_may_say_what_is_not_read(tmp_path):
    assert read(planted(tmp_path, "-- Columns:", "-- Never:   nationality\n-- Columns:", "links.sql"), ("links",))


def test_a_comment_sign_in_quotes_hides_nothing(tmp_path):
    hidden = "case when spine_party.website_key = '--' then spine_party.nationality end"
    with pytest.raises(CatalogueError, match="No feature may read"):
        read(planted(tmp_path, "spine_party.website_key", hidden, "links.sql"), ("links",))
