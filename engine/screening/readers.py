"""The forms of watch-list files the house reads, by name. Knows where each reader is and nothing of its format."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from engine.errors import RefusedInput
from engine.screening.csl import read_csl_csv, read_csl_json
from engine.screening.entries import ListEntry, RejectedRow
from engine.screening.eu import read_eu_csv, read_eu_xml
from engine.screening.ofac import read_ofac
from engine.screening.opensanctions import read_ftm_json, read_opensanctions_csv
from engine.screening.un import read_un

Reader = Callable[[Path], Iterator[ListEntry | RejectedRow]]


@dataclass(frozen=True, slots=True)
class ListFormat:
    """A form of list file.

    Args:
        name: as in ``diversion lists import --format NAME``.
        describes: one line for a person choosing among the forms.
        lists: opening of the codes of the lists such a file holds; an import of a new edition ends the
            missing entries of these lists only.
    """

    name: str
    describes: str
    lists: str
    read: Reader


_ALL = (
    ListFormat(
        "ofac-sdn-csv", "US Treasury OFAC SDN list: sdn.csv with add.csv and alt.csv beside it", "OFAC-SDN", read_ofac
    ),
    ListFormat("csl-csv", "US Consolidated Screening List, CSV form", "US-", read_csl_csv),
    ListFormat("csl-json", "US Consolidated Screening List, JSON form", "US-", read_csl_json),
    ListFormat("un-xml", "UN Security Council Consolidated List, XML form", "UN-SC", read_un),
    ListFormat("eu-xml", "EU consolidated list of financial sanctions, XML form 1.1", "EU-FSF", read_eu_xml),
    ListFormat("eu-csv", "EU consolidated list of financial sanctions, CSV form 1.1", "EU-FSF", read_eu_csv),
    ListFormat("opensanctions-csv", "OpenSanctions targets.simple.csv", "OPENSANCTIONS:", read_opensanctions_csv),
    ListFormat("ftm-json", "OpenSanctions entities.ftm.json, one entity a line", "OPENSANCTIONS:", read_ftm_json),
)
FORMATS: Mapping[str, ListFormat] = MappingProxyType({form.name: form for form in _ALL})


def read_list(path: Path, format: str) -> Iterator[ListEntry | RejectedRow]:
    """Every entry of a watch-list file, and every row that could not be read, in the file's order.

    Nothing is lost silently: each row is an entry, joins one (OFAC's companions, the EU's rows), or comes out as
    a `RejectedRow`. The format and the path are checked at once; the content while reading.

    Args:
        path: the file; ``ofac-sdn-csv`` also reads the companions in its folder.
        format: a name in `FORMATS`.

    Raises:
        RefusedInput: unknown format, no such file, or not a file of that format. When it is raised during
            reading, the entries read so far must not be kept as an edition.
    """
    if format not in FORMATS:
        raise RefusedInput(
            f"list format '{format}' is not known. "
            f"Expected one of: {', '.join(FORMATS)}. Choose the one your file is in."
        )
    if not path.is_file():
        raise RefusedInput(f"{path.name}: no such file. Expected {FORMATS[format].describes}. Check the path.")
    return FORMATS[format].read(path)
