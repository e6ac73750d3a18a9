"""Words a score as a memo to the person who decides, for a terminal and for the printer. Computes nothing."""

from __future__ import annotations

import textwrap

from engine.documents.page import Block, Heading, Page, Paragraph, Table, day
from engine.wire import Application, Item, Score
from engine.wire.quantities import amount
from features.feature import DOES_NOT_ARISE

BAND_WORDS = {"low": "routine", "elevated": "elevated", "high": "high", "critical": "critical"}
SCOPE = (
    "This score speaks of diversion only. It says nothing of embargoes beyond the referrals below, of human rights, of humanitarian law or of any "
    "other ground, and it decides nothing: an officer does, with reasons of their own."
)


def frequency(risk: float) -> str:
    """A probability as a natural frequency: 13 in 1,000."""
    if risk >= 0.0095:
        return f"{round(risk * 1000):,} in 1,000"
    return f"{max(1, round(risk * 10000)):,} in 10,000"


def memo(application: Application, score: Score, base_rate: float | None = None) -> str:
    """The memo as plain text, 100 columns wide."""
    lines = [f"Application {score.application_id}, revision {score.revision}, filed {day(application.filed_at)} with {application.authority}", ""]
    lines += _wrapped(_asked(application))
    lines += ["", f"RISK OF DIVERSION: {BAND_WORDS[score.band].upper()}"]
    told = f"Of applications like this one, {frequency(score.risk)} would end in diversion (90 % interval: {frequency(score.risk_low)} to {frequency(score.risk_high)})"
    lines += _wrapped(told + (f"; of all applications, {frequency(base_rate)}." if base_rate else "."))
    lines += _wrapped(SCOPE)
    if score.model_version.startswith("expert-card"):
        lines += _wrapped("No trained model is in use: the points follow published guidance, and the probability is not calibrated.")
    lines += ["", "MUST BE SETTLED BEFORE A GRANT (a referral is not a refusal)"]
    for referral in score.referrals:
        lines += _wrapped(f"[{'settled' if referral.settled else 'OPEN'}] {referral.text}", "  - ")
        lines += _wrapped(f"Settled by: {referral.settled_by} Rule {referral.rule_id}, subject {referral.subject}. Source: {referral.source}.", "      ")
    if not score.referrals:
        lines.append("  Nothing: no rule found a question.")
    telling = [reason for reason in score.reasons if not reason.text.endswith(DOES_NOT_ARISE)]
    silent = sum(reason.contribution for reason in score.reasons if reason.text.endswith(DOES_NOT_ARISE))
    for heading, sign in (("WHAT SPEAKS FOR DIVERSION", 1), ("WHAT SPEAKS AGAINST IT", -1)):
        lines += ["", heading]
        reasons = [reason for reason in telling if reason.contribution * sign > 0]
        for reason in reasons:
            lines += _wrapped(f"{reason.text}. ({reason.contribution:+.2f})", "  - ")
            lines += _wrapped(f"{reason.source}", "      ")
            if reason.evidence:
                more = len(reason.evidence) - 4
                lines += _wrapped("Rests on: " + ", ".join(reason.evidence[:4]) + (f" and {more} more" if more > 0 else ""), "      ")
        if not reasons:
            lines.append("  Nothing among the ten weightiest.")
    lines += ["", "BY FAMILY (log-odds)"]
    families = sorted(score.family_risk.items(), key=lambda f: -abs(f[1]))
    lines += _wrapped(", ".join(f"{family.replace('_', ' ')} {value:+.2f}" for family, value in families), "  ")
    if score.interval_because:
        lines += ["", "WHY THE INTERVAL IS AS WIDE AS IT IS (the weightiest first)"]
        for because in score.interval_because:
            lines += _wrapped(because, "  - ")
    lines += ["", "NOT KNOWN (each widens the interval)"]
    for missing in score.missing:
        lines += _wrapped(f"{missing.feature.replace('_', ' ')}: {missing.why}", "  - ")
    if not score.missing:
        lines.append("  Nothing that could have been given.")
    if len(telling) < len(score.reasons):
        lines += ["", *_wrapped(f"Questions that do not arise here moved the score by {silent:+.2f} in all.")]
    lines += ["", *_wrapped(_reproduced_from(score) + ("." if score.store_sequence is None else f" on the store up to entry {score.store_sequence}."))]
    return "\n".join(lines) + "\n"


def memo_page(application: Application, score: Score) -> Page:
    """The memo as a page to print, for the file and not for the applicant."""
    held = ", ".join(sorted({reason.handling for reason in score.reasons} | {referral.handling for referral in score.referrals} - {"releasable"})).replace("_", " ")
    blocks: list[Block] = [
        Paragraph(_asked(application)),
        Heading(f"Risk of diversion: {BAND_WORDS[score.band]}"),
        Paragraph(f"Of applications like this one, {frequency(score.risk)} would end in diversion (90 % interval: {frequency(score.risk_low)} to {frequency(score.risk_high)}).", strong=True),
        Paragraph(SCOPE),
        *([Paragraph("No trained model is in use: the points follow published guidance, and the probability is not calibrated.")] if score.model_version.startswith("expert-card") else ()),
        Heading("Must be settled before a grant (a referral is not a refusal)"),
        Table(("State", "Question", "Settled by"), tuple(("settled" if one.settled else "OPEN", one.text, one.settled_by) for one in score.referrals), (1, 5, 4), "Nothing: no rule found a question."),
        Heading("What moved the score, largest first (log-odds)"),
        Table(("Moved", "Reason", "Source", "Rests on"), tuple(
            (f"{one.contribution:+.2f}", one.text, one.source, ", ".join(one.evidence[:4]) + (f" and {len(one.evidence) - 4} more" if len(one.evidence) > 4 else "")) for one in score.reasons
        ), (1, 4, 3, 4)),
        Heading("By family (log-odds)"),
        Paragraph(", ".join(f"{family.replace('_', ' ')} {value:+.2f}" for family, value in sorted(score.family_risk.items(), key=lambda f: -abs(f[1])))),
        *((Heading("Why the interval is as wide as it is, the weightiest first"), *(Paragraph(because) for because in score.interval_because)) if score.interval_because else ()),
        Heading("Not known (each widens the interval)"),
        Table(("Input", "Why"), tuple((one.feature.replace("_", " "), one.why) for one in score.missing), (4, 6), "Nothing that could have been given."),
        Heading("Decided by"),
        Table(("Outcome, grounds, reasons in the officer's own words", "Name and day"), (("", ""),), (7, 3)),
        Paragraph(f"{_reproduced_from(score)}."),
    ]
    return Page(
        title=f"Application {score.application_id}", subtitle=f"Revision {score.revision}, filed {day(application.filed_at)} with {application.authority}. Internal memo.",
        blocks=tuple(blocks), foot=f"Application {score.application_id}. INTERNAL: not for the applicant. Handling of what it rests on: {held or 'internal'}.",
    )


def _reproduced_from(score: Score) -> str:
    return (
        f"As of {day(score.as_of)} {score.as_of:%H:%M} UTC. Model {score.model_version}, features {score.features_version}, rules {score.rules_version}, policy {score.policy_version}, "
        f"reference data of {day(score.reference_as_of)}. Scored {day(score.scored_at)} {score.scored_at:%H:%M} UTC"
    )


def _asked(application: Application) -> str:
    goods = "; ".join(_item(item) for item in application.items[:4])
    more = f" and {len(application.items) - 4} more lines" if len(application.items) > 4 else ""
    to = application.end_user or application.consignee
    receiver = f"{to.name} ({to.country or 'country not given'})" if to else ", ".join(application.destinations or ()) or "no single end user"
    way = " via " + ", ".join(leg.to or leg.to_text or "?" for leg in application.route[:-1]) if application.route and len(application.route) > 1 else ""
    kind = application.kind.replace("re_", "re-").replace("_", " ").capitalize()
    return f"{kind} of {goods}{more}, from {application.exporter.name} ({application.exporter.country or '?'}) to {receiver}{way}."


def _item(item: Item) -> str:
    goods = (item.description or "goods") + (f" ({item.control_code})" if item.control_code else "")
    return ", ".join(filter(None, (goods, amount(item.quantity, item.unit))))


def _wrapped(text: str, lead: str = "") -> list[str]:
    return textwrap.wrap(text, 100, initial_indent=lead, subsequent_indent=" " * len(lead), break_long_words=False, break_on_hyphens=False)
