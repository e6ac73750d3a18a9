"""What is answered of long work."""

from __future__ import annotations

from typing import Any, Literal

from engine.api.answers import Told
from engine.wire import Problem


class JobAnswer(Told):
    """Long work, and what came of it once done."""

    job_id: str
    what: str
    state: Literal["running", "done", "failed"]
    result: dict[str, Any] | None = None
    problem: Problem | None = None
