"""`python -m dashboards`: serves the pages on loopback; nothing is sent to anyone but the engine's service."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import resources


def command() -> argparse.ArgumentParser:
    """The command line."""
    told = argparse.ArgumentParser(prog="python -m dashboards", description="Open the dashboards on a running service. Sign in with your token.")
    told.add_argument("--port", type=int, default=8501, help="where the pages are served (default 8501)")
    told.add_argument("--address", default="127.0.0.1", help="on which address (default: this machine only)")
    told.add_argument("--service", help="the engine's HTTP service (default: DIVERSION_SERVICE, else %(default)s)")
    return told


def options(port: int, address: str) -> list[str]:
    """Streamlit's own options: no browser opened, no usage statistics, no developer's tool bar."""
    return [
        f"--server.port={port}",
        f"--server.address={address}",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--server.maxUploadSize=50",
        "--browser.gatherUsageStats=false",
        "--client.toolbarMode=viewer",
        "--client.showErrorDetails=none",
        "--theme.light.primaryColor=#1F5FA8",
        "--theme.dark.primaryColor=#6FA8DC",
    ]


def main() -> None:
    order = command().parse_args()
    if order.service:
        os.environ["DIVERSION_SERVICE"] = order.service
    from streamlit.web import cli

    sys.argv = ["streamlit", "run", str(resources.files("dashboards") / "app.py"), *options(order.port, order.address)]
    sys.exit(cli.main())


if __name__ == "__main__":
    main()
