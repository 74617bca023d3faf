"""The six steps of a review, walked by five people: vendor, operator, two readers, a third one."""

import pytest
from sqlmodel import select

from marketplace.accounts.models import User
from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.reviews import rubric_queries
from marketplace.reviews.models import Review
from marketplace.reviews.rules import ReviewStatus
from tests.conftest import on_sqlite
from tests.reviews.conftest import FACTS

pytestmark = [pytest.mark.e2e, on_sqlite, pytest.mark.timeout(240)]
QUOTE = "We use pupil data for the ordered service only."


def test_a_review_from_the_first_answer_to_the_published_page(
    make, site, member_of_staff, visitor, tmp_path
):
    vendor_org = make.vendor("Fieldnotes")
    tool = make.tool(vendor_org, "Fieldnotes Science", card=False)
    circle = make.org_of(make.consortium(name="Ridge Buyers"))
    vendor = member_of_staff(vendor_org, Role.LISTING_EDITOR, name="Ines Falk")
    ada, ben, cleo = (
        reader(make, member_of_staff, circle, name, width)
        for name, width in (("Ada Reed", 1280), ("Ben Lund", 390), ("Cleo Voss", 1280))
    )
    operator = member_of_staff(make.organization(OrganizationKind.OPERATOR), Role.OPERATOR)

    answers_and_signs(vendor, site, make, tool)
    chooses(operator, tool)
    reads_on_paper(ada, tmp_path)
    reads_blind(ben)
    settles(cleo)
    checks_the_facts(vendor)
    publishes(cleo)

    [review] = site.read(select(Review).where(Review.tool_id == tool.id))
    assert review.status is ReviewStatus.PUBLISHED
    stranger = visitor(width=390, javascript=False)
    stranger.open(f"/tools/{tool.slug}/reviewers")
    stranger.sees(
        "First reviewer: Ada Reed", "Second reviewer: Ben Lund", "Settles differences: Cleo Voss",
        "Signed for the vendor: Ines Falk, Chief executive", "Nobody had to step aside",
    )  # fmt: skip
    stranger.open("/open/method/reviews").sees("How often two readers agree")


def reader(make, member_of_staff, circle, name, width):
    district = make.district(f"{name.split()[0]} Valley Schools")
    person = member_of_staff(district, Role.DATA_STEWARD, name=name, width=width)
    user = make.session.exec(select(User).where(User.name == name)).one()
    make.session.commit()
    make.role(user, circle, Role.REVIEWER)
    return person


def answers_and_signs(vendor, site, make, tool):
    """The facts and one part by hand; the other parts hold the same kind of form."""
    vendor.open("/v/" + vendor_slug(make, tool) + "/")
    vendor.follow("Fieldnotes Science", within="section:has(#rev)")
    vendor.press("Begin the review").sees("Facts about the tool")
    vendor.follow("Facts about the tool")
    for name, value in FACTS.items():
        shown = {True: "yes", False: "no"}.get(value, value)
        vendor.page.locator(f"input[name={name}][value={shown}]").check()
    vendor.press("Save").sees("Data collected")
    rubric = rubric_queries.rubric()
    for domain in rubric.domains:
        for criterion in rubric_queries.applicable(rubric, FACTS):
            if criterion.domain == domain.id:
                vendor.page.locator(f"input[name='{criterion.id}'][value=a]").check()
        vendor.press("Save")
    vendor.follow("Sign the answers")
    vendor.press("Sign for Fieldnotes", refused=422).sees("Enter the name of the officer")
    vendor.fill("Name of the officer who signs", "Ines Falk").fill("Title", "Chief executive")
    vendor.press("Sign for Fieldnotes").sees("Answers signed by Ines Falk")


def vendor_slug(make, tool):
    return make._organization(tool.org_id).slug


def chooses(operator, tool):
    operator.open("/admin/").follow("Open reviews, choose reviewers, see appeals and stops")
    operator.follow("Fieldnotes Science")
    for name, seat in (
        ("Ada Reed, Ada Valley Schools", "First reviewer"),
        ("Ben Lund, Ben Valley Schools", "Second reviewer"),
        ("Cleo Voss, Cleo Valley Schools", "Settles differences"),
    ):
        operator.choose("Reviewer", name).choose("Part", seat).press("Choose")
    operator.choose("Reviewer", "Ada Reed, Ada Valley Schools").choose("Part", "Second reviewer")
    operator.press("Choose", refused=422).sees("already has a part in this review")


def reads_on_paper(ada, tmp_path):
    paper = tmp_path / "agreement.txt"
    paper.write_text(f"Data agreement. {QUOTE}")
    ada.open("/reviews").follow("Fieldnotes Science")
    ada.press("Hand in").sees("Confirm the facts about the tool first")
    ada.follow("Confirm the facts about the tool").press("Confirm the facts")
    ada.sees("You confirmed the facts").follow("File a document")
    ada.attach("The document", paper).fill("Name", "Data agreement")
    ada.page.get_by_label("Day it was taken or signed").fill("2026-09-01")
    ada.press("File it").sees("Data agreement").follow("US-01. School purpose only")
    ada.tick("E2. On paper")
    ada.press("Save", refused=422).sees("Choose the document that says so")
    ada.choose("Document", "Data agreement").fill("Page or clause", "Page 1")
    ada.fill("The sentence that says so", QUOTE)
    ada.page.get_by_label("Day of the proof").fill("2026-09-01")
    ada.press("Save").sees("US-01 is saved")
    ada.open("/reviews").follow("Fieldnotes Science")
    ada.press("Take the vendor’s word for the rest").press("Hand in").sees("You have handed in")


def reads_blind(ben):
    """He finds US-01 on the vendor's word only, and sees nothing of what Ada found."""
    ben.open("/reviews").follow("Fieldnotes Science")
    assert QUOTE not in ben.page.content()
    ben.follow("US-01. School purpose only")
    assert "Page 1" not in ben.page.content()
    ben.press("Save").sees("US-01 is saved")
    ben.open("/reviews").follow("Fieldnotes Science")
    ben.press("Take the vendor’s word for the rest").press("Hand in").sees("You have handed in")


def settles(cleo):
    cleo.open("/reviews").follow("Fieldnotes Science").follow("US-01. School purpose only")
    cleo.sees("First reviewer", QUOTE, "Second reviewer")
    cleo.press("Settle it", refused=422).sees("Say in a sentence why")
    cleo.fill("Why this answer holds", "The agreement says so on page 1.").press("Settle it")
    cleo.sees("The vendor checks the facts")


def checks_the_facts(vendor):
    vendor.open(vendor.page.url).follow("Check the facts").sees(QUOTE)
    vendor.follow("Say what is not right").choose("Question", "US-02. No selling")
    vendor.fill("What you want to say", "Our list of buyers is empty.").press("Send")
    vendor.follow("Check the facts").press("Send my points").sees("The vendor checks the facts")


def publishes(cleo):
    """Every point has its answer before anybody outside sees a word."""
    cleo.open("/reviews").follow("Fieldnotes Science").sees("The vendor’s points")
    cleo.follow("US-02. No selling").sees("Our list of buyers is empty.")
    cleo.fill("Why this answer holds", "The vendor only adds to what stands there.")
    cleo.press("Settle it").press("Publish the review").sees("Published. It holds for a year.")
