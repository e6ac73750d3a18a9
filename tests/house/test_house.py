"""Promises of the whole house: floors, names, sentences, clocks, chance, errors, and nothing gone stale."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

import engine.errors
from engine.errors import EngineError
from features.book import book
from features.catalogue import catalogue

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "features", "dashboards", "data", "tests")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# Drawers and empty words: whatever lands there has no owner.
FORBIDDEN_NAMES = {
    "utils", "util", "helpers", "helper", "misc", "common", "shared", "base", "manager", "managers", "handler",
    "handlers", "processor", "stuff", "lib", "tools", "data2", "temp", "tmp", "new", "old",
}  # fmt: skip
FORBIDDEN_IN_CLASSES = re.compile(r"(Manager|Helper|Handler|Processor|Util|Utils|Factory|Impl)$")
BELOW_WORKFLOWS = ("store", "compute", "screening", "linking", "risk", "monitoring", "wire")
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
CHANCE = {("random", name) for name in ("random", "choice", "choices", "randint", "sample", "shuffle", "uniform")}
# Where the house keeps its one `connect`.
CONNECTS = ROOT / "engine" / "store" / "database.py"


def path_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def calls(path: Path) -> set[tuple[str, str]]:
    """Every call of the form `name.attribute(...)`, without what stands before the name."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            before = node.func.value
            owner = (
                before.id if isinstance(before, ast.Name) else before.attr if isinstance(before, ast.Attribute) else ""
            )
            found.add((owner, node.func.attr))
    return found


def lower_floors() -> list[Path]:
    folders = [ROOT / "engine" / name for name in BELOW_WORKFLOWS] + [ROOT / "features"]
    single = [ROOT / "engine" / name for name in ("errors.py", "terms.py", "wire.py", "settings.py")]
    return sorted(
        [path for folder in folders for path in folder.rglob("*.py")] + [path for path in single if path.exists()]
    )


def descendants(kind: type) -> set[type]:
    return {kind}.union(*(descendants(child) for child in kind.__subclasses__()))


@pytest.mark.parametrize("path", MODULES, ids=path_name)
def test_a_module_opens_with_a_sentence(path):
    if path.name == "__init__.py" and not path.read_text("utf-8").strip():
        pytest.skip("an empty package file")
    told = ast.get_docstring(tree_of(path))
    assert told, f"{path_name(path)} does not say what it owns"
    assert told.split("\n\n")[0].rstrip().endswith((".", "?", ":")), told.splitlines()[0]


@pytest.mark.parametrize("path", MODULES, ids=path_name)
def test_a_module_is_named_for_what_it_holds(path):
    assert path.stem not in FORBIDDEN_NAMES
    assert not set(path.relative_to(ROOT).parts[:-1]) & FORBIDDEN_NAMES
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ClassDef):
            assert not FORBIDDEN_IN_CLASSES.search(node.name), node.name


@pytest.mark.parametrize("path", lower_floors(), ids=path_name)
def test_time_and_chance_are_handed_in(path):
    assert not calls(path) & (CLOCKS | CHANCE)


@pytest.mark.parametrize("path", [path for path in MODULES if ROOT / "tests" not in path.parents], ids=path_name)
def test_only_the_store_opens_the_database(path):
    assert path == CONNECTS or ("duckdb", "connect") not in calls(path)


def test_features_know_only_the_standard_library():
    for path in (ROOT / "features").glob("*.py"):
        for node in ast.walk(tree_of(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.split(".")[0]
                assert top == "features" or top in sys.stdlib_module_names, f"{path_name(path)} imports {name}"


def test_imports_point_down(tmp_path):
    """import-linter over the contracts of pyproject.toml; layers that are not built yet are left out."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    config = tmp_path / "importlinter.toml"
    config.write_text(_as_toml(_without_the_unbuilt(contracts)), "utf-8")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as go; go()"]
    done = subprocess.run(
        [*command, "--config", str(config), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def _built(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return module.split(".")[0] not in PACKAGES or path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def _without_the_unbuilt(settings: dict) -> dict:
    contracts = []
    for contract in settings["contracts"]:
        kept = dict(contract)
        if "layers" in kept:
            rows = [" | ".join(m for m in map(str.strip, row.split("|")) if _built(m)) for row in kept["layers"]]
            kept["layers"] = [row for row in rows if row]
        for key in ("source_modules", "forbidden_modules"):
            if key in kept:
                kept[key] = [module for module in kept[key] if _built(module)]
        if kept.get("source_modules", True):
            contracts.append(kept)
    return settings | {"root_packages": [p for p in settings["root_packages"] if _built(p)], "contracts": contracts}


def _as_toml(settings: dict) -> str:
    def value(one: object) -> str:
        if isinstance(one, bool):
            return str(one).lower()
        return f"[{', '.join(map(value, one))}]" if isinstance(one, list) else f'"{one}"'

    def lines(table: dict) -> str:
        return "\n".join(f"{key} = {value(one)}" for key, one in table.items() if key != "contracts")

    parts = [f"[tool.importlinter]\n{lines(settings)}"]
    parts += [f"[[tool.importlinter.contracts]]\n{lines(contract)}" for contract in settings["contracts"]]
    return "\n\n".join(parts) + "\n"


def test_the_feature_book_is_fresh():
    assert (ROOT / "features" / "README.md").read_text("utf-8") == book(catalogue()), (
        "features/README.md is stale: run `python -m features > features/README.md`"
    )


def test_the_error_tree_is_drawn_in_full():
    drawn = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b|\bConflict\b", engine.errors.__doc__))
    own = {kind.__name__ for kind in descendants(EngineError) if kind.__module__ == "engine.errors"}
    assert own == drawn


def test_every_error_has_its_status():
    if not (ROOT / "engine" / "api" / "problems.py").exists():
        pytest.skip("there is no HTTP yet")
    problems = importlib.import_module("engine.api.problems")
    mapped: set[type] = set()
    for table in vars(problems).values():
        if isinstance(table, Mapping):
            mapped |= {kind for kind in table if isinstance(kind, type) and issubclass(kind, EngineError)}
    own = {kind for kind in descendants(EngineError) if kind.__module__.startswith("engine.")}
    assert own - {EngineError} <= mapped, {kind.__name__ for kind in own - {EngineError} - mapped}
