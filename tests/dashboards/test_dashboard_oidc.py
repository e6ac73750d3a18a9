"""Signing in through a provider: who it names gets the token kept for them, and nobody else one."""

import time
from types import SimpleNamespace

import pytest

from dashboards import oidc

SECRETS = {"auth": {"redirect_uri": "x"}, "diversion": {"tokens": {"anna@authority.example": "the-token"}}}


class Secrets(dict):
    def load_if_toml_exists(self) -> bool:
        return bool(self)


class User(dict):
    @property
    def is_logged_in(self) -> bool:
        return bool(self)


def at(monkeypatch: pytest.MonkeyPatch, secrets: dict, **user: object) -> None:
    monkeypatch.setattr(oidc, "st", SimpleNamespace(secrets=Secrets(secrets), user=User({"iat": time.time() - 60} | user if user else {})))


def test_a_verified_person_gets_the_token_kept_for_them(monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, SECRETS, email="anna@authority.example", email_verified=True)
    assert oidc.person() == "anna@authority.example" and oidc.token() == "the-token"


@pytest.mark.parametrize("user", [{}, {"email": "anna@authority.example"}, {"email": "anna@authority.example", "email_verified": False},
                                  {"email": "anna@authority.example", "email_verified": "true"}, {"email": "bob@authority.example", "email_verified": True}])
def test_nobody_else_does(monkeypatch: pytest.MonkeyPatch, user: dict):
    at(monkeypatch, SECRETS, **user)
    assert oidc.token() is None


@pytest.mark.parametrize("named_at", [time.time() - 10 * 3600 - 60, None, "yesterday"], ids=["hours ago", "not told", "in words"])
def test_a_sign_in_of_yesterday_or_of_no_known_day_has_run_out(monkeypatch: pytest.MonkeyPatch, named_at: object):
    at(monkeypatch, SECRETS, email="anna@authority.example", email_verified=True, iat=named_at)
    assert oidc.token() is None


@pytest.mark.parametrize(("user", "why"), [
    ({"sub": "u-77"}, "said nothing under `email`"), ({"email": "anna@authority.example"}, "has not verified your address, anna@"),
    ({"email": "bob@authority.example", "email_verified": True}, "as bob@authority.example, but no token"),
])
def test_whoever_is_kept_out_reads_why(monkeypatch: pytest.MonkeyPatch, user: dict, why: str):
    at(monkeypatch, SECRETS, **user)
    assert why in (oidc.kept_out() or "")


def test_another_claim_may_name_the_person(monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, SECRETS | {"diversion": {"claim": "sub", "tokens": {"u-77": "t"}}}, sub="u-77", email="anna@authority.example")
    assert oidc.token() == "t"


def test_without_a_provider_there_is_nothing(monkeypatch: pytest.MonkeyPatch):
    at(monkeypatch, {}, email="anna@authority.example", email_verified=True)
    assert not oidc.configured() and oidc.token() is None
