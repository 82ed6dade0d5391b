"""An election of the roads branch, prepared and counted through its pages."""

from __future__ import annotations

import re

import httpx

from tests.support.cast import DISCIPLINE, MEMBERS, ORGANIZER, PUBLICITY, SECRETARY
from tests.support.pages import Pages
from tests.support.wording import sentence

UNIT = "/elections/unit/2"
ELECTION = "/elections/1"
CONTEST = "/elections/contest/1"
TOTALS = "/elections/totals/1"
CANDIDATES = (ORGANIZER, PUBLICITY, DISCIPLINE, MEMBERS[0])
SCRUTINEER, TELLER = MEMBERS[1], MEMBERS[2]
APPROVAL = "杜直工〔2026〕8号"


class Browser:
    """One person's browser on the pages of an election: sends the form `do` to the page it is on, be it there or not."""

    def __init__(self, pages: Pages, page: httpx.Response) -> None:
        self.pages, self.page, self.csrf = pages, page, ""

    async def go(self, path: str) -> str:
        """Open a page; its text."""
        self._remember()
        self.page = await self.pages.http.get(path)
        return self.page.text

    async def do(self, do: str, **fields: str) -> str:
        """Send a form of the page; the text of the page that follows."""
        self._remember()
        self.page = await self.pages.send(self.page, self.page.url.path, do=do, csrf=self.csrf, **fields)
        return self.page.text

    def _remember(self) -> None:
        """Keep the token, for a form that the page does not offer."""
        if found := re.search(r'name="csrf" value="([^"]+)"', self.page.text):
            self.csrf = found[1]


async def enter(pages: Pages, who: str, path: str = UNIT) -> Browser:
    """Sign somebody in."""
    return Browser(pages, await pages.enter(who, path))


async def prepare(pages: Pages, *, seats: int = 3, who: str = SECRETARY, by_election: bool = False) -> Browser:
    """The secretary prepares an election: candidates, roles, base. The browser is left on the contest's page."""
    browser = await enter(pages, who)
    await browser.do("begin_by" if by_election else "begin")
    await browser.do("contest", office="committee", seats=str(seats), approval_no=APPROVAL)
    for name in CANDIDATES:
        await browser.do("add", name=name)
    await browser.go(ELECTION)
    await browser.do(
        "meeting", held_on="2026-11-02", place="三楼会议室", chair=MEMBERS[5], elected_base="present", clause="第八条"
    )
    await browser.do("role", role="scrutineer", name=SCRUTINEER)
    await browser.do("role", role="teller", name=TELLER)
    await browser.do("base")
    await browser.go(CONTEST)
    return browser


async def open_vote(pages: Pages, *, present: int = 10, seats: int = 3) -> Browser:
    """The same, and the first vote is opened."""
    browser = await prepare(pages, seats=seats)
    await browser.do("first", present=str(present))
    return browser


def totals(approvals: dict[str, int], *, valid: int = 9, returned: int = 10, **other: str) -> dict[str, str]:
    """The form of a sheet: `returned` ballots of as many voters, `valid` of them; who does not approve disapproves.
    The names are in the order of the form."""
    fields = {"issued": str(returned), "voted": str(returned), "returned": str(returned)}
    fields |= {"invalid": str(returned - valid), "decided": "0"}
    for at, votes in enumerate(approvals.values()):
        fields |= {f"approve_{at}": str(votes), f"disapprove_{at}": str(valid - votes), f"abstain_{at}": "0"}
    return fields | other


async def count(pages: Pages, vote: int, fields: dict[str, str], *others: str) -> str:
    """Two people type the same totals; the text of the last page."""
    text = ""
    for who in others or (SCRUTINEER, TELLER):
        browser = await enter(pages, who, f"/elections/totals/{vote}")
        text = await browser.do("totals", **fields)
    return text


def listed(*names: str) -> str:
    """Names one after the other, as the pages of an election list them."""
    return sentence("election.comma").join(names)


def vote_heading(number: int, kind: str) -> str:
    """The heading of a vote on its contest's page; the kinds are preliminary, first, tie and rest."""
    return sentence("election.page.vote", number=number, kind=sentence(f"election.page.kind_{kind}"))


def names_in_order(text: str) -> list[str]:
    """The names of the candidates' list of a contest's page."""
    return re.findall(r"<strong>(.+?)</strong>", text.split("<ol", 1)[1].split("</ol>")[0])
