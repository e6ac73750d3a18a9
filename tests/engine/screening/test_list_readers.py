"""Each form of list file is read whole, and what cannot be read comes out with its line."""

import json
from datetime import date
from pathlib import Path

import pytest

from engine.errors import RefusedInput
from engine.screening.entries import ListEntry, RejectedRow
from engine.screening.lists import watch_list
from engine.screening.readers import FORMATS, read_list


def entries(path: Path, form: str) -> tuple[list[ListEntry], list[RejectedRow]]:
    rows = list(read_list(path, form))
    return [row for row in rows if isinstance(row, ListEntry)], [row for row in rows if isinstance(row, RejectedRow)]


def sdn(
    folder: Path, main: str | bytes, add: str = "1,1,-0- ,-0- ,-0- ,-0- \n", alt: str = "1,1,aka,OTHER,-0- \n"
) -> Path:
    data = main if isinstance(main, bytes) else main.encode()
    (folder / "SDN.CSV").write_bytes(data)
    (folder / "Add.csv").write_text(add)
    (folder / "alt.csv").write_text(alt)
    return folder / "SDN.CSV"


NULLS = ",".join(["-0- "] * 8)


def test_the_sdn_list_has_as_many_entries_names_and_addresses_as_its_files(published) -> None:
    found, rejected = published("sdn.csv")
    assert len(found) == 7379 and not rejected
    kinds = [entry.kind for entry in found]
    assert [kinds.count(kind) for kind in ("person", "organisation", "vessel", "aircraft")] == [3845, 2994, 323, 217]
    assert sum(len(entry.addresses) for entry in found) == 9474  # of 11,696 rows; the others are null throughout
    assert sum(alias.strength == "strong" for entry in found for alias in entry.aliases) >= 9682


def test_an_sdn_vessel_carries_its_imo_and_a_quoted_aka_in_the_remarks_is_weak(published) -> None:
    found, _ = published("sdn.csv")
    by_id = {entry.entry_id: entry for entry in found}
    assert ("imo", "9575424") in {(number.kind, number.value) for number in by_id["15094"].identifiers}
    assert by_id["15094"].countries == ("IR",)
    assert {alias.name: alias.strength for alias in by_id["306"].aliases} == {
        "NATIONAL BANK OF CUBA": "strong",
        "BNC": "weak",
    }


def test_nationality_and_birth_stand_only_where_they_are_shown(published) -> None:
    for name in ("sdn.csv", "UN_consolidated.xml"):
        for entry in published(name)[0]:
            if entry.kind == "person":
                assert not any(
                    part.startswith(("DOB ", "POB ", "nationality ", "citizen ", "Passport"))
                    for part in entry.remarks.split("; ")
                )


def test_the_un_list_has_730_individuals_and_273_entities_each_with_its_day(published) -> None:
    found, rejected = published("UN_consolidated.xml")
    assert not rejected
    assert [entry.kind for entry in found].count("person") == 730
    assert [entry.kind for entry in found].count("organisation") == 273
    assert all(entry.listed_on for entry in found)
    assert len({entry.entry_id for entry in found}) == 1003
    assert any(alias.strength == "weak" for entry in found for alias in entry.aliases)


def test_the_us_consolidated_list_keeps_its_sources_apart(published) -> None:
    found, rejected = published("csl.csv")
    assert len(found) == 115 and not rejected
    assert {entry.list for entry in found} == {
        f"US-{code}" for code in ["SDN", "SSI", "EL", "PLC", "DTC", "DPL", "UVL", "ISN", "CAP"]
    }
    assert watch_list("US-EL").effect == "prohibiting" and watch_list("US-UVL").effect == "warning"
    assert "Gui'an" in " ".join(entry.name for entry in found) or "Gui’an" in " ".join(entry.name for entry in found)


def test_an_sdn_file_may_end_in_control_z_and_be_latin_1(tmp_path: Path) -> None:
    path = sdn(tmp_path, f'1,"COMPA\xd1IA X",-0- ,"CUBA",{NULLS}\r\n\x1a'.encode("latin-1"))
    found, rejected = entries(path, "ofac-sdn-csv")
    assert [entry.name for entry in found] == ["COMPAÑIA X"] and not rejected
    assert [alias.name for alias in found[0].aliases] == ["OTHER"]


def test_a_cut_off_line_costs_that_line_only(tmp_path: Path) -> None:
    path = sdn(tmp_path, f'1,"A CO",-0- ,"CUBA",{NULLS}\n2,"B CO,-0- ,"CUBA"\n3,"C CO",-0- ,"CUBA",{NULLS}\n4,"D C')
    found, rejected = entries(path, "ofac-sdn-csv")
    assert [entry.entry_id for entry in found] == ["1", "3"]
    assert [row.line for row in rejected] == [2, 4]


def test_a_companion_row_of_no_entry_is_set_aside_with_its_file(tmp_path: Path) -> None:
    path = sdn(tmp_path, f'1,"A CO",-0- ,"CUBA",{NULLS}\n', alt='9,1,"aka","LOST",-0- \n')
    _, rejected = entries(path, "ofac-sdn-csv")
    assert [(row.file, row.line) for row in rejected] == [("alt.csv", 1)]


def test_an_sdn_file_without_its_companions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sdn.csv").write_text(f'1,"A CO",-0- ,"CUBA",{NULLS}\n')
    with pytest.raises(RefusedInput, match=r"not beside sdn\.csv"):
        entries(tmp_path / "sdn.csv", "ofac-sdn-csv")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfeu\x00t\x00f\x00", b"hello, world\n1,2\n", b"\x00\x01\x02PK\x03\x04" * 40]
)
def test_a_file_of_another_kind_is_refused_with_what_was_expected(tmp_path: Path, form: str, content: bytes) -> None:
    path = tmp_path / "sdn.csv"
    for name in ("sdn.csv", "add.csv", "alt.csv"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RefusedInput, match="Expected"):
        entries(path, form)


def test_an_unknown_format_and_a_missing_file_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="un-xml"):
        read_list(tmp_path / "x", "un-csv")
    with pytest.raises(RefusedInput, match="no such file"):
        read_list(tmp_path / "x", "un-xml")


LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><CONSOLIDATED_LIST>&b;</CONSOLIDATED_LIST>'
)
OUTSIDE = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]><CONSOLIDATED_LIST>&x;</CONSOLIDATED_LIST>'


@pytest.mark.parametrize("attack", [LAUGHS, OUTSIDE])
def test_xml_that_declares_entities_is_refused(tmp_path: Path, attack: str) -> None:
    path = tmp_path / "un.xml"
    path.write_text(attack)
    with pytest.raises(RefusedInput, match="declares"):
        entries(path, "un-xml")


def test_a_cut_off_un_list_is_refused_rather_than_taken_as_an_edition(tmp_path: Path) -> None:
    path = tmp_path / "un.xml"
    path.write_text(
        "<CONSOLIDATED_LIST><ENTITIES><ENTITY><FIRST_NAME>A</FIRST_NAME><REFERENCE_NUMBER>QDe.001</REFERENCE_NUMBER></ENTITY>"
    )
    with pytest.raises(RefusedInput, match="not whole XML"):
        entries(path, "un-xml")


def test_csl_rows_that_hold_an_address_for_a_name_are_set_aside(tmp_path: Path) -> None:
    rows = [
        {"source": "Entity List (EL) - BIS", "name": "Acme?s Optics (f.k.a. Old Acme)", "alt_names": ["Acme GmbH"],
         "start_date": "2019-05-21",
         "addresses": [{"address": "1 Road", "city": "Wien", "country": "AT"}], "ids": [], "programs": []},
        {"source": "Entity List (EL) - BIS", "name": "Address 2: 5 Other Road, Wien", "alt_names": [], "addresses": []},
        "not an object",
    ]  # fmt: skip
    path = tmp_path / "csl.json"
    path.write_text(json.dumps({"results": rows}))
    found, rejected = entries(path, "csl-json")
    assert [row.line for row in rejected] == [2, 3]
    (entry,) = found
    assert (entry.list, entry.countries, entry.listed_on) == ("US-EL", ("AT",), date(2019, 5, 21))
    assert "Old Acme" in {alias.name for alias in entry.aliases} and "Acme's" in entry.name


def test_opensanctions_values_are_split_at_semicolons_outside_quotes(tmp_path: Path) -> None:
    path = tmp_path / "targets.simple.csv"
    path.write_text(
        '"id","schema","name","birth_date","countries","aliases","addresses","identifiers","dataset","first_seen"\n'
        '"NK-1","Vessel","SEA ONE","","ir;pa","SEA I;""A;B""","","IMO9575424",'
        '"US OFAC SDN;EU FSF","2020-01-02T00:00:00"\n'
        '"NK-2","Company"\n'
    )
    (entry,), (rejected,) = entries(path, "opensanctions-csv")
    assert (
        entry.list == "OPENSANCTIONS:eu_fsf" and entry.countries == ("IR", "PA") and entry.listed_on == date(2020, 1, 2)
    )
    assert {alias.name for alias in entry.aliases} == {"SEA I", "A;B"}
    assert [(number.kind, number.value) for number in entry.identifiers] == [("imo", "9575424")]
    assert rejected.line == 3


def test_the_eu_lists_days_are_day_first_and_its_rows_come_together(tmp_path: Path) -> None:
    path = tmp_path / "eu.csv"
    path.write_text(
        "\ufefffileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;Entity_DesignationDate;"
        "Entity_SubjectType_ClassificationCode;NameAlias_WholeName;Address_CountryIso2Code\n"
        "05/08/2026;13;EU.27.28;04/07/2003;E;Acme Trading;\n05/08/2026;13;EU.27.28;04/07/2003;E;Acme Commerce;IQ\n"
    )
    (entry,), _ = entries(path, "eu-csv")
    assert (entry.entry_id, entry.listed_on, entry.kind, entry.countries) == (
        "EU.27.28",
        date(2003, 7, 4),
        "organisation",
        ("IQ",),
    )
    assert [alias.name for alias in entry.aliases] == ["Acme Commerce"]


def test_an_eu_alias_that_is_not_strong_is_weak(tmp_path: Path) -> None:
    path = tmp_path / "eu.xml"
    path.write_text(
        '<export xmlns="http://eu.europa.ec/fpi/fsd/export">'
        '<sanctionEntity euReferenceNumber="EU.1" designationDate="2010-02-03">'
        '<subjectType code="person"/><nameAlias wholeName="Jan Novak" strong="true"/>'
        '<nameAlias wholeName="Jan" strong="false"/>'
        '<citizenship countryIso2Code="CZ" countryDescription="CZECHIA"/></sanctionEntity></export>'
    )
    (entry,), _ = entries(path, "eu-xml")
    assert [(alias.name, alias.strength) for alias in entry.aliases] == [("Jan", "weak")]
    assert (
        entry.countries == ()
        and entry.distinguishing == ("nationality CZECHIA",)
        and entry.listed_on == date(2010, 2, 3)
    )


def test_ftm_lines_become_entries_and_damaged_lines_are_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "entities.ftm.json"
    company = {"id": "x1", "schema": "Company", "caption": "Acme", "datasets": ["eu_fsf"], "target": True,
               "properties": {"name": ["Acme"], "weakAlias": ["AC"], "jurisdiction": ["de"],
                              "registrationNumber": ["HRB 12345"]}}  # fmt: skip
    path.write_text(
        json.dumps(company) + "\n{broken\n" + json.dumps({"id": "a", "schema": "Address", "properties": {}}) + "\n"
    )
    (entry,), (rejected,) = entries(path, "ftm-json")
    assert entry.countries == ("DE",) and entry.aliases[0].strength == "weak" and rejected.line == 2
