"""Says which raw columns a feature is computed from, by reading the SQL down to the working tables. Runs no SQL.

A column rests on the columns of its expression and on those that decide which rows are counted: conditions, joins, groups.
Clocks and keys that only say when a row may be seen, or which rows belong together, are left out of the latter.
`python -m engine.compute.lineage` prints `features/lineage.toml`, from which the feature book and the service read.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import sqlglot
from sqlglot import exp

from engine.compute.run import BASES, HISTORY, SUBJECT, relation_sql
from features.catalogue import Catalogue, catalogue
from features.feature import EVENT_KINDS

# Relations that the engine lays without a file of their own, and the working tables whose columns they pass on.
LAID = {"history_party": "filing_party"} | {f"history_{table}": table for table in BASES}
OF_OTHERS = {("history_party", "entity_id"): "party_entity.entity_id"}
KEYS = frozenset(("record_no", "seq", "subject", "form_id", "item_no", "document_no", "leg_no", "stock_no", "party_no", "channel"))
CLOCKS = frozenset((
    "application_id", "revision", "filed_at", "at", "known_at", "known_from", "known_to", "as_of", "first_seen", "valid_from", "valid_to",
    "event_id", "corrects", "withdrawn", "month", "recorded_by", "signed_by", "reviewed_by",
))  # fmt: skip
# Working tables under the names that the contract gives them.
CONTRACT = {
    "filing": "application", "filing_party": "party", "filing_owner": "party.owners", "filing_item": "items", "filing_leg": "route",
    "filing_document": "documents", "filing_stock": "replaced_stock", "party_entity": "party", "party_form": "party",
}
SPELT = {
    ("filing_leg", "from_place"): "route.from", ("filing_leg", "to_place"): "route.to", ("filing_leg", "carrier_key"): "route.carrier",
    ("filing_leg", "conveyance_key"): "route.conveyance", ("party_entity", "entity_id"): "party (linked entity)",
    ("filing_document", "number_key"): "documents.number", ("filing_document", "number_form"): "documents.number",
    ("filing_document", "number_series"): "documents.number", ("filing_document", "number_serial"): "documents.number",
    ("filing_document", "issuer_key"): "documents.issuer", ("filing_document", "signatory_key"): "documents.signatory",
    ("filing_document", "title_key"): "documents.signatory_title", ("filing_document", "content_key"): "documents (whole content)",
    ("filing_owner", "owner_key"): "party.owners.name", ("filing_party", "address_key"): "party.address", ("filing_party", "website_key"): "party.website",
    ("filing_party", "plain_key"): "party.name", ("party_form", "name_key"): "party.name", ("name_key", "name_key"): "party.name",
    ("name_key", "name"): "party.name", ("filing_party", "role_group"): "party.role", ("filing", "payer_key"): "payment.payer_name",
    ("filing", "payer_country"): "payment.payer_country", ("filing", "payment_method"): "payment.method",
    ("filing", "prepaid_share"): "payment.prepaid_share", ("filing", "end_use_statement"): "end_use.statement", ("filing", "purpose"): "end_use.purpose",
    ("filing", "end_use_country"): "end_use.country", ("filing", "end_use_site"): "end_use.site",
    ("filing", "destination"): "destination (end user's, end use's or consignee's country)",
    ("filing_party", "programme_level"): "party.compliance_programme.level",
    ("filing_party", "programme_audited_on"): "party.compliance_programme.audited_on",
    ("filing_party", "programme_audited_by"): "party.compliance_programme.audited_by",
    ("filing_owner", "role_group"): "party.role",
    ("party_place", "place_id"): "party (shared address, website, register number, owner or payer)",
    **{("filing_name", column): "names on the form (owners, payer, on documents, carriage)" for column in ("name_id", "stands_as", "share")},
}  # fmt: skip

# Facts that the engine derived from the records, under what they were derived from.
DERIVED = {
    "name_hit": "party.name (against the watch lists)", "named_hit": "names on the form (against the watch lists)",
    "listed_address": "party.address (against the watch lists)", "place_distance": "reference:place", "name_key": "party.name",
}  # fmt: skip
PLUMBING = frozenset(("application_id", "event_id", "visit_id", "shipment_id", "licence_number", "request_id", "record_no", "corrects", "line"))

# Tables of which it matters how many rows there are, whatever stands in them.
WHETHER = "*"
COUNTED = frozenset(("filing_item", "filing_leg", "filing_document", "filing_stock", "filing_owner", *EVENT_KINDS))

Leaves = frozenset[tuple[str, str]]


@cache
def _query(relation: str) -> exp.Query:
    (tree,) = sqlglot.parse(relation_sql(relation), read="duckdb")
    return tree


class _Scope:
    """A query with the names that it can see."""

    def __init__(self, query: exp.Query, outer: dict[str, _Scope]) -> None:
        self.ctes = dict(outer)
        for cte in query.ctes:
            self.ctes[cte.alias] = _Scope(cte.this, self.ctes)
        self.query = query.this if isinstance(query, exp.Subquery) else query
        self.sides = [_Scope(side, self.ctes) for side in (self.query.left, self.query.right)] if isinstance(self.query, exp.SetOperation) else []
        self.reading: set[str] = set()  # left-joined sources whose condition is being read
        self.known: dict[str, Leaves] = {}
        self.of_rows: Leaves | None = None

    def sources(self) -> dict[str, exp.Expression]:
        found = [self.query.args["from_"].this] if self.query.args.get("from_") else []
        found += [join.this for join in self.query.args.get("joins") or ()]
        return {source.alias_or_name: source for source in found}

    def column(self, name: str) -> Leaves:
        """What a column of the result rests on, rows included."""
        if name not in self.known:
            if isinstance(self.query, exp.SetOperation):
                place = [select.alias_or_name for select in self.query.left.selects].index(name)
                left, right = self.sides
                other = self.query.right.selects[place].alias_or_name
                self.known[name] = left.column(name) | right.column(other)
            else:
                (select,) = [one for one in self.query.selects if one.alias_or_name == name]
                self.known[name] = self.expression(select) | self.rows()
        return self.known[name]

    def rows(self) -> Leaves:
        """What decides which rows there are."""
        if self.of_rows is None:
            if isinstance(self.query, exp.SetOperation):
                self.of_rows = frozenset().union(*(side.rows() for side in self.sides))
            else:
                self.of_rows = frozenset(leaf for leaf in self._rows() if leaf[1] not in CLOCKS)
        return self.of_rows

    def _rows(self) -> Leaves:
        found: set[tuple[str, str]] = set()
        for clause in ("where", "having", "qualify", "group"):
            if self.query.args.get(clause):
                found |= self.expression(self.query.args[clause])
        if self.query.args.get("from_"):
            found |= self._rows_of(self.query.args["from_"].this)
        for join in self.query.args.get("joins") or ():
            if join.side != "LEFT":
                found |= self._rows_of(join.this)
                if join.args.get("on"):
                    found |= self.expression(join.args["on"])
        return frozenset(found)

    def expression(self, tree: exp.Expression) -> Leaves:
        """What the columns in an expression rest on."""
        found: set[tuple[str, str]] = set()
        for node in tree.walk(prune=lambda node: isinstance(node, exp.Query)):
            if isinstance(node, exp.Query):
                inner = _Scope(node, self.ctes)
                query = inner.query.left if isinstance(inner.query, exp.SetOperation) else inner.query
                for select in query.selects:
                    found |= inner.column(select.alias_or_name)
            elif isinstance(node, exp.Column) and not node.find_ancestor(exp.Column):
                found |= self._read([part.name for part in node.parts])
        return frozenset(found)

    def _read(self, parts: list[str]) -> Leaves:
        sources = self.sources()
        if parts[0] in sources and len(parts) > 1:
            return self._column_of(sources[parts[0]], parts[1]) | self._beside(parts[0])
        able = [source for source in sources.values() if self._has(source, parts[0])]
        if not able or (len(sources) > 1 and parts[0] in {select.alias for select in self.query.selects if not isinstance(select, exp.Column)}):
            return frozenset()  # a group named by the alias of its expression, which is read where it stands
        return frozenset().union(*(self._column_of(source, parts[0]) for source in able))

    def _beside(self, alias: str) -> Leaves:
        """What a left-joined source was found by: it counts once something of it is read."""
        for join in self.query.args.get("joins") or ():
            if join.side == "LEFT" and join.this.alias_or_name == alias and join.args.get("on") and alias not in self.reading:
                self.reading.add(alias)
                found = self.expression(join.args["on"]) | self._rows_of(join.this)
                self.reading.remove(alias)
                return frozenset(leaf for leaf in found if leaf[1] not in CLOCKS)
        return frozenset()

    def _has(self, source: exp.Expression, column: str) -> bool:
        scope = self._scope_of(source)
        query = scope.query if scope else None
        query = query.left if isinstance(query, exp.SetOperation) else query
        return scope is None or column in {select.alias_or_name for select in query.selects}

    def _scope_of(self, source: exp.Expression) -> _Scope | None:
        """The query behind a source; None where it is a working or reference table."""
        if isinstance(source, exp.Table):
            if source.name in self.ctes:
                return self.ctes[source.name]
            return _relation(source.name) if source.name in (*SUBJECT, *HISTORY) else None
        return _Scope(source, self.ctes)

    def _column_of(self, source: exp.Expression, column: str) -> Leaves:
        scope = self._scope_of(source)
        if scope is not None:
            return scope.column(column)
        if column in KEYS or source.name in ("subject_filing", "correction"):
            return frozenset()
        table, _, other = OF_OTHERS.get((source.name, column), f"{LAID.get(source.name, source.name)}.{column}").partition(".")
        return frozenset(((table, other),))

    def _rows_of(self, source: exp.Expression) -> Leaves:
        scope = self._scope_of(source)
        if scope:
            return scope.rows()
        name = LAID.get(source.name, source.name)
        return frozenset(((name, WHETHER),)) if name in COUNTED else frozenset()


@cache
def _relation(name: str) -> _Scope:
    return _Scope(_query(name), {})


def leaves(book: Catalogue) -> dict[str, Leaves]:
    """Feature -> the (table, column) pairs that its value rests on."""
    found = {}
    for family in book.families:
        (tree,) = sqlglot.parse(family.sql, read="duckdb")
        scope = _Scope(tree, {})
        # Every filing has its row in a family: what decides about rows is inside the parts that are joined to it.
        selects = {select.alias_or_name: select for select in tree.selects}
        for feature in family.features:
            found[feature.name] = scope.expression(selects[feature.name])
    return found


def spelt(table: str, column: str, references: frozenset[str]) -> str | None:
    """A column as the contract calls it; None for one that only says which record belongs to which."""
    if (table, column) in SPELT:
        return SPELT[table, column]
    if table in references:
        return f"reference:{table}"
    if table in DERIVED:
        return DERIVED[table]
    if column == WHETHER:
        return CONTRACT.get(table, table)
    if column in PLUMBING:
        return None
    if table.startswith("filing") and column == "filed_at":
        return "filed_at"
    return f"{CONTRACT.get(table, table)}.{column}".removeprefix("application.")


def computed_from(book: Catalogue, references: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Feature -> the raw fields that it is computed from, sorted.

    Args:
        references: the names of the reference tables.
    """
    found = {}
    for feature, pairs in leaves(book).items():
        names = {name for table, column in pairs if (name := spelt(table, column, references))}
        told = {name.split(".")[0] for name in names if "." in name}
        found[feature] = tuple(sorted(name for name in names if name not in told))
    return found


def main() -> None:
    """Print `features/lineage.toml`."""
    folder = resources.files("data") / "reference"
    references = frozenset(file.name.removesuffix(".csv") for file in folder.iterdir() if file.name.endswith(".csv"))
    print("# Made by `python -m engine.compute.lineage`: which raw fields each feature is computed from, read off its SQL.")
    for feature, fields in computed_from(catalogue(), references).items():
        print(f"{feature} = [{', '.join(f'{chr(34)}{field}{chr(34)}' for field in fields)}]")


if __name__ == "__main__":
    main()
