"""What an authority has for the visits of a period: inspector-days a region, quotas, notice; chooses nothing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.wire.kinds import Count, Days, Label, Meaning, Text
from engine.wire.record import Record

InspectorDays = Annotated[
    float, Field(strict=True, ge=0, le=100_000, allow_inf_nan=False), Meaning("inspector-days, a number of 0 or more", column="DOUBLE")
]
REST = "rest"


class RegionCapacity(Record):
    """The inspectors who go to one region."""

    name: Label = Field(description="What planners call it.")
    covers: Annotated[tuple[Label, ...], Field(min_length=1, max_length=300)] = Field(
        description="Countries (alpha-2), UN M49 sub-regions or regions, or `rest` for all others; the narrowest that fits a country counts."
    )
    inspector_days: InspectorDays = Field(description="Days in the whole period, on site and travelling.")
    travel_days: InspectorDays = Field(0.0, description="Days of one trip there and back; shared by all visits made on it.")


class Capacity(Record):
    """What limits a period's visits beyond their number; a country in no region cannot be visited."""

    regions: Annotated[tuple[RegionCapacity, ...], Field(max_length=300)] = Field((), description="Missing = days and travel limit nothing.")
    site_days: InspectorDays = Field(1.0, description="Days that one visit takes on site.")
    trips: Annotated[int, Field(strict=True, ge=1, le=12), Meaning("a whole number from 1 to 12", column="BIGINT")] | None = Field(
        None, description="Into how many rounds of trips the period is parted; missing = one every thirty days, six at most."
    )
    country_quota: Count | None = Field(None, description="Visits in one country, at most.")
    end_user_quota: Count | None = Field(None, description="Visits to one end user, at most.")
    notice_days: Days = Field(0, description="Days from planning to the first visit that host states want, where the end user undertook to tolerate checks.")
    consent_days: Days = Field(0, description="The same where consent must be asked for first.")
    mandatory_codes: Annotated[tuple[Label, ...], Field(max_length=300)] = Field((), description="Goods under these control codes are always visited; the code begins so.")
    note: Text | None = Field(None, description="Where the figures come from.")
