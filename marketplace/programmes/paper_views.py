"""Papers of grants: the letter to a district, the report of a programme, and its rows as CSV."""

from typing import Any
from uuid import UUID

from flask import render_template
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.core import clock, db, pdf, tenancy, web
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.programmes import queries
from marketplace.programmes.movement_rules import AWARD_TAGS
from marketplace.programmes.queries import Granted
from marketplace.programmes.shared_views import SHARES, bp, own_programme, version_words

LETTER_WHY = "a letter names its programme and funder, which are public"
COLUMNS = (
    "grant",
    "leaid",
    "district",
    "consortium",
    "pool",
    "version",
    "share_cents",
    "grant_cents",
    "state",
    "awarded_on",
    "credit_note",
    "invoice",
    "ledger_entry",
    "undone_by_entry",
    "pupils",
    "pupils_year",
    "poverty_year",
    "locale",
)


@bp.get("/f/<slug>/programmes/<programme>/grants.csv")
@login_required
def grants_csv(slug: str, programme: str) -> Any:
    """The grant ledger: a row for each grant, tied to its share, bill and entry."""
    _funder, found = own_programme(slug, programme)
    with tenancy.everyone(SHARES):
        grants = queries.granted(db.session(), programme_id=found.id)
    return web.csv_response(f"{found.slug}-grants", COLUMNS, [_row(each) for each in grants])


def _row(each: Granted) -> tuple[Any, ...]:
    award, facts = each.award, each.award.facts
    return (
        award.number,
        award.leaid,
        each.district,
        each.consortium,
        each.pool,
        each.version,
        award.share_cents,
        award.cents,
        award.status.value,
        award.awarded_at.date().isoformat(),
        each.note_number,
        each.invoice_number,
        award.ledger_seq,
        award.reversal_seq,
        facts["pupils"],
        facts["pupils_year"],
        facts["poverty_year"],
        facts["locale"],
    )


@bp.get("/f/<slug>/programmes/<programme>/report.pdf")
@login_required
def programme_report(slug: str, programme: str) -> Any:
    funder, found = own_programme(slug, programme)
    session = db.session()
    versions = queries.versions(session, found.id)
    fund = queries.fund_of(session, versions[0])
    with tenancy.everyone(SHARES):
        grants = queries.granted(session, programme_id=found.id)
    content = pdf.render(
        "programme_report",
        funder=funder.name,
        title=found.title,
        made=clock.now().date().isoformat(),
        purpose=versions[0].purpose,
        version=versions[0].number,
        starts_on=versions[0].starts_on.isoformat(),
        ends_on=versions[0].ends_on.isoformat(),
        **version_words(versions[0]),
        money=[
            ["Pledged", fund.pledged_cents],
            ["Received", fund.received_cents],
            ["Promised, not released", fund.committed_cents],
            ["Spent", fund.spent_cents],
            ["Returned", fund.returned_cents],
            ["In the books now", fund.held_cents],
        ],
        grants=[
            [
                str(each.award.number),
                each.district,
                each.pool,
                each.award.share_cents,
                each.award.cents,
                AWARD_TAGS[each.award.status][1],
                str(each.award.ledger_seq or ""),
            ]
            for each in grants
        ],
    )
    return web.pdf_response(f"{found.slug}-report", content)


@bp.get("/f/<slug>/awards/<uuid:award_id>.pdf")
@login_required
def award_letter(slug: str, award_id: UUID) -> Any:
    """At the funder's desk."""
    award = queries.get_award(db.session(), award_id)
    funder = accounts.get_organization(db.session(), award.org_id)
    if funder.slug != slug or not can(current_actor(), "programmes.award_letter", award):
        raise NotFound("There is no such grant.")
    return _letter(award_id)


@bp.get("/d/<leaid>/grants")
@login_required
def district_grants(leaid: str) -> Any:
    session = db.session()
    district = accounts.organization_by_leaid(session, leaid)
    if not can(current_actor(), "programmes.district_grants", district):
        raise NotFound("There is no such page.")
    with tenancy.everyone("a district sees the grants on its own shares, whoever gives them"):
        grants = queries.granted(session, district_id=district.id)
        programmes = {
            each: queries.get_programme(session, each)
            for each in {g.award.programme_id for g in grants}
        }
    return render_template(
        "programmes/district_grants.html",
        district=district,
        grants=grants,
        programmes=programmes,
        funders=accounts.organizations_by_id(session, {g.award.org_id for g in grants}),
    )


@bp.get("/d/<leaid>/grants/<uuid:award_id>.pdf")
@login_required
def district_letter(leaid: str, award_id: UUID) -> Any:
    """At the district's desk."""
    award = queries.get_award(db.session(), award_id)
    if award.leaid != leaid or not can(current_actor(), "programmes.award_letter", award):
        raise NotFound("There is no such grant.")
    return _letter(award_id)


def _letter(award_id: UUID) -> Any:
    session = db.session()
    with tenancy.everyone(LETTER_WHY):
        found = queries.granted(session, award_id=award_id)[0]
        award = found.award
        programme = queries.get_programme(session, award.programme_id)
        versions = queries.versions(session, programme.id)
        version = next(v for v in versions if v.id == award.version_id)
        known = queries.grants_on_orders(session, [award.order_id])[award.order_id]
        funder = accounts.get_organization(session, award.org_id)
    facts = award.facts
    before = sum(g.cents for g in known if g.place < award.place and g.status in queries.IN_FORCE)
    with clock.frozen(award.changed_at):  # the same bytes for the same state
        content = pdf.render(
            "grant_letter",
            number=award.number,
            programme=programme.title,
            funder={"name": funder.name, "place": _place(funder), "leaid": None},
            district={"name": found.district, "place": facts["state"], "leaid": award.leaid},
            consortium=found.consortium,
            pool=found.pool,
            awarded=award.awarded_at.date().isoformat(),
            state=AWARD_TAGS[award.status][1],
            version=version.number,
            **version_words(version),
            share_cents=award.share_cents,
            before_cents=before,
            cents=award.cents,
            facts=_facts_words(facts),
            entry=award.ledger_seq,
            seal=f"{award.ledger_seq}:{award.ledger_hash}" if award.ledger_seq else "",
            undone=award.reversal_seq,
        )
    return web.pdf_response(f"grant-{programme.slug}-{award.number}", content)


def _place(organization: Any) -> str:
    return ", ".join(part for part in (organization.city, organization.state) if part)


def _facts_words(facts: dict[str, Any]) -> list[list[str]]:
    """What the directory said on the day, with years; what is missing is said."""
    children, poor = facts["children"], facts["children_in_poverty"]
    known = children and poor is not None
    return [
        [
            "Locale",
            f"{facts['locale']} ({facts['locale_year']})" if facts["locale"] else "Not known",
        ],
        [
            "Enrolment",
            f"{facts['pupils']:,} ({facts['pupils_year']})"
            if facts["pupils"] is not None
            else "Not known",
        ],
        [
            "Children in poverty",
            f"{poor:,} of {children:,} ({facts['poverty_year']})" if known else "Not known",
        ],
    ]
