from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.secrecy import BANK_CARD, ID_NUMBER, MARK, PHONE_LIST, find_marks

CONTENT = Path(__file__).parents[2] / "content" / "secrecy.toml"
MARKS: list[str] = tomllib.loads(CONTENT.read_text(encoding="utf-8"))["marks"]


def check_digit(body: str) -> str:
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    return "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


def luhn(body: str) -> str:
    for last in "0123456789":
        digits = [int(d) for d in reversed(body + last)]
        if (sum(digits[::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[1::2])) % 10 == 0:
            return body + last
    raise AssertionError(body)


# Made-up numbers: an unused region code, and a card body of one repeated pattern.
ID = "11019919010101001" + check_digit("11019919010101001")
WRONG = ID[:17] + ("1" if ID[17] != "1" else "2")
ID_X = next(body + "X" for body in (f"11019919010101{n:03d}" for n in range(1000)) if check_digit(body) == "X")
CARD = luhn("622200000000000000")
FULL_WIDTH = str.maketrans("0123456789Xx-", "０１２３４５６７８９Ｘｘ－")


@pytest.mark.parametrize(
    "text",
    [
        "绝密",
        "本件为机密文件",
        "秘密★1年",
        "绝 密",
        "机\u200b密",
        "机-密",
        "机\n密★10年",
        "★长期",
        "★５年",
        "公司机密",
        "司机机密档案",
        "内部资料，请妥善保管",
        "内 部 文 件",
        "不得外传",
        "××办法（征求意见稿）",
        "絕密",
    ],
)
def test_marks_are_found(text: str) -> None:
    assert find_marks(text, MARKS) == (MARK,)


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"身份证号{ID}，请登记",
        ID.translate(FULL_WIDTH),
        f"{ID[:6]} {ID[6:14]} {ID[14:]}",
        f"{ID[:6]}-{ID[6:10]}-{ID[10:12]}-{ID[12:14]}-{ID[14:]}",
        " ".join(ID),
        "\u200b".join(ID),
        f"1 {ID}",
        f"2026 {ID} 12",
        f"序号1：{ID_X}",
        ID_X.lower(),
        f"{ID_X[:17]} x",
        ID_X.translate(FULL_WIDTH),
        "110199800101001",
        "110199 800101 001",
    ],
)
def test_id_numbers_are_found(text: str) -> None:
    assert ID_NUMBER in find_marks(text, MARKS)


@pytest.mark.parametrize(
    "text",
    [
        WRONG,
        f"身份证{WRONG}，请登记",
        WRONG.translate(FULL_WIDTH),
        f"{WRONG[:6]} {WRONG[6:14]} {WRONG[14:]}",
        f"{WRONG[:6]}-{WRONG[6:10]}-{WRONG[10:12]}-{WRONG[12:14]}-{WRONG[14:]}",
        " ".join(WRONG),
        f"1 {WRONG} 2",
        f"{ID[:17]}X",
        f"{ID[:17]} x",
    ],
)
def test_what_looks_like_an_id_number_is_one_whatever_its_check_digit(text: str) -> None:
    assert ID_NUMBER in find_marks(text, MARKS)


def test_a_wrong_province_or_birthday_is_no_id_number() -> None:
    bad_day = "11019919011301001"
    bad_place = "99019919010101001"
    for number in (
        bad_day + check_digit(bad_day),
        bad_place + check_digit(bad_place),
        "110199801301001",
        "11 01 99199 01 010 0012",
    ):
        assert ID_NUMBER not in find_marks(number, MARKS)


@pytest.mark.parametrize(
    "text",
    [
        "13800000001 13800000002 13800000003",
        "甲13800000001\n乙13900000002\n丙15000000003",
        "１３８００００００１，１３８００００００２，１３８００００００３".replace("００００００", "０００００００"),
        "138-0000-0001、138 0000 0002、+86 138 0000 0003",
        "8613800000001；008613800000002；86-13800000003",
        "1. 13800000001 2. 13800000002 3. 13800000003",
    ],
)
def test_phone_lists_are_found(text: str) -> None:
    assert find_marks(text, MARKS) == (PHONE_LIST,)


def test_other_marks_between_the_digits_hide_no_number() -> None:
    for mark in ",;/|*:、。一ー•～，；／":
        assert find_marks(mark.join((ID[:6], ID[6:14], ID[14:])), MARKS) == (ID_NUMBER,), mark
        assert find_marks(mark.join(("138", "0000", "0001")), MARKS, phones=1) == (PHONE_LIST,), mark
        assert BANK_CARD in find_marks(mark.join((CARD[:4], CARD[4:8], CARD[8:12], CARD[12:])), MARKS), mark


def test_lists_of_figures_are_no_numbers_of_persons() -> None:
    for text in ("经费3000、4000、5000、6000元", "得票13、14、15、16、17、8", "1300、1400、150", "15:0:2,16:0:1,17:0:0",
                 "1,200,000,000,000,000", "2026/11/30 12:30:45", "10:00，10:30，11:00，11:30"):  # fmt: skip
        assert find_marks(text, MARKS, phones=1) == (), text


def test_one_contact_is_no_list() -> None:
    assert find_marks("联系人：张某，电话13800000001", MARKS) == ()
    assert find_marks("13800000001 或 13800000002", MARKS) == ()
    assert find_marks("13800000001 13800000001 138-0000-0001", MARKS) == ()
    assert find_marks("13800000001 13800000002", MARKS, phones=2) == (PHONE_LIST,)


@pytest.mark.parametrize(
    "text",
    [
        CARD,
        f"卡号{CARD}。",
        CARD.translate(FULL_WIDTH),
        " ".join(CARD),
        "-".join(CARD[i : i + 4] for i in range(0, 19, 4)),
        "\u2013".join(CARD[i : i + 4] for i in range(0, 19, 4)),
        f"{CARD[:6]} {CARD[6:]}",
        luhn("400000000000000"),
    ],
)
def test_bank_cards_are_found(text: str) -> None:
    assert find_marks(text, MARKS) == (BANK_CARD,)


def test_a_card_number_that_fails_the_check_is_none() -> None:
    assert find_marks(CARD[:-1] + str((int(CARD[-1]) + 1) % 10), MARKS) == ()


@pytest.mark.parametrize(
    "text",
    [
        "关于开展2026年11月支部主题党日活动的通知",
        "时间：2026-11-22 14:00 至 2026-11-22 - 2026-11-25，地点：三楼会议室，请提前10分钟签到。",
        "2026.11.22 2026.11.25 2026.12.03",
        "★2026年重点工作：公路养护、超限治理、安全生产。",
        "请公交司机密切关注天气，杜绝密集停放；手机密码、计算机密码要定期更换。",
        "请把飞机密封件检查表带来，拒绝密室聚集。",
        "咨询电话：400-820-8820、027-87654321，联系人手机13800000001。",
        "应到22人，实到18人，请假3人，缺席1人；出席率81.8%，覆盖率90.9%。",
        "学习《中国共产党支部工作条例（试行）》第十一条至第十六条。",
        "养护里程 3 12 15 4 6 8 10 22 31 7 9 11 公里",
        "国办发明电〔2025〕7号，统一社会信用代码 12420000MB0000000A",
        "订单号20261122000012345，快递单号1234567890123",
        "链接 https://www.gov.cn/zhengce/202511/content_7047090.htm",
        "坚守秘密战线的故事；保守党的秘密是党员的义务。",
        "",
    ],
)
def test_ordinary_notices_pass(text: str) -> None:
    assert find_marks(text, MARKS) == ()


def test_several_rules_in_a_fixed_order() -> None:
    text = f"机密 {CARD} 甲 {ID} 乙 13800000001,13800000002,13800000003"
    assert find_marks(text, MARKS) == (MARK, ID_NUMBER, PHONE_LIST, BANK_CARD)


def test_without_words_only_numbers_are_found() -> None:
    assert find_marks("绝密", []) == ()
    assert find_marks(ID, []) == (ID_NUMBER,)


@given(st.text(max_size=300))
def test_any_text_gives_known_ids(text: str) -> None:
    assert set(find_marks(text, MARKS)) <= {MARK, ID_NUMBER, PHONE_LIST, BANK_CARD}


@given(st.text(alphabet="0123456789 -xX１★年机密\n", max_size=10_000))
def test_crafted_text_gives_known_ids(text: str) -> None:
    assert set(find_marks(text, MARKS)) <= {MARK, ID_NUMBER, PHONE_LIST, BANK_CARD}


@pytest.mark.parametrize("text", ["1 " * 20_000, "1" * 40_000, "6-" * 20_000, "机 " * 20_000, "13" * 20_000 + "x"])
def test_long_repetition_is_handled(text: str) -> None:
    assert MARK not in find_marks(text, MARKS)


@given(
    st.integers(0, 999),
    st.lists(st.sampled_from(["", "", " ", "-", "\u3000", "\u200b", "－"]), min_size=17, max_size=17),
    st.booleans(),
)
def test_separators_and_width_never_hide_an_id_number(n: int, gaps: list[str], wide: bool) -> None:
    body = f"11019919010101{n:03d}"
    number = body + check_digit(body)
    spread = "".join(char + gap for char, gap in zip(number, [*gaps, ""], strict=True))
    assert ID_NUMBER in find_marks(spread.translate(FULL_WIDTH) if wide else spread, [])
