"""Costly answers: told again while nothing was written, worked out ahead once writing has paused, and never told when they are old."""

import time
from contextlib import contextmanager
from datetime import datetime

from engine.api.kept import Kept, worked_out_ahead

NOW = datetime(2026, 11, 22, 10, 20)


class Written:
    """A store of which only the head of the chain is asked for."""

    def __init__(self) -> None:
        self.head = 1

    def execute(self, *_: object) -> "Written":
        return self

    def fetchall(self) -> list[tuple[int, str]]:
        return [(self.head, "hash")]

    @contextmanager
    def cursor(self):
        yield self

    def interrupt(self) -> None:
        """Nothing runs here."""


class Counted:
    """How often it was worked out."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, cursor: object, now: datetime) -> int:
        self.times += 1
        return self.times


def until(true) -> bool:
    for _ in range(200):
        if true():
            return True
        time.sleep(0.01)
    return False


def test_an_answer_is_told_again_until_something_is_written_or_the_hour_ends():
    kept, store, make = Kept(), Written(), Counted()
    assert [kept.answer(store, "due", NOW, make) for _ in range(3)] == [1, 1, 1]
    store.head += 1
    assert kept.answer(store, "due", NOW, make) == 2
    assert kept.answer(store, "due", NOW.replace(hour=11), make) == 3


def test_what_is_worked_out_ahead_is_there_when_it_is_asked_for_and_anew_after_a_write():
    kept, store, make = Kept(), Written(), Counted()
    with worked_out_ahead(kept, store.cursor, lambda: NOW, {"alerts": make}, quiet=0.01):
        assert until(lambda: make.times == 1)
        assert kept.answer(store, "alerts", NOW, make) == 1  # nobody waited
        store.head += 1
        assert kept.answer(store, "alerts", NOW, make) == 2  # asked for at once: anew, not the old one
        store.head += 1
        assert until(lambda: make.times == 3)
    store.head += 1
    time.sleep(0.05)
    assert make.times == 3  # it ends with the service


def test_a_failure_ahead_is_told_to_nobody_and_tried_again_where_it_is_asked_for():
    kept, store, tried = Kept(), Written(), []

    def make(cursor: object, now: datetime) -> int:
        tried.append(now)
        raise ValueError("no such table")

    with worked_out_ahead(kept, store.cursor, lambda: NOW, {"alerts": make}, quiet=0.01):
        assert until(lambda: len(tried) == 1)
        store.head += 1
        assert until(lambda: len(tried) == 2)
