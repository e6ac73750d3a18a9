"""Says in one plain sentence why a query and a list entry may be the same. Decides nothing."""

from engine.screening.scoring import Alikeness


def why_name(is_main: bool, is_weak: bool, alike: Alikeness, country_agrees: bool | None, doubts: list[str]) -> str:
    """The sentence for a match of names: which name, what differs, what the country says, what is doubtful."""
    which = "the entry's name" if is_main else "a weak alias of the entry" if is_weak else "an alias of the entry"
    differences = [f"'{query}' for '{listed}'" for query, listed in alike.altered]
    if alike.missing:
        differences.append(f"without {_quoted(alike.missing)}")
    if alike.extra:
        differences.append(f"with {_quoted(alike.extra)} besides")
    if alike.score == 1.0:
        opening = f"Same as {which}"
    elif differences:
        opening = f"Like {which}, {', '.join(differences)}"
    else:
        opening = f"The words of {which} in another order"
    parts = [opening, *doubts]
    if country_agrees is not None:
        parts.append("the country agrees" if country_agrees else "the country is another")
    if is_weak:
        parts.append("the list itself calls this alias weak")
    return "; ".join(parts) + "."


def why_identifier(called: str, country: str) -> str:
    """The sentence for a match of numbers, which no difference of names weakens."""
    return f"Same {called}{f' in {country}' if country else ''} as the entry."


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
