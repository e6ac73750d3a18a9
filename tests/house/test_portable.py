"""Every function that features may use gives the same values on DuckDB and on Spark: one example each."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from engine.compute.portable import PORTABLE, to_spark

# The facts that every example is computed over: nulls, negatives, ties, a date line and letters beyond ASCII.
SAMPLE = """
    select 1 as id, 'a' as grp, 3 as whole, cast(2.50 as decimal(10, 2)) as money, 'ML10.a' as word,
           cast('2024-02-28' as date) as day, cast('2024-02-28 23:59:59' as timestamp) as moment, true as yes
    union all
    select 2, 'a', 3, cast(-7.25 as decimal(10, 2)), 'Zürich', cast('2024-03-01' as date),
           cast('2024-03-01 00:00:00' as timestamp), false
    union all
    select 3, 'b', -4, null, '', cast('2023-12-31' as date), cast('2023-12-31 12:00:00' as timestamp), null
    union all
    select 4, 'b', null, cast(0.10 as decimal(10, 2)), null, null, null, true
"""

ROW = {  # value by value
    "And": "case when yes and whole > 0 then 1 else 0 end",
    "Or": "case when yes or whole > 0 then 1 else 0 end",
    "Case": "case when whole > 0 then 'up' when whole < 0 then 'down' end",
    "If": "case when money is null then 1 else 0 end",
    "Coalesce": "coalesce(whole, 0)",
    "Nullif": "nullif(whole, 3)",
    "Greatest": "greatest(1.0, cast(money as double), cast(whole as double))",
    "Least": "least(1.0, cast(money as double), cast(whole as double))",
    "Cast": "cast(money as double) / cast(nullif(whole, 0) as double)",
    "DateDiff": "date_diff('day', day, cast('2024-03-01' as date)) + date_diff('day', cast(moment as date), day)",
    "Length": "length(word)",
    "Substring": "substr(word, 1, 4)",
    "RowNumber": "row_number() over (partition by grp order by length(word) desc, id)",
}
GROUP = {  # of a group
    "Count": "count(*) filter (where yes) + 10 * count(distinct whole) + 100 * count(money)",
    "Sum": "sum(money)",
    "Min": "min(day)",
    "Max": "max(word)",
}
# What is no function, and still has to mean the same: the house's own turns of phrase.
PHRASES = {
    "strictly before": """
        select id, sum(1) over (partition by grp order by id range between unbounded preceding and 1 preceding) as v
        from sample
    """,
    "distinct union": "select 1 as id, grp as v from sample union distinct select 1, grp from sample",
    "joined text": "select id, 'reference:' || word as v from sample",
    "null beside text": "select id, case when word <> '' then 1 else 0 end as v from sample",
    "any of": "select id, case when whole in (select whole from sample where id = 1) then 1 end as v from sample",
    "decimal over double": "select id, cast(whole as double) / 12.0 as v from sample",
}


def examples() -> dict[str, str]:
    rows = {name: f"select id, {sql} as v from sample" for name, sql in ROW.items()}
    groups = {name: f"select grp as id, {sql} as v from sample group by grp" for name, sql in GROUP.items()}
    return {name: f"with sample as ({SAMPLE}) {sql}" for name, sql in (rows | groups | PHRASES).items()}


def comparable(rows: list) -> list[tuple[str, str]]:
    """Rows as text, numbers by value: Spark's and DuckDB's decimals differ in trailing zeros only."""

    def text(value: object) -> str:
        told = value is None or isinstance(value, str) or hasattr(value, "isoformat")
        return str(value) if told else repr(float(value))

    return sorted((text(row[0]), text(row[1])) for row in rows)


def test_every_portable_function_has_its_example():
    assert set(ROW) | set(GROUP) == PORTABLE


@pytest.mark.parametrize("name", sorted(ROW | GROUP))
def test_an_example_uses_the_function_that_it_speaks_for(name):
    tree = sqlglot.parse_one(examples()[name], read="duckdb")
    assert name in {type(function).__name__ for function in tree.find_all(exp.Func)}


@pytest.mark.spark
def test_every_example_gives_the_same_on_both_engines(spark):
    differing = {}
    for name, sql in examples().items():
        ours = comparable(duckdb.sql(sql).fetchall())
        theirs = comparable([tuple(row) for row in spark.sql(to_spark(sql)).collect()])
        if ours != theirs:
            differing[name] = (ours, theirs)
    assert not differing
