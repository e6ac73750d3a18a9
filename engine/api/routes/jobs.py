"""Long work: how it stands, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Response

from engine.api.answers import Told
from engine.api.answers.jobs import JobAnswer
from engine.api.jobs import Job, finished
from engine.api.problems import of_unforeseen, problem_of
from engine.api.room import CallerDep, RoomDep
from engine.errors import EngineError

T = TypeVar("T", bound=Told)

router = APIRouter(prefix="/v1", tags=["jobs"])


@router.get("/jobs/{job_id}")
def read_job(job_id: str, caller: CallerDep, room: RoomDep) -> JobAnswer:
    """How a job of this token stands."""
    return told(room.jobs.of(caller.name, job_id), caller.role)


def told(job: Job, role: str | None = None) -> JobAnswer:
    """A job as it stands now."""
    if job.state == "running":
        return JobAnswer(job_id=job.job_id, what=job.what, state="running")
    error = job.future.exception()
    if error is None:
        return JobAnswer(job_id=job.job_id, what=job.what, state="done", result=job.future.result())
    problem = problem_of(error, role) if isinstance(error, EngineError) else of_unforeseen()
    return JobAnswer(job_id=job.job_id, what=job.what, state="failed", problem=problem)


def answer_to(
    job: Job, patience: float, response: Response, shape: type[T], *, created: int = 200, at: Callable[[T], str] | None = None
) -> T | JobAnswer:
    """Wait for a job a while: what came of it, or 202 and where to ask.

    Args:
        at: gives the address of what was made, where it has one.

    Raises:
        What the work raised, if it did so within that time.
    """
    if finished(job, patience):
        response.status_code = created
        made = shape(**job.future.result())
        if at is not None:
            response.headers["Location"] = at(made)
        return made
    response.status_code = 202
    response.headers["Location"] = f"/v1/jobs/{job.job_id}"
    return told(job)
