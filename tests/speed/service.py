"""`python -m tests.speed.service`: how many filings and queue pages a second the service answers, and how fast, at 1, 8 and 32 clients.

The service holds a store of 10^5 applications; the load comes from a second process, each client a connection of its own that sends its
next request when the last is answered, all with the token of one system. Never part of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import timedelta
from itertools import count, islice
from pathlib import Path

import httpx

from tests.speed.__main__ import MEMORY, origin, store_of, world

WORK = {"filing": ("POST", "/v1/applications"), "queue": ("GET", "/v1/applications"), "history": ("GET", "/v1/applications/{id}/history")}


def load(address: str, token: str, clients: int, bodies: Path, seconds: float, work: str, stem: str) -> dict:
    """Ask for so long with one thread a client; what was answered, and how fast."""
    filings = [json.loads(line) for line in islice(bodies.open(encoding="utf-8"), 2_000)]
    numbers, times, statuses = count(), [], {}
    until = time.monotonic() + seconds

    def ask() -> None:
        method, path = WORK[work]
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=300, trust_env=False) as client:
            while time.monotonic() < until:
                number = next(numbers)
                filing = filings[number % len(filings)]
                body = filing | {"application_id": f"{stem}-{number}", "revision": 1} if method == "POST" else None
                began = time.perf_counter()
                status = client.request(method, path.replace("{id}", filing["application_id"]), json=body).status_code
                times.append(time.perf_counter() - began)
                statuses[status] = statuses.get(status, 0) + 1

    began = time.monotonic()
    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return {
        "work": work, "clients": clients, "answered": len(times), "a_second": round(len(times) / (time.monotonic() - began), 2),
        "p50": round(statistics.median(times), 3), "p95": round(times[int(len(times) * 0.95)], 3), "longest": round(times[-1], 3), "statuses": statuses,
    }


def token_in(store: Path) -> str:
    """A token of a role that files and reads."""
    from engine.workflows.desk import open_desk
    from engine.workflows.tokens import create_token

    at = origin("command")
    with open_desk(store, at, memory_limit=MEMORY) as desk:
        return create_token(desk, "load", "analyst", None, at.at + timedelta(days=3_000), at)[0]


def served(store: Path) -> tuple[subprocess.Popen, str]:
    """The service on a store, in a process of its own, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    serving = subprocess.Popen(
        [sys.executable, "-c", "from engine.cli import main; main()", "serve", "--store", str(store), "--service", address],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"DIVERSION_MEMORY": MEMORY},
    )
    for _ in range(1_200):
        try:
            if httpx.get(f"{address}/readyz", timeout=60, trust_env=False).status_code == 200:
                return serving, address
        except httpx.HTTPError:
            time.sleep(0.1)
    serving.kill()
    raise SystemExit("the service did not start within two minutes")


def main() -> None:
    """Measure, one line a step."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "diversion-bench", help="where the world and its store are, or are made")
    given.add_argument("--rows", type=int, default=100_000)
    given.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    given.add_argument("--seconds", type=float, default=30)
    given.add_argument("--load", nargs=6, metavar="", help=argparse.SUPPRESS)
    asked = given.parse_args()
    if asked.load:
        address, token, clients, bodies, work, stem = asked.load
        print(json.dumps(load(address, token, int(clients), Path(bodies), asked.seconds, work, stem)))
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        store = Path(folder) / "store.duckdb"
        shutil.copyfile(store_of(asked.folder, asked.rows), store)
        token = token_in(store)
        serving, address = served(store)
        try:
            for work in WORK:
                for clients in asked.clients:
                    step = [sys.executable, "-m", "tests.speed.service", "--seconds", str(asked.seconds), "--load", address, token, str(clients),
                            str(world(asked.folder, asked.rows) / "application.jsonl"), work, f"{work}-{clients}"]
                    print(subprocess.run(step, check=True, capture_output=True, text=True).stdout.strip(), flush=True)
            memory = next(line.split()[1] for line in Path(f"/proc/{serving.pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
            print(json.dumps({"most_memory_mb": int(memory) // 1024}))
        finally:
            serving.send_signal(signal.SIGTERM)
            serving.wait(120)


if __name__ == "__main__":
    main()
