"""How by-laws change: a draft, what it changes, its adoption, and each member's yes to it."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.consortia import by_laws_rules, queries, rules
from marketplace.consortia.by_laws_rules import Choices
from marketplace.consortia.change_rules import Change, change_between
from marketplace.consortia.models import ByLaws, Consortium, Member
from marketplace.consortia.rules import ConsortiumStatus, MemberStatus
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.ledger import service as ledger_service


def first_by_laws(
    session: Session, actor: Actor, consortium: Consortium, choices: Choices, text: str
) -> ByLaws:
    """The by-laws a consortium is founded with, in force from its first day."""
    require(actor, "consortia.found_consortium")
    by_laws_rules.check_choices(choices)
    by_laws_rules.check_text(text)
    by_laws = _written(consortium, actor, 1, choices, text)
    by_laws.adopted_at, by_laws.why = clock.now(), "The by-laws the consortium was founded with."
    by_laws.fingerprint = by_laws_rules.fingerprint(choices, by_laws.text)
    session.add(by_laws)
    session.flush()
    _take_effect(session, consortium, by_laws, None)
    return by_laws


def save_by_laws(
    session: Session,
    actor: Actor,
    org_id: UUID,
    choices: Choices,
    text: str,
    seen_revision: int,
) -> ByLaws:
    """Keep the draft of the next version. `seen_revision` is the draft the writer has read (0:
    none): where somebody else has changed it since, nothing is written and the refusal says so.
    """
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.save_by_laws", consortium)
    by_laws_rules.check_choices(choices)
    by_laws_rules.check_text(text)
    draft = queries.by_laws_draft(session, org_id, lock=True)
    rules.check_not_dissolved(consortium.status)
    by_laws_rules.check_draft_is_free(draft.put_to_vote_at if draft else None)
    if draft and (draft.choices, draft.text) == (choices, text.strip()):
        return draft  # the same form, sent twice
    by_laws_rules.check_draft_unchanged(seen_revision, draft.revision if draft else 0)
    if draft is None:
        draft = _written(consortium, actor, consortium.by_laws_version + 1, choices, text)
    else:
        draft.modules, draft.text = by_laws_rules.choices_as_json(choices), text.strip()
        draft.revision += 1
        draft.changed_at, draft.changed_by_id = clock.now(), actor.user_id
    session.add(draft)
    session.flush()
    emit(session, actor, "consortia.by_laws_drafted", draft, version=draft.version)
    return draft


def discard_by_laws(session: Session, actor: Actor, org_id: UUID) -> None:
    """Give the draft up; what was in force stays. Without a draft nothing happens."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.discard_by_laws", consortium)
    draft = queries.by_laws_draft(session, org_id, lock=True)
    if draft is None:
        return
    by_laws_rules.check_draft_is_free(draft.put_to_vote_at)
    emit(session, actor, "consortia.by_laws_discarded", draft, version=draft.version)
    session.delete(draft)


def adopt_by_laws(session: Session, actor: Actor, org_id: UUID, revision: int) -> ByLaws:
    """Put the draft in force: a minor change, or any while the consortium is forming. `revision`
    is the draft that was read; a major change of a constituted consortium needs a vote."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.adopt_by_laws", consortium)
    draft = queries.by_laws_draft(session, org_id, lock=True)
    in_force = queries.by_laws_in_force(session, org_id)
    if draft is None:
        return in_force  # pressed twice
    by_laws_rules.check_draft_is_free(draft.put_to_vote_at)
    by_laws_rules.check_draft_unchanged(revision, draft.revision)
    change = _change(in_force, draft)
    by_laws_rules.check_something_changes(bool(change.differences))
    if consortium.status is ConsortiumStatus.CONSTITUTED:
        by_laws_rules.check_is_minor(change.is_major, change.why)
    _adopt(session, actor, consortium, in_force, draft, change)
    return draft


def put_by_laws_to_vote(session: Session, actor: Actor, org_id: UUID, revision: int) -> ByLaws:
    """From now on the draft stands still, until the vote on it has ended."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.put_by_laws_to_vote", consortium)
    draft = queries.by_laws_draft(session, org_id, lock=True)
    if draft is None:
        raise NotFound("There is no draft of the by-laws.")
    by_laws_rules.check_draft_is_free(draft.put_to_vote_at)
    by_laws_rules.check_draft_unchanged(revision, draft.revision)
    change = _change(queries.by_laws_in_force(session, org_id), draft)
    by_laws_rules.check_something_changes(bool(change.differences))
    draft.put_to_vote_at = clock.now()
    return draft


def end_by_laws_vote(
    session: Session, actor: Actor, org_id: UUID, by_laws_id: UUID, *, passed: bool
) -> ByLaws | None:
    """What a vote on the draft brings: it is in force, or free to be changed again. None when
    that draft is no longer voted on, so a second call changes nothing."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.end_by_laws_vote", consortium)
    draft = queries.by_laws_draft(session, org_id, lock=True)
    if draft is None or draft.id != by_laws_id or draft.put_to_vote_at is None:
        return None
    if passed:
        in_force = queries.by_laws_in_force(session, org_id)
        _adopt(session, actor, consortium, in_force, draft, _change(in_force, draft))
    else:
        draft.put_to_vote_at = None
    return draft


def adopt_cost_method(
    session: Session, actor: Actor, org_id: UUID, terms: dict[str, Any], why: str
) -> ByLaws | None:
    """A vote adopted a way to split costs: a new version with that choice is in force. `terms`
    holds `cost_method`, `equal_bps` and `rest`. None where it is in force already. A draft that
    waits stays, and becomes the version after."""
    consortium = queries.consortium_of(session, org_id, lock=True)
    require(actor, "consortia.end_by_laws_vote", consortium)
    in_force = queries.by_laws_in_force(session, org_id)
    document = by_laws_rules.choices_as_json(in_force.choices) | terms
    choices = by_laws_rules.choices_from_json(document)
    by_laws_rules.check_choices(choices)
    if choices == in_force.choices:
        return None
    if draft := queries.by_laws_draft(session, org_id, lock=True):
        draft.version += 1
        draft.revision += 1  # whoever has it open learns that what is in force has changed
        draft.modules = draft.modules | terms
        session.flush()
    version = consortium.by_laws_version + 1
    adopted = _written(consortium, actor, version, choices, in_force.text)
    session.add(adopted)
    session.flush()
    _adopt(session, actor, consortium, in_force, adopted, _change(in_force, adopted), why)
    return adopted


def accept_by_laws(session: Session, actor: Actor, org_id: UUID, version: int) -> Member:
    """The actor's district accepts the by-laws in force; `version` is the one it has read."""
    member = queries.get_member(session, org_id, actor.home, lock=True)
    require(actor, "consortia.accept_by_laws", member)
    consortium = queries.consortium_of(session, org_id)
    if member.status is not MemberStatus.ACTIVE:
        raise RuleBroken("Your district is not an active member.")
    if version != consortium.by_laws_version:
        raise RuleBroken("The by-laws have changed again since you opened this page. Read on.")
    if member.accepted_by_laws_version != version:
        member.accepted_by_laws_version = version
        emit(session, actor, "consortia.by_laws_accepted", member, version=version)
    return member


# -- steps shared by several use cases; each asked `require` before --------------------------


def _written(
    consortium: Consortium, actor: Actor, version: int, choices: Choices, text: str
) -> ByLaws:
    return ByLaws(
        org_id=consortium.org_id,
        version=version,
        modules=by_laws_rules.choices_as_json(choices),
        text=text.strip(),
        changed_at=clock.now(),
        changed_by_id=actor.user_id,
    )


def _change(before: ByLaws, after: ByLaws) -> Change:
    return change_between(before.choices, after.choices, before.text, after.text)


def _adopt(
    session: Session,
    actor: Actor,
    consortium: Consortium,
    before: ByLaws,
    adopted: ByLaws,
    change: Change,
    why: str = "",
) -> None:
    adopted.adopted_at, adopted.put_to_vote_at = clock.now(), None
    adopted.is_major, adopted.why = change.is_major, why or change.why
    adopted.fingerprint = by_laws_rules.fingerprint(adopted.choices, adopted.text)
    _take_effect(session, consortium, adopted, before)
    session.flush()
    emit(
        session,
        actor,
        "consortia.by_laws_adopted",
        adopted,
        version=adopted.version,
        major=change.is_major,
        cost_method=str(adopted.choices.cost_method),
    )


def _take_effect(
    session: Session, consortium: Consortium, adopted: ByLaws, before: ByLaws | None
) -> None:
    consortium.by_laws_version = adopted.version
    if adopted.is_major:
        consortium.accept_from_version = adopted.version
    consortium.split_method = adopted.choices.cost_method.value
    ends = by_laws_rules.runs_until(adopted.choices, consortium.founded_on)
    if ends != consortium.runs_until:
        consortium.runs_until, consortium.term_reminded_days = ends, None
    session.add(consortium)
    if (before.choices.books if before else None) is not adopted.choices.books:
        # The books stand above and keep what the by-laws say of them.
        name = accounts.get_organization(session, consortium.org_id).name
        ledger_service.set_openness(
            session,
            Actor.system(),
            consortium.org_id,
            adopted.choices.books,
            f"By-laws of {name}, version {adopted.version}, “What the public sees”.",
        )
