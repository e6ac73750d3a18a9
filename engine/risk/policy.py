"""The dated policy: bands and what they ask for. Knows no feature."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

BANDS = ("low", "elevated", "high", "critical")


@dataclass(frozen=True)
class Policy:
    """The thresholds in force, by name and version."""

    version: str
    thresholds: tuple[float, float, float]
    second_signature_from: str
    decision_days: int

    def band(self, risk: float) -> str:
        """The band of a risk."""
        return BANDS[int(np.searchsorted(self.thresholds, risk, side="right"))]

    def bands(self, risk: np.ndarray) -> np.ndarray:
        """The bands of many risks."""
        return np.array(BANDS)[np.searchsorted(self.thresholds, risk, side="right")]

    def needs_second_signature(self, band: str) -> bool:
        """Whether a grant in this band needs another person's signature."""
        return BANDS.index(band) >= BANDS.index(self.second_signature_from)


@cache
def policy_in_force() -> Policy:
    """The shipped policy."""
    told = tomllib.loads((resources.files("engine.risk") / "policy.toml").read_text())
    bands = told["bands"]
    return Policy(
        told["version"], (bands["elevated"], bands["high"], bands["critical"]),
        told["requires"]["second_signature_from"], told["requires"]["default_decision_days"],
    )
