"""Messages, rendering, tokens, clocks: the values that everything else rests on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, fields, replace

from bot.clock import SHANGHAI, ShiftedClock, aware, to_utc
from bot.messages import (
    Address,
    Attachment,
    Caps,
    Choice,
    Inbound,
    Link,
    Message,
    Unmade,
    from_json,
    read_token,
    to_json,
)
from bot.render import render
from bot.signing import BadToken, Signer, hours, new_code, sign_in_path

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
SIGNER = Signer(b"k" * 32)
BARE = Caps(buttons=0, max_chars=200)

texts = st.text(max_size=40)
choices = st.builds(Choice, texts, st.from_regex(r"v:[0-9]{1,6}:(-1|[0-9]{1,2})", fullmatch=True))
messages = st.builds(
    Message,
    texts,
    st.lists(choices, max_size=5).map(tuple),
    st.lists(st.builds(Link, texts, texts), max_size=2).map(tuple),
    st.lists(st.builds(Attachment, texts, texts, st.binary(max_size=50)), max_size=2).map(tuple),
    st.integers(1, 3),
    st.integers(0, 9),
)


def test_a_chosen_or_cleaned_event_loses_no_field() -> None:
    event = Inbound(
        "telegram", "7", Address("telegram", "9", True, "3"), "e\u200e1", "一\x00", "v:1:2", (4,), False, "m1", True, "8",
        "s1", "10.0.0.1", ("album",), (5,),
    )  # fmt: skip
    bare = Inbound("", "", Address("", ""), "")
    assert [one.name for one in fields(Inbound) if getattr(event, one.name) == getattr(bare, one.name)] == []
    assert asdict(event.chosen((1, 2))) == {**asdict(event), "options": (1, 2)}
    assert event.cleaned() == replace(event, text="一", event_id="e1")


@given(messages)
def test_a_message_survives_json(message: Message) -> None:
    assert from_json(to_json(message)) == message


def test_an_unmade_file_is_made_for_an_answer_and_never_stored() -> None:
    answer = Message("好了", attachments=(Attachment("a", "m", b"1"),), unmade=(Unmade("b", "n", lambda: b"2"),))
    with pytest.raises(ValueError, match="finished files"):
        to_json(answer)
    made = Message("好了", attachments=(Attachment("a", "m", b"1"), Attachment("b", "n", b"2")))
    assert answer.made() == made


@given(messages, st.integers(40, 400), st.integers(0, 10))
def test_rendered_text_keeps_within_the_platform_and_its_choices(message: Message, chars: int, buttons: int) -> None:
    caps = Caps(buttons=buttons, max_chars=chars, link_buttons=True)
    shown = render(message, caps)
    assert len(shown.choices) <= buttons
    if shown.choices == message.choices:
        assert len(shown.text) <= chars


def test_choices_become_numbered_lines_without_buttons() -> None:
    message = Message("选一个", (Choice.option(7, 0, "甲"), Choice.option(7, 1, "乙"), Choice.option(7, -1, "选好了")))
    assert render(message, BARE).text == "选一个\n1. 甲\n2. 乙"
    assert render(message, Caps(buttons=3)).choices == message.choices


def test_links_go_into_the_text_where_there_are_no_link_buttons() -> None:
    assert "打开 http://x/y" in render(Message("看", links=(Link("打开", "http://x/y"),)), BARE).text


@given(st.text(max_size=80))
def test_reading_a_token_never_fails(token: str) -> None:
    found = read_token(token)
    assert found is None or token.startswith("v:")


def test_a_button_carries_at_most_64_bytes() -> None:
    with pytest.raises(ValueError, match="62 bytes"):
        Choice.command("很长的命令" * 6)
    assert len(Choice.option(2**31, 99, "x").token.encode()) <= 64


def test_signed_text_is_read_back_only_for_its_purpose_and_in_time() -> None:
    token = SIGNER.sign("page", "m12|/chat", NOW + hours(1))
    assert SIGNER.read("page", token, NOW) == "m12|/chat"
    for purpose, moment, problem in (("other", NOW, "forged"), ("page", NOW + hours(2), "expired")):
        with pytest.raises(BadToken, match=problem):
            SIGNER.read(purpose, token, moment)
    with pytest.raises(BadToken, match="forged"):
        Signer(b"z" * 32).read("page", token, NOW)


@given(st.text(max_size=60))
def test_a_made_up_token_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        SIGNER.read("page", token, NOW)


def test_only_the_canonical_spelling_is_a_token() -> None:
    for length in range(6):
        token = SIGNER.sign("page", "m12|" + "x" * length, NOW + hours(1))
        head, _, tail = token.partition(".")
        others = {token + more for more in ("~~~~", "=", "==", "\n", "%", ".", ".x", "AAAA", " ")}
        others |= {
            head + "=." + tail,
            head + "~." + tail,
            "~" + token,
            f"{head}..{tail}",
            token.replace("-", "+") + " ",
        }
        for part, where in ((head, 0), (tail, 1)):
            for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
                changed = part[:-1] + last
                others.add(f"{changed}.{tail}" if where == 0 else f"{head}.{changed}")
        for other in others - {token}:
            with pytest.raises(BadToken):
                SIGNER.read("page", other, NOW)
        assert SIGNER.read("page", token, NOW) == "m12|" + "x" * length


def test_a_button_is_read_only_as_it_was_written() -> None:
    assert read_token(Choice.option(12, -1, "x").token) == (12, -1)
    for token in ("v:012:1", "v:12:01", "v:12:+1", "v:12: 1", "v:12:1_0", "v:12:-0", "v:12:１", "v:12:1\n", "v:0:1"):
        assert read_token(token) is None, token


def test_a_rolling_code_holds_for_its_window_and_the_next() -> None:
    code = SIGNER.rolling_code("sign-in:1", NOW, 30)
    assert SIGNER.check_rolling("sign-in:1", code, NOW + timedelta(seconds=30), 30)
    assert not SIGNER.check_rolling("sign-in:1", code, NOW + timedelta(seconds=61), 30)
    assert not SIGNER.check_rolling("sign-in:2", code, NOW, 30) or code == SIGNER.rolling_code("sign-in:2", NOW, 30)
    assert not SIGNER.check_rolling("sign-in:1", "１２３４五", NOW, 30)


def test_codes_have_no_characters_that_look_alike() -> None:
    assert not set("".join(new_code() for _ in range(200))) & set("01OIL")


def test_two_links_are_never_the_same() -> None:
    assert sign_in_path(SIGNER, "m1", "/chat", NOW) != sign_in_path(SIGNER, "m1", "/chat", NOW)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Signer(b"short")


def test_naive_times_are_refused_and_the_clock_runs_on() -> None:
    with pytest.raises(ValueError, match="naive"):
        aware(datetime(2026, 1, 1))
    assert to_utc(NOW) == datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    clock = ShiftedClock(NOW)
    assert NOW <= clock.now() < clock.now() + timedelta(microseconds=1)
    clock.set(NOW + timedelta(days=9))
    assert clock.now().tzinfo is SHANGHAI
    assert clock.now() >= NOW + timedelta(days=9)
