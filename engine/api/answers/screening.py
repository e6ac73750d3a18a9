"""What is answered of the watch lists."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict, Field

from engine.api.answers import Instant, Told


class RejectedListRow(Told):
    """A row of a list file that could not be read."""

    line: int
    reason: str


class NewListHit(Told):
    """A new or changed entry near a name on an open licence or an undecided application; `subject` is what a review of it names."""

    application_id: str
    why: str
    role: str
    list: str
    entry_id: str
    matched_name: str
    score: float
    result: str
    subject: str | None


class ListEdition(Told):
    """An edition that was taken in, also where it said nothing new."""

    edition: date
    imported_at: Instant
    imported_by: str
    entries: int | None = Field(description="How many it held; null of one from before editions were kept on record.")
    new_or_changed: int
    ended: int


class HeldList(Told):
    """A watch list as it stands."""

    list: str
    title: str
    issuer: str
    effect: str = Field(description="`prohibiting`: a match is a referral; `warning`: it only raises the score.")
    entries: int = Field(description="Standing now.")
    edition: date = Field(description="Day of the newest edition.")
    age_days: int = Field(description="Days since then.")
    editions: tuple[ListEdition, ...] = Field(description="The newest first.")


class HeldLists(Told):
    """Every list of which an edition was taken in."""

    lists: tuple[HeldList, ...]


class ListChange(Told):
    """An entry that came, went or says something else; `fields` are the names of what changed."""

    entry_id: str
    name: str
    fields: tuple[str, ...]


class ListDifference(Told):
    """What a list says at the end of one day and not at that of another."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    list: str
    from_day: date = Field(alias="from")
    to_day: date = Field(alias="to")
    added: tuple[ListChange, ...]
    ended: tuple[ListChange, ...]
    changed: tuple[ListChange, ...]


class ListAnswer(Told):
    """What became of one edition of a watch list."""

    lists: tuple[str, ...]
    edition: date
    entries: int
    new_or_changed: int
    ended: int
    new_hits: tuple[NewListHit, ...] = Field(description="On parties of open licences and undecided applications, best first.")
    rejected: int
    rejected_rows: tuple[RejectedListRow, ...] = Field(description="The first hundred, or as many as `shown` asks for.")
