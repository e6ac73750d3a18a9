"""Which filings speak of the same party: exact keys first, then the normalised name with country. Scores nothing."""

from engine.linking.entities import resolve_forms

__all__ = ["resolve_forms"]
