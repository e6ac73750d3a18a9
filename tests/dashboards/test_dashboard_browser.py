"""The pages as people use them: a headless Chromium, the dashboards' own process, a real service. Nothing may leave the machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from dashboards import worklist
from dashboards.client import QueueRow

pytestmark = pytest.mark.browser
ARTEFACTS = Path(__file__).parents[2] / "artefacts"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
SEVERE = ("serious", "critical")
# What Streamlit's own widgets do and no page can change: rule -> the element it is found in. All else is ours.
STREAMLITS_OWN: dict[str, str] = {}
LOOKS = (("light", 1280), ("dark", 390))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def running(*command: str, answers: str, folder: Path | None = None) -> Iterator[None]:
    """A process of its own while the block lasts, from when it answers at an address."""
    surroundings = {name: value for name, value in os.environ.items() if name != "DIVERSION_TOKEN"}
    surroundings["PYTHONPATH"] = str(Path(__file__).parents[2])
    with subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(150):
            try:
                if httpx.get(answers).is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield
        process.terminate()


@pytest.fixture(scope="module")
def dashboards(served) -> Iterator[str]:
    """`python -m dashboards` on the service; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running("dashboards", "--port", str(port), "--service", served.address, answers=f"{address}/_stcore/health"):
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def visitor(browser, dashboards, served):
    """Opens a page as a role, at a size, signed in; afterwards nothing was asked of any other machine."""
    contexts, asked = [], []

    def build(path: str, role: str, width: int, height: int):
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{dashboards}{path}")
        page.get_by_label("Your token", exact=True).fill(served.tokens[role])
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("button", name="Sign out").wait_for()
        return page

    yield build
    for context in contexts:
        context.close()
    assert [url for url in asked if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", url)] == []


def keep(page, name: str) -> None:
    """A picture of the page as it stands, for whoever wants to look."""
    ARTEFACTS.mkdir(exist_ok=True)
    size = page.viewport_size
    tall = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(tall + 90, 6_000)})  # the page scrolls inside its frame
    page.wait_for_timeout(1_500)
    page.screenshot(path=ARTEFACTS / f"{name}.png")
    page.set_viewport_size(size)


def idle(page) -> None:
    """Wait until the page is drawn whole: a list that is opened while the page is drawn anew closes again."""
    page.wait_for_timeout(250)
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")


def choose(page, label: str, option: str | re.Pattern, within=None) -> None:
    """Choose an option of a select box."""
    idle(page)
    box = (within or page).get_by_role("combobox", name=re.compile(re.escape(label))).first
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # a list closes when the page still scrolls
    box.click()
    page.get_by_role("option", name=option, exact=True).click()
    idle(page)


def test_an_analyst_goes_from_the_queue_to_a_settled_referral_and_a_decision(visitor, served):
    first = worklist.in_order(QueueRow.read(row) for row in served.queue())[0]
    assert first.open_referrals
    page = visitor("/", "analyst", 1280, 900)
    page.get_by_text("to decide", exact=False).first.wait_for()
    page.get_by_test_id("stDataFrame").wait_for()
    keep(page, "queue-1280")
    table = page.get_by_test_id("stDataFrame").bounding_box()
    page.mouse.click(table["x"] + 60, table["y"] + 55)  # the first row's id
    page.get_by_role("heading", name=re.compile(first.application_id)).wait_for()
    page.get_by_text("This score speaks of diversion only").first.wait_for()
    page.wait_for_url(re.compile(f"id={first.application_id}"))
    page.get_by_role("heading", name="Decide").wait_for()
    page.get_by_test_id("stVegaLiteChart").nth(1).wait_for()
    keep(page, "application-1280")
    for _ in range(first.open_referrals):
        page.get_by_text("⚑ open").first.click()
        form = page.get_by_test_id("stForm").filter(has_text="What did you find?").first
        choose(page, "What did you find?", re.compile("dismissed"), form)
        form.get_by_label("Why", exact=True).fill("Checked with the source: it does not apply here.")
        form.get_by_role("button", name="Record this review").click()
        page.get_by_text(re.compile(r"Review of .* recorded")).wait_for()
    page.get_by_text("✓ settled").first.wait_for()
    keep(page, "application-settled-1280")
    form = page.locator(".st-key-decide")
    choose(page, "Outcome", "granted", form)
    form.get_by_role("button", name="Record this decision").click()
    page.get_by_text("What you typed is still here").wait_for()
    form.get_by_label("Rationale, for the file", exact=True).fill("The end use is established and the route is plain.")
    form.get_by_role("button", name="Record this decision").click()
    page.get_by_text(re.compile(r"Decision .granted. (recorded|kept, and waits)")).wait_for()
    keep(page, "application-decided-1280")
    if first.band in ("high", "critical"):  # the policy asks for another person's signature
        other = visitor(f"/application?id={first.application_id}", "approver", 1280, 900)
        other.get_by_role("heading", name="Waits for a second signature").wait_for()
        other.get_by_role("button", name="Sign", exact=True).click()
        other.get_by_text("Signed: it now counts.").wait_for()
    (now,) = [one for one in served.queue() if one["application_id"] == first.application_id]
    assert now["state"] == "granted"


def test_the_address_of_an_application_opens_it_after_sign_in(visitor, served):
    application_id = served.queue()[0]["application_id"]
    page = visitor(f"/application?id={application_id}", "analyst", 1280, 900)
    page.get_by_role("heading", name=re.compile(application_id)).wait_for()


def test_an_inspector_logs_a_visit_on_a_phone(visitor, served):
    visit = next(one for one in served.get("visits", "inspector")["visits"] if one["state"] == "due")
    numbers = served.get(f"applications/{visit['application_id']}/serials", "inspector")["serials"]
    shipped = [one["serial"] for one in numbers if one["shipment_id"] == visit["shipment_id"]] or ["A-1", "A-2", "A-3"]
    page = visitor(f"/?visit={visit['visit_id']}", "inspector", 390, 844)
    page.get_by_text("What to look for").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_text(re.compile("routine|elevated|critical")).count() == 0
    page.get_by_label("Serial numbers", exact=True).fill("\n".join(shipped))
    choose(page, "State", "seen")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text(re.compile(f"{len(shipped)} by serial")).wait_for()
    page.locator("input[type=file][multiple]").set_input_files({"name": "store.txt", "mimeType": "text/plain", "buffer": b"seen in the store"})
    page.get_by_text("stored:").wait_for()
    choose(page, "How was it made?", "on site")
    page.get_by_text("full", exact=True).click()
    choose(page, "Outcome", "favourable")
    page.get_by_label("Your name", exact=True).fill("Inspector One")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Missing: the day, your confirmation").wait_for()
    keep(page, "visit-390-missing")
    assert page.get_by_label("Your name", exact=True).input_value() == "Inspector One"
    page.get_by_test_id("stDateInput").get_by_role("spinbutton").first.click()
    page.keyboard.type("20261120")
    page.keyboard.press("Tab")
    page.get_by_text("I made this visit").click()
    keep(page, "visit-390")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text(re.compile(r"Visit .* recorded")).wait_for()
    (done,) = [one for one in served.get("visits")["visits"] if one["visit_id"] == visit["visit_id"]]
    assert (done["state"], done["outcome"], done["visited_on"]) == ("done", "favourable", "2026-11-20")


def is_whole(page, width: int) -> None:
    """Nothing but a chart or a scrolling table reaches over the edge, and no word is broken in a table."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    over = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stMain] p, [data-testid=stMain] td, [data-testid=stMain] button, [data-testid=stMain] input')]"
        ".filter(one => !one.closest('[data-testid=stDataFrame], [data-testid=stElementToolbar], [role=tablist]') && one.getBoundingClientRect().width && "
        "one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 120))"
    )
    assert over == []


@pytest.mark.parametrize("width", [1280, 390])
def test_an_analyst_reads_a_case_whole_at_both_widths(visitor, served, width):
    row = next(row for row in served.queue() if row["state"] == "undecided" and row["band"] in ("elevated", "high", "critical"))
    page = visitor(f"/application?id={row['application_id']}", "analyst", width, 844)
    page.get_by_role("heading", name="Decide").wait_for()
    for question in ("What is asked", "How risky", "Why (the weightiest)", "What is missing", "What would help"):
        assert page.get_by_text(question).first.is_visible()
    idle(page)
    is_whole(page, width)
    keep(page, f"case-{width}")
    page.get_by_role("button", name="Work it out").click()
    page.get_by_role("button", name="Work it out").wait_for(state="detached")
    page.get_by_role("tab", name="Remedies").click()
    page.get_by_text("there is no evidence that a condition prevents diversion").wait_for()
    with page.expect_download() as memo:
        page.get_by_role("button", name="Memo for the applicant").click()
    assert "For the applicant." in memo.value.path().read_text(encoding="utf-8")
    is_whole(page, width)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_planner_finds_who_must_act_and_a_plan_at_both_widths(visitor, served, width):
    page = visitor("/?section=What+is+due", "planner", width, 844)
    page.get_by_text("Who must act").first.wait_for()
    idle(page)
    is_whole(page, width)
    keep(page, f"due-{width}")
    page.get_by_text("Plan", exact=True).click()
    page.get_by_text(re.compile("by risk")).first.wait_for()
    page.wait_for_url(re.compile("plan=P-"))
    is_whole(page, width)
    keep(page, f"plan-{width}")


@pytest.mark.parametrize("width", [1280, 390])
def test_an_auditor_verifies_the_chain_at_both_widths(visitor, width):
    page = visitor("/oversight?oversight=Audit+trail", "auditor", width, 844)
    page.get_by_role("button", name="Verify the whole chain now").click()
    page.get_by_text("Nothing was changed or removed").wait_for()
    is_whole(page, width)
    keep(page, f"audit-{width}")


def found_by_axe(page) -> list[str]:
    """What axe holds against the page as it stands, in both looks."""
    from axe_playwright_python.sync_playwright import Axe

    told = []
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        idle(page)
        page.wait_for_timeout(400)  # colours fade over from one look to the other
        for rule in Axe().run(page).response["violations"]:
            told += [
                f"{scheme}, {width}: {rule['id']}: {node['html'][:160]}"
                for node in rule["nodes"]
                if rule["impact"] in SEVERE and STREAMLITS_OWN.get(rule["id"], "\0") not in node["html"]
            ]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    idle(page)
    return told


def walked(page, steps: tuple[tuple[str, str], ...]) -> list[str]:
    """Through the pages of one person, by what is pressed on each and what tells that it is drawn."""
    told = []
    for press, shows in steps:
        page.get_by_text(press, exact=True).first.click()
        page.get_by_text(re.compile(shows)).first.wait_for()
        idle(page)
        told += [f"{press}: {one}" for one in found_by_axe(page)]
    return told


def test_axe_finds_nothing_serious_on_any_page_of_an_analyst(visitor, served):
    first = worklist.in_order(QueueRow.read(row) for row in served.queue())[0]
    page = visitor(f"/application?id={first.application_id}", "analyst", 1280, 900)
    page.get_by_role("heading", name="Decide").wait_for()
    idle(page)
    if first.open_referrals:
        page.get_by_text("⚑ open").first.click()
    page.get_by_text("Value, source and evidence of each reason").click()
    told = found_by_axe(page)
    told += walked(page, (
        ("Documents", "whether the text of the file"), ("Parties", "Within two hops"), ("Route", "not the course sailed|No route|No coordinates|Not on the map"), ("Remedies", "would go with a lower"), ("History", "revision 1 filed"),
        ("Queue", "shown"), ("Follow-up", "No alert|findings? touch"), ("Proposals", "No proposal|open, the newest"), ("Oversight", "Band mix"), ("Year", "Report as HTML"),
        ("Model", "Policy in force"), ("Feature book", "features, book"), ("Lists", "What changed"), ("Audit trail", "Head of the chain"),
    ))  # fmt: skip
    assert told == []


def test_axe_finds_nothing_serious_on_the_pages_of_a_planner_and_an_inspector(visitor, served):
    page = visitor("/visits?section=Plan", "planner", 1280, 900)
    page.get_by_text(re.compile("by risk")).first.wait_for()
    told = found_by_axe(page) + walked(page, (("What is due", "Who must act"), ("Visits", "✓ done|No visit is planned")))
    visit = next(one for one in served.get("visits", "inspector")["visits"] if one["state"] == "due")
    page = visitor(f"/?visit={visit['visit_id']}", "inspector", 1280, 900)
    page.get_by_text("What to look for").wait_for()
    assert told + found_by_axe(page) == []


@pytest.fixture
def organisation(served, tmp_path) -> Iterator[str]:
    """The dashboards set up as docs/operating.md says, with a provider that knows two people, one of them with a token; their address."""
    port, provider = free_port(), f"http://localhost:{(at := free_port())}"
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(f"""
        [auth]
        redirect_uri = "http://localhost:{port}/oauth2callback"
        cookie_secret = "a long random text, made for this test"
        client_id = "diversion"
        client_secret = "from the provider"
        server_metadata_url = "{provider}/.well-known/openid-configuration"
        client_kwargs = {{ prompt = "login" }}
        [diversion.tokens]
        "anna.lind@authority.example" = "{served.tokens["auditor"]}"
    """)
    people = [f"""--user-claims={{"sub": "{sub}", "email": "{sub}@authority.example", "email_verified": true}}""" for sub in ("anna.lind", "stranger")]
    with (
        running("oidc_provider_mock", "--port", str(at), "--require-nonce", *people, answers=f"{provider}/.well-known/openid-configuration"),
        running("dashboards", "--port", str(port), "--service", served.address, answers=f"http://localhost:{port}/_stcore/health", folder=tmp_path),
    ):
        yield f"http://localhost:{port}"


def test_an_organisations_sign_in_opens_the_page_asked_for_with_the_token_kept_for_that_person(browser, organisation):
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{organisation}/oversight?oversight=Lists")
    page.get_by_role("button", name="Sign in with your organisation").click()
    page.get_by_role("button", name="stranger").click()
    page.get_by_text("signed you in as stranger@authority.example, but no token").wait_for()
    page.get_by_role("button", name="Sign in as somebody else").click()
    page.get_by_role("button", name="End session").click()

    page.get_by_role("button", name="Sign in with your organisation").click()
    page.get_by_role("button", name="Deny").click()
    page.get_by_text("You came back without being signed in").wait_for()

    page.goto(f"{organisation}/oversight?oversight=Lists")
    page.get_by_role("button", name="Sign in with your organisation").click()
    page.get_by_role("button", name="anna.lind").click()
    page.wait_for_url("**/oversight?oversight=Lists")
    page.get_by_text("auditor-one · auditor").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    page.get_by_role("button", name="Sign in with your organisation").wait_for()
    context.close()
