"""What follows from incidents: districts are told the same day, the vendor is asked."""

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.catalogue import queries as catalogue
from marketplace.core import jobs, mail
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.oversight import queries, service


@on("oversight.incident_confirmed")
def tell_districts(session: Session, event: Event) -> None:
    service.tell_districts(session, Actor.system(), event.subject_id)


@jobs.timed
def tell_newcomers(session: Session) -> int:
    """Districts that began to use a tool while its incident is open hear of it as well."""
    return sum(
        service.tell_districts(session, Actor.system(), incident_id)
        for incident_id in queries.open_incidents(session)
    )


@on("oversight.incident_reported")
def ask_vendor(session: Session, event: Event) -> None:
    """The vendor hears of a report about its tool and may answer; not who reported it."""
    incident = queries.get_incident(session, event.subject_id)
    if incident.org_id == incident.vendor_id:
        return
    tool = catalogue.tools_by_id(session, [incident.tool_id])[incident.tool_id]
    vendor = accounts.get_organization(session, incident.vendor_id)
    for person in accounts.people_with_role(session, vendor.id, Role.ADMINISTRATOR):
        mail.send(
            session,
            person.email,
            f"An incident was reported: {tool.name}",
            "Somebody reported an incident of your tool. It is not confirmed. Your answer goes on "
            "its public timeline:\n\n"
            f"{mail.site_address()}/v/{vendor.slug}/incidents/{incident.id}/answer\n",
        )
