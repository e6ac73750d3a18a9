"""Which filings speak of the same party: weighted links between the ways in which parties are written. Scores no application."""

from engine.linking.entities import TABLES, forget, link_anew, resolve_forms
from engine.linking.spelling import Spelling
from engine.linking.weights import Weights, shipped_weights, weights_from

__all__ = ["TABLES", "Spelling", "Weights", "forget", "link_anew", "resolve_forms", "shipped_weights", "weights_from"]
