"""The HTTP service: who may ask what, and the engine's answers as JSON. Decides nothing that the workflows decide."""

from engine.api.app import create_app
from engine.api.serve import serve

__all__ = ["create_app", "serve"]
