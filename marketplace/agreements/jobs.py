"""Letters that follow from agreements: sent, acknowledged, withdrawn."""

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.agreements import queries
from marketplace.core import mail
from marketplace.core.events import Event, on

FOR_A_DISTRICT = (Role.ADMINISTRATOR, Role.BUYER, Role.DATA_STEWARD)


@on("agreements.join_sent")
def tell_vendor_of_join(session: Session, event: Event) -> None:
    join = queries.get_join(session, event.subject_id)
    vendor = accounts.get_organization(session, join.vendor_id)
    district = accounts.get_organization(session, join.org_id)
    people = accounts.people_with_role(session, vendor.id, Role.ADMINISTRATOR, Role.LISTING_EDITOR)
    for person in people:
        mail.send(
            session,
            person.email,
            f"{district.name} joined your standing offer",
            f"{district.name} signed its own copy and sent it to {join.sent_to}. Read it and say "
            "that you have it:\n\n"
            f"{mail.site_address()}/v/{vendor.slug}/join-notices\n",
        )


@on("agreements.join_acknowledged")
def tell_district_of_answer(session: Session, event: Event) -> None:
    join = queries.get_join(session, event.subject_id)
    vendor = accounts.get_organization(session, join.vendor_id)
    district = accounts.get_organization(session, join.org_id)
    for person in accounts.people_with_role(session, district.id, *FOR_A_DISTRICT):
        mail.send(
            session,
            person.email,
            f"{vendor.name} has your signed agreement",
            f"{join.acknowledged_name} of {vendor.name} says that your signed copy is there. "
            f"The agreement runs until {join.ends_on:%B} {join.ends_on.day}, "
            f"{join.ends_on.year}.\n\n{mail.site_address()}/d/{district.leaid}/agreements\n",
        )


@on("agreements.offer_withdrawn")
def tell_districts_of_withdrawal(session: Session, event: Event) -> None:
    agreement = queries.get_agreement(session, event.subject_id)
    vendor = accounts.get_organization(session, agreement.vendor_id)
    told = {agreement.org_id, *queries.districts_joined(session, agreement.id)}
    for district_id in sorted(told):
        for person in accounts.people_with_role(session, district_id, *FOR_A_DISTRICT):
            mail.send(
                session,
                person.email,
                f"A standing offer of {vendor.name} has ended",
                f"Nobody can join this agreement any more: {agreement.withdrawn_because}\n"
                "What your district signed stays on file. Ask your counsel whether anything "
                "changes for you.\n\n"
                f"{mail.site_address()}/agreements/{agreement.id}\n",
            )
