"""What the local web chat shows: a person's chats, what was sent to them before, and the people of the demo."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import func
from sqlmodel import col, or_, select, update

from bot.messages import Choice, from_json, read_token
from bot.pane import Pane, Past, Someone
from bot.rules.people import Post as PostKind
from bot.store import people
from bot.store.core.statements import StoreSession
from bot.store.delivery import Delivery, OutgoingMessage, State
from bot.store.people import Account, GroupChat, Member, Post, Unit, UnitKind
from bot.store.prompts import OpenPrompt, Prompt
from bot.store.signed_in import standing_of

CHANNEL = "local"
_HISTORY, _LONGEST_HISTORY = 40, 200
_PAGE = 50


def pane(session: StoreSession, account: str) -> Pane:
    """The pane of a local account."""
    person = people.identify(session, CHANNEL, account)
    if person is None:
        return Pane("", "", ((account, ""),), ())
    branch = people.unit(session, person.branch_id)
    chats = ((account, ""), *_groups(session, branch, person.group_id))
    history, unopened = _history(session, person.id, tuple(chat for chat, _ in chats))
    shown = _as_they_stand(session, person.id, history)
    return Pane(person.name, branch.name, chats, shown, unopened, standing_of(session, account))


def opened(session: StoreSession, deliveries: tuple[int, ...]) -> None:
    """These copies have been shown to somebody."""
    session.execute(
        update(Delivery).where(col(Delivery.id).in_(deliveries), col(Delivery.unopened)).values(unopened=False)
    )


def group_chat(unit_id: int) -> str:
    """The name of a unit's group on the local channel."""
    return f"g:{unit_id}"


def find_people(session: StoreSession, text: str, page: int) -> tuple[list[Someone], bool]:
    """A page of the people with a local account whose name or branch contains `text`; whether more follow.
    Those with posts come first in their branch."""
    ranked = select(Post.member_id)
    query = (
        select(Account.account, Member, Unit.name)
        .join(Member, col(Member.id) == col(Account.member_id))
        .join(Unit, col(Unit.id) == col(Member.branch_id))
        .where(col(Account.channel) == CHANNEL, col(Member.left_on).is_(None))
        .order_by(col(Member.branch_id), col(Member.id).not_in(ranked), col(Member.id))
    )
    if text:
        query = query.where(
            or_(
                col(Member.name).contains(text, autoescape=True),
                col(Unit.name).contains(text, autoescape=True),
            )
        )
    rows = list(session.exec(query.offset(page * _PAGE).limit(_PAGE + 1)))
    posts = _posts(session, [member.id or 0 for _, member, _ in rows])
    found = [
        Someone(account, member.name, branch, posts.get(member.id or 0, ()))
        for account, member, branch in rows
    ]
    return found[:_PAGE], len(found) > _PAGE


def first_panes(session: StoreSession) -> tuple[str, ...]:
    """Whom the demo opens with: a secretary, rather of a branch whose group is bound, and two plain members."""
    secretary = session.exec(
        select(Account.account, Member.branch_id)
        .join(Member, col(Member.id) == col(Account.member_id))
        .join(Post, col(Post.member_id) == col(Member.id))
        .outerjoin(GroupChat, col(GroupChat.unit_id) == col(Member.branch_id))
        .where(
            col(Account.channel) == CHANNEL,
            col(Post.kind) == PostKind.SECRETARY,
            col(Member.left_on).is_(None),
        )
        .order_by(col(GroupChat.unit_id).is_(None), col(Member.id))
    ).first()
    if secretary is None:
        return ()
    plain = session.exec(
        select(Account.account)
        .join(Member, col(Member.id) == col(Account.member_id))
        .where(
            col(Account.channel) == CHANNEL,
            col(Member.branch_id) == secretary[1],
            col(Member.left_on).is_(None),
        )
        .where(col(Member.id).not_in(select(Post.member_id)))
        .order_by(col(Member.id))
        .limit(2)
    )
    return (secretary[0], *plain)


def _posts(session: StoreSession, members: list[int]) -> dict[int, tuple[PostKind, ...]]:
    found: dict[int, tuple[PostKind, ...]] = {}
    for post in session.exec(select(Post).where(col(Post.member_id).in_(members)).order_by(col(Post.kind))):
        found[post.member_id] = (*found.get(post.member_id, ()), post.kind)
    return found


def _groups(session: StoreSession, branch: Unit, group_id: int | None) -> list[tuple[str, str]]:
    """Bound group chats of the branch, of what is above it and of the person's group. A branch without one is
    given a chat in which its secretary can bind it."""
    ids = branch.line + ([group_id] if group_id else [])
    units = {unit.id: unit for unit in session.exec(select(Unit).where(col(Unit.id).in_(ids)))}
    bound = select(GroupChat).where(col(GroupChat.channel) == CHANNEL, col(GroupChat.unit_id).in_(ids))
    found = [
        (chat.unit_id, chat.chat, chat.title) for chat in session.exec(bound.order_by(col(GroupChat.unit_id)))
    ]
    if all(unit_id != branch.id for unit_id, _, _ in found):
        found.append((branch.id or 0, group_chat(branch.id or 0), ""))
    found.sort(key=lambda chat: units[chat[0]].kind is not UnitKind.BRANCH)
    return [(chat, title or units[unit_id].name) for unit_id, chat, title in found]


def _history(
    session: StoreSession, member_id: int, chats: tuple[str, ...]
) -> tuple[list[Past], tuple[int, ...]]:
    """The newest messages, all unopened ones among them as far as a page can hold; and which are unopened. What was
    sent to somebody else who had this account before is not shown."""
    theirs = or_(col(Delivery.is_group), col(Delivery.member_id) == member_id)
    here = (
        col(Delivery.channel) == CHANNEL, col(Delivery.chat).in_(chats), col(Delivery.state) == State.SENT, theirs,
    )  # fmt: skip
    waiting = session.exec(select(func.count()).select_from(Delivery).where(*here, col(Delivery.unopened))).one()
    query = (
        select(Delivery, OutgoingMessage)
        .join(OutgoingMessage, col(OutgoingMessage.id) == col(Delivery.outgoing_id))
        .where(*here)
        .order_by(col(Delivery.finished_at).desc(), col(Delivery.id).desc())
        .limit(min(max(_HISTORY, waiting), _LONGEST_HISTORY))
    )
    rows = list(session.exec(query))
    unopened = tuple(row.id or 0 for row, _ in rows if row.unopened)
    return [
        Past(row.chat, row.message_id, row.finished_at, from_json(outgoing.message))
        for row, outgoing in reversed(rows)
    ], unopened


def _as_they_stand(
    session: StoreSession, member_id: int, history: list[Past]
) -> tuple[Past, ...]:
    """Buttons of questions that this person has answered, or that are closed, show the answer only."""
    ids = {number for past in history for number in past.message.prompts}
    if not ids:
        return tuple(history)
    asked = {prompt.id: prompt for prompt in session.exec(select(Prompt).where(col(Prompt.id).in_(ids)))}
    mine = select(OpenPrompt).where(
        col(OpenPrompt.prompt_id).in_(ids), col(OpenPrompt.member_id) == member_id
    )
    marks = {row.prompt_id: row.marks for row in session.exec(mine) if row.answered}
    return tuple(
        replace(past, message=replace(past.message, choices=_settled(past.message.choices, asked, marks)))
        for past in history
    )


def _settled(
    choices: tuple[Choice, ...], asked: dict[int | None, Prompt], marks: dict[int, int]
) -> tuple[Choice, ...]:
    shown: list[Choice] = []
    for choice in choices:
        number, option = read_token(choice.token) or (0, 0)
        prompt = asked.get(number)
        chosen = option >= 0 and bool(marks.get(number, 0) >> option & 1)
        if chosen:
            shown.append(replace(choice, label="✓ " + choice.label.removeprefix("☐ ")))
        elif number == 0 or (prompt and not prompt.closed and (prompt.changeable or number not in marks)):
            shown.append(choice)
    return tuple(shown)
