"""The pages of terms: what each side sees, and that what was typed stays when refused."""

from io import BytesIO

import pytest
from sqlmodel import select

from marketplace.catalogue.listing_models import ListingVersion
from marketplace.consortia.service import name_voters
from marketplace.core import clock
from marketplace.core.mail import Letter
from marketplace.decisions import service as decisions
from marketplace.decisions.models import Decision, Elector
from marketplace.decisions.rules import Choice
from marketplace.orders import credit_queries
from marketplace.renewals import jobs
from marketplace.renewals.models import (
    RenewalAnswer,
    RenewalNotice,
    TermRequest,
    TrueUpRun,
    UsageCount,
)
from marketplace.renewals.rules import Answer
from tests.conftest import on_sqlite
from tests.renewals.conftest import AT_THE_END, across, at
from tests.renewals.test_service import ask, count

pytestmark = on_sqlite


@pytest.fixture
def here(term):
    """Addresses of a term, by desk."""

    def build(world):
        first = world.districts[0]
        return {
            "district": f"/d/{first.leaid}/terms/{world.org.slug}/{world.pool.slug}",
            "lead": f"/c/{world.org.slug}/terms/{world.pool.slug}",
            "vendor": f"/v/{world.vendor.slug}/terms",
        }

    return build


def test_a_late_join_is_asked_shown_and_answered_on_pages(make, term, here, client_for, look):
    world = term([500], 1200)
    joiner = world.districts[-1]
    buyer, lead = client_for(world.buyers[-1]), client_for(world.lead)
    assert "Join " + world.pool.title in buyer.get(f"/d/{joiner.leaid}/terms").text
    page = f"/d/{joiner.leaid}/terms/{world.org.slug}/{world.pool.slug}/join"

    shown = buyer.send(page, seats="300", starts_on="2026-11-16", show="1")
    wrong = buyer.send(page, seats="3000", starts_on="2026-11-16", contact_name="Pat Lee")
    sent = buyer.send(page, seats="300", starts_on="2026-11-16", once_key="k")

    assert "$2,238.90" in shown.text
    assert "227 of 365" in shown.text
    assert wrong.status_code == 422
    assert 'value="3000"' in wrong.text
    assert 'value="Pat Lee"' in wrong.text
    assert sent.status_code == 302
    request = look.exec(select(TermRequest)).one()
    desk = lead.get(here(world)["lead"]).text
    assert joiner.name in desk
    answer = f"/c/{world.org.slug}/term-requests/{request.id}/join"
    assert "$2,238.90" in lead.get(answer).text
    assert lead.send(answer).status_code == 302
    mine = buyer.get(f"/d/{joiner.leaid}/terms/{world.org.slug}/{world.pool.slug}").text
    assert "$2,238.90" in mine
    assert "300 seats joined late" in buyer.get(f"/d/{joiner.leaid}/orders").text


def test_leaving_shows_everybodys_share_first_and_consents_are_signed(
    make, term, here, act, client_for, look
):
    world = term([450, 60], 1600, {"from": 500, "unit_cents": 1200}, spare=0)
    leaver, stays = (client_for(b) for b in reversed(world.buyers))
    mine = here(world)["district"].replace(world.districts[0].leaid, world.districts[1].leaid)

    page = leaver.get(f"{mine}/leave?on=2027-01-01").text
    short = leaver.send(f"{mine}/leave", starts_on="2027-01-01", reason="No")
    done = leaver.send(f"{mine}/leave", starts_on="2027-01-01", reason="Our school closes.")

    assert all(district.name in page for district in world.districts)
    before_notice = leaver.get(f"/consortia/{world.org.slug}/leave").text
    assert "Your running terms" in before_notice
    assert all(district.name in before_notice for district in world.districts)
    assert short.status_code == 422
    assert "Every member can read it" in short.text
    assert done.status_code == 302
    request = look.exec(select(TermRequest)).one()
    consent = f"/d/{world.districts[0].leaid}/term-requests/{request.id}/consent"
    assert stays.get(consent).status_code == 403  # a buyer does not sign
    signer = client_for(world.signers[0])
    rise = signer.get(consent).text.split('name="rise_cents"')[1].split('value="')[1].split('"')[0]
    assert int(rise) > 0
    assert signer.send(consent, signer_name="Pat", signer_title="S", rise_cents=rise).location
    lead = client_for(world.lead)
    answer = f"/c/{world.org.slug}/term-requests/{request.id}/leave"
    assert "Every remaining member consents" in lead.get(answer).text
    assert lead.send(answer).status_code == 302
    assert "left Jan 1, 2027" in lead.get(here(world)["lead"]).text
    assert "Matches the books to the cent" in lead.get("/open").text


def test_use_is_said_disputed_and_settled_on_pages(make, term, here, client_for, look, act, app):
    world = term([100, 50])
    buyer, vendor = client_for(world.buyers[0]), client_for(world.finance)
    lead, agent = client_for(world.lead), client_for(world.agent)
    first = world.districts[0]
    with at(AT_THE_END):
        assert first.name in vendor.get(here(world)["vendor"]).text
        said = vendor.send(
            f"/v/{world.vendor.slug}/seats-in-use/{world.pool.id}/{first.leaid}", used="60"
        )
        assert said.status_code == 302
        count_id = look.exec(select(UsageCount.id)).one()
        answer = f"/d/{first.leaid}/counts/{count_id}"
        assert buyer.send(answer, agree="no", dispute="?").status_code == 422
        assert buyer.send(answer, agree="no", dispute="We count 70 accounts.").status_code == 302
        assert "We count 70 accounts." in lead.get(here(world)["lead"]).text
        buyer.send(f"/d/{first.leaid}/seats-in-use/{world.pool.id}", used="70")
        assert vendor.send(f"/v/{world.vendor.slug}/counts/{count_id}", agree="yes").location
        count(act, world, 1, 60)
        assert lead.send(f"{here(world)['lead']}/true-up").status_code == 302
        look.rollback()
        run = look.exec(select(TrueUpRun)).one()
        page = f"/c/{world.org.slug}/true-ups/{run.id}"

        assert "$900.00" in buyer.get(page).text  # every member sees the proposal
        assert "Approve and post it" not in lead.get(page).text
        token = agent.get(page).text.split('name="csrf_token"')[1].split('value="')[1]
        sent = agent.post(f"{page}/approve", data={"csrf_token": token.split('"')[0]})

        assert sent.status_code == 302
        assert "entry " in agent.get(page).text
        ledger = buyer.get(f"/d/{first.leaid}/ledger").text
        assert "Orders minus payments equal the books" in ledger
        assert "Credit note 1" in ledger
        assert "Matches the books to the cent" in app.test_client().get("/open").text
        second = client_for(world.buyers[1]).get(f"/d/{world.districts[1].leaid}/ledger").text
        assert "Orders minus payments equal the books" in second
        look.rollback()
        (note,) = credit_queries.credit_notes(look, pool_id=world.pool.id)
        assert "$100.00" in buyer.get(f"/d/{first.leaid}/credit-notes/{note.id}").text
        pdf = buyer.get(f"/d/{first.leaid}/credit-notes/{note.id}.pdf")
        assert pdf.data.startswith(b"%PDF")


def test_a_renewal_is_answered_and_becomes_a_draft_that_invites(
    make, term, here, client_for, look, act, deliver, app
):
    world = term([100, 50])
    buyer, lead = client_for(world.buyers[0]), client_for(world.lead)
    mine = here(world)["district"]
    with at(AT_THE_END):
        page = buyer.get(mine).text
        assert "Not answered" in page
        assert "$1,000.00" in page  # price then and now
        few = buyer.send(f"{mine}/answer", answer="fewer", seats="100", words="Money is short.")
        assert few.status_code == 422
        assert "Money is short." in few.text
        buyer.send(f"{mine}/answer", answer="fewer", seats="80", words="Money is short.")
        said = look.exec(select(RenewalAnswer)).one()
        assert (said.answer, said.seats) == (Answer.FEWER, 80)
        assert "Money is short." in lead.get(f"{here(world)['lead']}/renew").text
        form = {
            "title": "Next year",
            "price_schedule": str(world.pool.price_schedule_id),
            "closes_day": "2027-07-10",
            "closes_time": "23:59",
            "term_starts_on": "2027-08-01",
            "term_ends_on": "2028-07-31",
            "pay_by": "2027-09-01",
        }
        early = lead.send(f"{here(world)['lead']}/renew", **form)
        assert early.status_code == 422
        assert "Put it to a vote" in early.text
        page = f"{here(world)['lead']}/vote"
        asked = {"closes_day": "2027-06-25", "closes_time": "17:00", "words": "It is used daily."}
        late = lead.send(page, **asked | {"closes_day": "2027-06-01"})
        assert late.status_code == 422
        assert "It is used daily." in late.text
        vote = lead.send(page, **asked).location
        assert lead.send(page, **asked).status_code == 422  # one vote at a time
        look.rollback()
        decision = look.exec(select(Decision)).one()
        electors = {e.district_id for e in look.exec(select(Elector))}
        assert electors == {each.id for each in world.districts[:2]}  # not the one without seats
        look.rollback()
        for voter in world.buyers[:2]:
            act(voter, across(name_voters), world.consortium.org_id, voter.id, None)
            act(voter, decisions.cast_vote, decision.id, Choice.YES)
        deliver()
        deliver()
        deliver()
        planned = lead.get(f"{here(world)['lead']}/renew").location
        assert planned.endswith("from-2027")
        assert "A draft pool is made" in lead.get(vote).text
        assert "A draft pool is made" not in buyer.get(vote).text
        look.rollback()
        letters = look.exec(select(Letter).where(Letter.recipient == world.lead.email)).all()
        assert any(letter.subject.startswith("Draft pool to check") for letter in letters)
        look.rollback()
        assert "planned" in buyer.get(mine).text
        assert buyer.send(f"{mine}/answer", answer="leave").status_code == 422


def test_the_exit_card_says_what_the_vendor_answered_and_keeps_the_certificate(
    make, term, client_for, look
):
    world = term([100])
    make.save(
        ListingVersion(
            org_id=world.vendor.id,
            tool_id=world.pool.tool_id,
            number=1,
            question_set="2026-11",
            content={
                "answers": {
                    "exit_formats": {"value": ["csv", "oneroster"]},
                    "exit_days": {"value": 60},
                    "deletion_certificate": {"value": True},
                },
                "editions": [],
            },
            fingerprint="0" * 64,
            published_at=clock.now(),
        )
    )
    order, district = world.orders[0], world.districts[0]
    buyer = client_for(world.buyers[0])
    card = f"/d/{district.leaid}/exit/{order.id}"

    page = buyer.get(card).text
    early = buyer.send(
        f"{card}/certificate", deleted_on="2027-08-01", file=(BytesIO(b"%PDF-1.7 gone"), "c.pdf")
    )
    filed = buyer.send(
        f"{card}/certificate", deleted_on="2026-11-01", file=(BytesIO(b"%PDF-1.7 gone"), "c.pdf")
    )

    assert "CSV files, OneRoster files" in page
    assert "Aug 29, 2027" in page
    assert early.status_code == 422
    assert filed.status_code == 302
    assert "data deleted on Nov 1, 2026" in buyer.get(card).text
    stranger = client_for(make.buyer(make.district()))
    assert stranger.get(card).status_code == 404


def test_notices_go_out_once_whatever_the_clocks_do(make, term, look, app, deliver, act):
    world = term([100])
    letters = []
    for day in range(178, 186):
        with at(clock.now().replace(year=2027, month=1, day=1).replace(hour=day % 24)):
            run(app, jobs.send_notices)
    letters = look.exec(select(RenewalNotice.days)).all()
    assert letters == [180]
    for month, day in ((4, 1), (5, 1), (5, 31), (6, 30)):
        with at(AT_THE_END.replace(month=month, day=day, hour=5)):
            run(app, jobs.send_notices)
            run(app, jobs.send_notices)
    look.rollback()
    assert sorted(look.exec(select(RenewalNotice.days)).all()) == [30, 60, 90, 180]
    assert world


def run(app, job):
    from marketplace.core import db, tenancy  # noqa: PLC0415

    with app.app_context(), db.transaction() as session, tenancy.everyone("a job"):
        return job(session)


def test_seats_are_added_on_pages_and_dates_are_in_the_calendar(make, term, here, client_for, look):
    world = term([400, 80], 1600, {"from": 500, "unit_cents": 1200})
    buyer, lead = client_for(world.buyers[0]), client_for(world.lead)
    lead.send(f"{here(world)['lead']}/batches/new", starts_on="2027-01-01", ask_until="2026-12-15")
    link = buyer.get(here(world)["district"]).text.split("/seats/")[1].split('"')[0]
    page = f"{here(world)['district']}/seats/{link}"

    assert "The price at most" in buyer.send(page, seats="20", show="1").text
    assert buyer.send(page, seats="20", once_key="s").status_code == 302
    place = f"/c/{world.org.slug}/batches/{link}/place"
    assert world.districts[0].name in lead.get(place).text
    assert lead.send(place).status_code == 302
    assert "20 seats added" in buyer.get(f"/d/{world.districts[0].leaid}/orders").text
    feed = buyer.get(f"/d/{world.districts[0].leaid}/terms.ics").text
    assert "DTSTART;VALUE=DATE:20270101" in feed
    assert feed.count("BEGIN:VEVENT") == 5


def test_panels_lead_to_the_terms(make, term, here, client_for, act):
    world = term([100])
    ask(act, world)

    assert "/terms" in client_for(world.buyers[0]).get(f"/d/{world.districts[0].leaid}/").text
    assert "thing waits" in client_for(world.lead).get(f"/c/{world.org.slug}/").text
    assert "mean to go on" in client_for(world.finance).get(f"/v/{world.vendor.slug}/").text
    pool = f"/pools/{world.org.slug}/{world.pool.slug}"
    assert "During the term" in client_for(world.buyers[0]).get(pool).text
    assert "During the term" not in client_for(make.buyer(make.district())).get(pool).text
