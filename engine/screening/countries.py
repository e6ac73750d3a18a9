"""Turns the country a watch list prints into its alpha-2 code."""

from functools import lru_cache

import pycountry
from anyascii import anyascii

# Names that lists print and ISO 3166-1 does not hold; parts of states answer with their state.
_PRINTED = """
AE uae|emirates;BA bosnia|bosnia herzegovina;BN brunei;BO bolivia;CD drc|democratic republic of congo|congo democratic republic of the
CD congo dr|congo kinshasa|zaire|democratic republic of the congo;CG congo republic of the|congo brazzaville|republic of the congo;CI ivory coast|cote divoire|cote d ivoire
CV cape verde;CZ czech republic;FK falkland islands;FM micronesia;GB uk|great britain|england|scotland|wales|northern ireland|britain
GM the gambia|gambia the;HK hong kong sar|china hong kong|china hong kong special administrative region;IM man isle of;IR iran|islamic republic of iran;KP north korea|korea north|dprk
KP democratic peoples republic of korea|korea democratic peoples republic of;KR south korea|korea south|republic of korea|korea
LA laos|lao pdr;MD moldova;MK macedonia|the former yugoslav republic of macedonia|former yugoslav republic of macedonia|fyrom
MM burma;MO macau|macau sar;PS palestine|palestinian|palestinian territory occupied|gaza|gaza strip|region gaza|west bank|palestinian territories
PS occupied palestinian territory|state of palestine;RU russia;ST sao tome;SY syria;SZ swaziland;TL east timor;TR turkey;TW taiwan
TZ tanzania;US usa|united states of america|america;VA vatican|holy see;VE venezuela;VG british virgin islands|virgin islands british|bvi
VI us virgin islands;VN vietnam;XK kosovo;BS bahamas the|the bahamas;SX sint maarten;CW curacao;BQ bonaire;NL holland|the netherlands
"""


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """Folded names and codes of every country, built from ISO 3166-1 once a process."""
    codes = {}
    for country in pycountry.countries:
        for name in ("name", "official_name", "common_name", "alpha_2", "alpha_3"):
            if hasattr(country, name):
                codes[_folded(getattr(country, name))] = country.alpha_2
    for row in _PRINTED.replace("\n", ";").split(";"):
        code, _, names = row.partition(" ")
        codes.update((name, code) for name in names.split("|") if name)
    return codes


def _folded(text: str) -> str:
    kept = anyascii(text).casefold().replace("'", "").replace("&", "and")
    return " ".join("".join(letter if letter.isalnum() else " " for letter in kept).split())


@lru_cache(maxsize=4096)
def alpha2(text: str | None) -> str | None:
    """ISO 3166-1 alpha-2 of a country named or coded in any way, or None where nothing certain is named.

    Lists print codes, short, official and inverted names, parts of countries ("England", "Region: Gaza") and
    fillers ("undetermined", "-0-"). A state that no longer exists answers with None. Kosovo is ``XK``.
    """
    return _codes().get(_folded(text)) if text else None
