"""Streams the records of an XML list without ever expanding an entity. Knows no list."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from engine.errors import RefusedInput

_CHUNK = 1 << 16


def xml_records(path: Path, root: str, records: frozenset[str]) -> Iterator[tuple[int, Element]]:
    """Each element of the names in `records`, with its line, whole and one at a time.

    A document type declaration is refused outright: no list needs one, and it is the only door to
    entity expansion ("billion laughs") and to files outside (XXE).

    Args:
        path: the file.
        root: the name of the outermost element, without namespace.
        records: names, without namespace, of the elements to hand out.

    Raises:
        RefusedInput: a declaration, another root, or XML that is cut off or damaged. Entries already handed
            out must then be dropped, or a cut file would end every entry that it lacks.
    """
    collector = _Collector(path.name, root, records)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = collector.refuse_declaration
    parser.EntityDeclHandler = collector.refuse_declaration
    parser.StartElementHandler = lambda name, attributes: collector.start(name, attributes, parser.CurrentLineNumber)
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.text
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                parser.Parse(chunk, False)
                yield from collector.take()
            parser.Parse(b"", True)
            yield from collector.take()
    except expat.ExpatError as error:
        raise RefusedInput(
            f"{path.name}: not whole XML at line {error.lineno} ({expat.ErrorString(error.code)}). Expected a complete "
            f"<{root}>. The file is damaged, cut off or another kind: download it again."
        ) from error
    except (OSError, ValueError, LookupError) as error:
        raise RefusedInput(
            f"{path.name}: cannot be read as XML ({error}). Expected a complete <{root}>. Download it again."
        ) from error


class _Collector:
    """Builds one element tree per record and keeps the finished ones until taken."""

    def __init__(self, file: str, root: str, records: frozenset[str]) -> None:
        self._file, self._root, self._records = file, root, records
        self._depth = 0
        self._builder: TreeBuilder | None = None
        self._record_depth = self._record_line = 0
        self._finished: list[tuple[int, Element]] = []

    def take(self) -> list[tuple[int, Element]]:
        finished, self._finished = self._finished, []
        return finished

    def refuse_declaration(self, *_: object) -> None:
        raise RefusedInput(
            f"{self._file}: the file declares a document type or entities, which can hide an attack. "
            "Expected plain XML. Download it again from the publisher."
        )

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        name = name.rpartition(" ")[2]
        if self._depth == 0 and name != self._root:
            raise RefusedInput(
                f"{self._file}: the outermost element is not <{self._root}>. Check the format. Expected that list."
            )
        if self._builder is None and name in self._records:
            self._builder, self._record_depth, self._record_line = TreeBuilder(), self._depth, line
        self._depth += 1
        if self._builder is not None:
            self._builder.start(name, attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        if self._builder is None:
            return
        self._builder.end(name.rpartition(" ")[2])
        if self._depth == self._record_depth:
            self._finished.append((self._record_line, self._builder.close()))
            self._builder = None

    def text(self, data: str) -> None:
        if self._builder is not None:
            self._builder.data(data)
