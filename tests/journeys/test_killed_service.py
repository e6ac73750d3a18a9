"""A service killed with SIGKILL under load has lost and doubled nothing; `make soak` does the same a hundred times."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx

from engine.store.database import service_note
from engine.workflows.desk import open_desk
from engine.workflows.tokens import create_token
from tests.soak import Sent, a_filing, at, looked_into, send, served, soak


def test_what_was_acknowledged_before_a_kill_is_there_once_after_it(tmp_path: Path):
    done = soak(tmp_path, 3, clients=4, seed=7, longest=2.0)
    assert done.filed > 0 and done.rounds == 3


def test_a_service_told_to_stop_answers_what_it_was_asked_and_files_all_of_it(tmp_path: Path):
    store, sent = tmp_path / "store.duckdb", Sent()
    with open_desk(store, at(), create=True) as desk:
        secret, _ = create_token(desk, "soak", "analyst", None, at().at + timedelta(days=2), at())
    with served(store) as (serving, address), ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(send, address, secret, "/v1/applications", a_filing(f"STOP/{n}", n), sent) for n in range(6)]
        while httpx.get(f"{address}/metrics", trust_env=False).text.split("\ndiversion_http_requests_open ")[1].split()[0] != "7.0" and not any(one.done() for one in asked):
            time.sleep(0.01)
        serving.send_signal(signal.SIGTERM)
        answers = [one.result() for one in asked]
        assert serving.wait(60) == 0
    assert answers == [201] * 6 and not service_note(store).exists()
    looked_into(store, sent, None)
