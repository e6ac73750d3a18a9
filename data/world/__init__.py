"""A seeded synthetic jurisdiction that writes files in the form of the data contract. Imports nothing of the engine."""

from .world import WorldSummary, write_world

__all__ = ["WorldSummary", "write_world"]
