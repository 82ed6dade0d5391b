"""The pages of ratings: the owner's console, the voter's sheet, the tellers' pages, the result."""

from __future__ import annotations

from bot.web.page import Page
from bot.web.pages.rating import console, named, printed, result, screen, sheet, teller, totals, upload

PAGES: tuple[Page, ...] = (
    *totals.PAGES,
    *console.PAGES,
    *upload.PAGES,
    *screen.PAGES,
    *printed.PAGES,
    *teller.PAGES,
    *result.PAGES,
    *named.PAGES,
    *sheet.PAGES,
)
