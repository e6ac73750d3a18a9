"""Runs the feature families on Spark: the same SQL, translated, over the same relations. Scores nothing.

For matrices that one machine's DuckDB does not hold. The relations are laid by DuckDB, handed over as Parquet, and
only the families run on Spark; the model is applied by the caller to what comes back, so that both engines share one
way from matrix to score.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from engine.compute.portable import to_spark
from engine.errors import RefusedInput
from features.catalogue import Catalogue, catalogue

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from features.catalogue import Family

# One machine: nothing listening but on loopback, nothing printed below an error. Plans are not compiled: 21,000 filings
# gain a quarter by it, but some 500 lose half (98 s of processor time with, 40 s without). A cluster's session decides for itself.
LOCAL = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.memory": "3g",  # 1g, the default, is too little for the joins of the widest family
    "spark.buffer.pageSize": "1m",  # each sort and join takes a page at least: of 32m, as 3g would have them, the widest family needs more than there are
    "spark.sql.shuffle.partitions": "1",  # families run beside each other, each undivided: most exchanges fall away, and thousands of tasks with them
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
# A run is over before Java's second compiler has paid for itself.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# Without these the two engines would not mean the same: DuckDB's days are UTC days, and it fails where ANSI fails.
MEANING = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
QUIET = "rootLogger.level = error\nrootLogger.appenderRef.stderr.ref = stderr\n" + "\n".join(
    f"appender.stderr.{key} = {value}"
    for key, value in {"type": "Console", "name": "stderr", "target": "SYSTEM_ERR", "layout.type": "PatternLayout"}.items()
)


@contextmanager
def local_session() -> Iterator[SparkSession]:
    """A Spark session on this machine, ended afterwards; the one that already runs, if any, and left running.

    Raises:
        RefusedInput: pyspark or Java is absent or does not start.
    """
    try:
        with warnings.catch_warnings():
            # It looks at the version of pandas when it is first asked for anything; no pandas is used here.
            warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")
            importlib.import_module("pyspark.testing.utils")
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise RefusedInput(
            "--engine spark needs pyspark, which is not installed. Install it with `pip install diversion[spark]`, or use --engine duckdb."
        ) from error
    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    if not _java():
        raise RefusedInput(
            "--engine spark needs Java 17 or newer, and no `java` is on the PATH or under JAVA_HOME. "
            "Install it (Debian: `apt-get install openjdk-17-jre-headless`), or use --engine duckdb."
        )
    os.environ["PYSPARK_PYTHON"] = sys.executable  # workers would run whatever `python3` the PATH has
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with TemporaryDirectory(prefix="diversion-spark-") as folder:
        logging = Path(folder, "log4j2.properties")
        logging.write_text(QUIET)
        builder = SparkSession.builder.master("local[*]").appName("diversion")
        for name, value in (LOCAL | MEANING).items():
            builder = builder.config(name, value)
        builder = builder.config("spark.driver.extraJavaOptions", f"{JAVA} -Dlog4j2.configurationFile={logging}")
        builder = builder.config("spark.sql.warehouse.dir", str(Path(folder, "warehouse")))
        try:
            session = builder.getOrCreate()
        except PySparkRuntimeError as error:
            raise RefusedInput(f"Spark does not start ({error.getCondition()}): Java 17 or newer is needed, see `java -version`.") from error
        try:
            yield session
        finally:
            session.stop()


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home, "bin"))) if home else shutil.which("java")


def relations_read(book: Catalogue) -> tuple[str, ...]:
    """The relations that the families read, by name."""
    read: set[str] = set()
    for family in book.families:
        tree = sqlglot.parse_one(family.sql, read="duckdb")
        read |= {table.name for table in tree.find_all(exp.Table)} - {cte.alias for cte in tree.find_all(exp.CTE)}
    return tuple(sorted(read))


def features(
    cursor: duckdb.DuckDBPyConnection, progress: Callable[[str], None] | None = None, *, session: SparkSession | None = None,
    folder: Path | None = None,
) -> pl.DataFrame:
    """The feature matrix of the relations laid by `engine.compute.run.lay_relations`, equal bit for bit to DuckDB's.

    Args:
        cursor: where the relations were laid.
        session: a session of the caller's; by default a local one, started and ended here. On one of a cluster, set
            `MEANING` and give a `folder` that every worker can read.
        folder: where the relations are handed over; by default a temporary one, removed afterwards.

    Returns:
        (n, 4 + columns): as `engine.compute.run.features`.

    Raises:
        RefusedInput: pyspark or Java is absent.
    """
    if session is None:
        with local_session() as local:
            return features(cursor, progress, session=local, folder=folder)
    if folder is None:
        with TemporaryDirectory(prefix="diversion-relations-") as own:
            return features(cursor, progress, session=session, folder=Path(own))
    book = catalogue()
    for name in relations_read(book):
        if progress:
            progress(f"handing over {name}")
        _hand_over(cursor, name, folder / f"{name}.parquet")
        _read(session, folder / f"{name}.parquet").createOrReplaceTempView(name)

    def of_family(family: Family) -> pl.DataFrame:
        columns = ", ".join(f"cast({feature.name} as double) as {feature.name}" for feature in family.features)
        return pl.from_arrow(session.sql(f"select subject, {columns} from ({to_spark(family.sql)}) as family").toArrow())

    matrix = cursor.sql("select subject, application_id, revision, as_of from spine order by subject").pl()
    # Planning and collecting leave Spark idle: families are asked for beside each other, as many as there are processors.
    with ThreadPoolExecutor(session.sparkContext.defaultParallelism) as asking:
        for family, table in zip(book.families, asking.map(of_family, book.families), strict=True):
            if progress:
                progress(f"features: {family.name}")
            matrix = matrix.join(table, on="subject", how="inner", maintain_order="left")
    return matrix


def _read(session: SparkSession, path: Path) -> DataFrame:
    """A relation handed over. Its columns are told: Spark would start a job to look for them in each file.

    Read into one partition where the session shuffles into one: only then does Spark know that nothing needs to be exchanged.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    frame = session.read.schema(from_arrow_schema(pq.read_schema(path))).parquet(str(path))
    return frame.coalesce(1) if session.conf.get("spark.sql.shuffle.partitions") == "1" else frame


def _hand_over(cursor: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Write a relation as Parquet. DuckDB would write its 128-bit sums as doubles: they go as decimals."""
    shape = cursor.execute(f"describe {name}").fetchall()
    columns = ", ".join(f'cast("{c}" as decimal(38, 0)) as "{c}"' if kind in ("HUGEINT", "UHUGEINT") else f'"{c}"' for c, kind, *_ in shape)
    target = str(path).replace("'", "''")
    cursor.execute(f"copy (select {columns} from {name}) to '{target}' (format parquet)")
