"""Every feature and every page. Each is loaded when it is first used: the program starts as fast with fifty."""

from __future__ import annotations

from collections.abc import Sequence

from bot.router import Feature, Load
from bot.web.page import Page


def theme_day() -> Feature:
    from bot.handlers.theme_day import FEATURE

    return FEATURE


def receipts() -> Feature:
    from bot.handlers.receipts import FEATURE

    return FEATURE


def unknown() -> Feature:
    from bot.handlers.unknown import FEATURE

    return FEATURE


def late() -> Feature:
    from bot.handlers.late import FEATURE

    return FEATURE


def notices() -> Feature:
    from bot.handlers.notices import FEATURE

    return FEATURE


def sign_in() -> Feature:
    from bot.handlers.sign_in import FEATURE

    return FEATURE


def attendance() -> Feature:
    from bot.handlers.attendance import FEATURE

    return FEATURE


def leave() -> Feature:
    from bot.handlers.leave import FEATURE

    return FEATURE


def make_up() -> Feature:
    from bot.handlers.make_up import FEATURE

    return FEATURE


def study() -> Feature:
    from bot.handlers.study import FEATURE

    return FEATURE


def practice() -> Feature:
    from bot.handlers.practice import FEATURE

    return FEATURE


def quiz() -> Feature:
    from bot.handlers.quiz import FEATURE

    return FEATURE


def poll() -> Feature:
    from bot.handlers.poll import FEATURE

    return FEATURE


def rating() -> Feature:
    from bot.handlers.rating import FEATURE

    return FEATURE


def election() -> Feature:
    from bot.handlers.election import FEATURE

    return FEATURE


def records() -> Feature:
    from bot.handlers.records import FEATURE

    return FEATURE


def reminders() -> Feature:
    from bot.handlers.reminders import FEATURE

    return FEATURE


def console() -> Feature:
    from bot.handlers.console import FEATURE

    return FEATURE


def mine() -> Feature:
    from bot.handlers.mine import FEATURE

    return FEATURE


def binding() -> Feature:
    from bot.handlers.binding import FEATURE

    return FEATURE


def help() -> Feature:
    from bot.handlers.help import FEATURE

    return FEATURE


FEATURES: dict[str, Load] = {
    load.__name__: load
    for load in (
        theme_day,
        receipts,
        unknown,
        late,
        notices,
        sign_in,
        attendance,
        leave,
        make_up,
        study,
        practice,
        quiz,
        poll,
        rating,
        election,
        records,
        reminders,
        console,
        mine,
        binding,
        help,
    )
}
"""In the order of the help."""


def pages() -> Sequence[Page]:
    """All pages, in the order of the navigation."""
    from bot.web.pages import (
        attendance,
        console,
        election,
        notices,
        poll,
        quiz,
        rating,
        records,
        sign_in,
        study,
        theme_day,
        unknown,
    )

    return (
        *console.PAGES,
        *notices.PAGES,
        *unknown.PAGES,
        *theme_day.PAGES,
        *attendance.PAGES,
        *sign_in.PAGES,
        *poll.PAGES,
        *quiz.PAGES,
        *rating.PAGES,
        *election.PAGES,
        *records.PAGES,
        *study.PAGES,
    )
