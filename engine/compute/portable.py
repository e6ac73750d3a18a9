"""Which SQL functions mean the same on DuckDB and on Spark, and the translation from one to the other. Runs nothing.

sqlglot translates silently where the engines differ, so a feature may use only what stands in `PORTABLE`. A function
gets onto the list by an example in `tests/house/test_portable.py`: the example runs on both engines, over nulls,
negatives and ties, and must give the same values. Without a passing example it stays off, however harmless it looks.

What stays off, and why:

- sums, averages and spreads of doubles: the order of adding shows (a test looks at casts inside `sum`);
- `median`, `quantile_cont`, `mad`: other interpolation, or absent; they belong into relations, over closed periods;
- `date_diff` but for whole days between two dates; `date_trunc`, `epoch`, `dayofweek`: time zones and calendars differ;
- `round` and casts of fractions to integers (2.7 gives 3 or 2), `log`, division by zero without `nullif`;
- `hash`, `md5_number`, `jaro_winkler_similarity`, regular expressions, and everything on lists and structs.
"""

from __future__ import annotations

import sqlglot

# Names of sqlglot expression classes. `And`, `Or`, `Case` and `If` are functions to sqlglot.
PORTABLE: frozenset[str] = frozenset(
    (
        "And",
        "Or",
        "Case",
        "If",
        "Coalesce",
        "Nullif",
        "Greatest",
        "Least",
        "Cast",
        "DateDiff",
        "Count",
        "Sum",
        "Min",
        "Max",
        "RowNumber",
        "Length",
        "Substring",
    )
)


def to_spark(sql: str) -> str:
    """One select of DuckDB as Spark writes it.

    Raises:
        sqlglot.errors.SqlglotError: it is not one statement that sqlglot can read and Spark can be told.
    """
    (tree,) = sqlglot.parse(sql, read="duckdb")
    return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
