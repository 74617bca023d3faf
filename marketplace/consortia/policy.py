"""Who may do what in a consortium."""

from typing import Any

from marketplace.accounts.rules import Role
from marketplace.consortia.handover_rules import ROLE_OF
from marketplace.core import access
from marketplace.core.access import Actor, is_system


def founds(actor: Actor, _subject: Any) -> bool:
    """Whoever runs an agency or a district; of a district its board or superintendent too."""
    if actor.org_kind == "district":
        return actor.acts_as(Role.ADMINISTRATOR, Role.APPROVER)
    return actor.org_kind == "service_agency" and actor.acts_as(Role.ADMINISTRATOR)


def convenes(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.CONVENER, subject.org_id)


def keeps_its_money(actor: Actor, subject: Any) -> bool:
    return actor.has(Role.FISCAL_AGENT, subject.org_id)


def speaks_for_a_district(actor: Actor, _subject: Any) -> bool:
    return actor.org_kind == "district" and actor.acts_as(
        Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER
    )


def is_that_district(actor: Actor, subject: Any) -> bool:
    return actor.org_id is not None and actor.org_id == subject.district_id


def holds_the_office(actor: Actor, handover: Any) -> bool:
    """The people of the office that is offered, in the consortium."""
    return actor.has(ROLE_OF[handover.office], handover.org_id)


def is_offered_it(actor: Actor, handover: Any) -> bool:
    return actor.org_id is not None and actor.org_id == handover.to_id


def gave_it(actor: Actor, handover: Any) -> bool:
    return actor.org_id is not None and actor.org_id == handover.from_id


def belongs_to_it(actor: Actor, subject: Any) -> bool:
    """A member district, the lead agency, or the consortium's own desk."""
    return subject.org_id in actor.scope


def administers(actor: Actor, _subject: Any) -> bool:
    return actor.acts_as(Role.ADMINISTRATOR)


access.declare(
    {
        "consortia.found_consortium": [[founds]],
        "consortia.save_founding": [[founds]],
        "consortia.constitute": [[convenes]],
        "consortia.save_by_laws": [[convenes]],
        "consortia.check_by_laws": [[convenes]],
        "consortia.adopt_by_laws": [[convenes]],
        "consortia.discard_by_laws": [[convenes]],
        "consortia.put_by_laws_to_vote": [[convenes]],
        "consortia.end_by_laws_vote": [[is_system]],
        "consortia.accept_by_laws": [[is_that_district, speaks_for_a_district]],
        "consortia.console": [[convenes], [keeps_its_money]],
        "consortia.member": [[convenes]],
        "consortia.invite_district": [[convenes]],
        "consortia.ask_to_join": [[speaks_for_a_district]],
        "consortia.approve_request": [[convenes]],
        "consortia.admit_district": [[is_system]],
        "consortia.name_voters": [[is_that_district, speaks_for_a_district]],
        "consortia.answer_invitation": [[is_that_district, speaks_for_a_district]],
        "consortia.file_instrument": [[is_that_district, speaks_for_a_district], [convenes]],
        "consortia.instrument_file": [[is_that_district], [convenes]],
        "consortia.begin_membership": [[is_system]],
        "consortia.end_after_notice": [[is_system]],
        "consortia.remind_of_end": [[is_system]],
        "consortia.warn_of_term": [[is_system]],
        "consortia.wind_up": [[is_system]],
        "consortia.dissolve": [[is_system]],
        "consortia.observers": [[convenes]],
        "consortia.name_observer": [[convenes]],
        "consortia.end_observing": [[convenes]],
        "consortia.member_history": [[belongs_to_it], [is_that_district]],
        "consortia.leave_consortium": [[is_that_district, speaks_for_a_district]],
        "consortia.end_membership": [[convenes]],
        "consortia.offer_office": [[holds_the_office]],
        "consortia.take_offer_back": [[holds_the_office]],
        "consortia.hand_over": [
            [convenes],
            [keeps_its_money],
            [is_offered_it, administers],
            [gave_it, administers],
        ],
        # Where the by-laws hide the names of members from outsiders.
        "consortia.see_names": [[belongs_to_it]],
        "consortia.accept_office": [[is_offered_it, administers]],
        "consortia.decline_office": [[is_offered_it, administers]],
    }
)
