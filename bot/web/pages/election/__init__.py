"""The pages of elections: terms, preparation, ballots to print, totals, results, the report. Nobody votes here."""

from __future__ import annotations

from bot.messages import Role
from bot.web.page import Page
from bot.web.pages.election import contest, ledger, prepare, totals

PAGES = (
    Page("/elections", Role.MEMBER, get=ledger.everywhere, menu=(Role.SECRETARY, Role.OFFICE)),
    Page("/elections/unit/{unit}", Role.MEMBER, get=ledger.show, post=ledger.save),
    Page("/elections/contest/{contest}", Role.SECRETARY, get=contest.show, post=contest.save),
    Page("/elections/ballot/{contest}", Role.SECRETARY, get=contest.ballots),
    Page("/elections/ballot/{contest}/docx", Role.SECRETARY, get=contest.ballots_docx),
    Page("/elections/ballot/{contest}/tally", Role.SECRETARY, get=contest.tally_docx),
    Page("/elections/totals/{vote}", Role.MEMBER, get=totals.show, post=totals.save),
    Page("/elections/{election}", Role.SECRETARY, get=prepare.show, post=prepare.save),
    Page("/elections/{election}/docx/{what}", Role.SECRETARY, get=prepare.download),
)
