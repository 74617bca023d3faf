"""Vendors describe themselves and list their tools; the operator publishes."""

from datetime import timedelta

from marketplace.catalogue import listing_service, queries, review_service, service
from marketplace.catalogue.listing_rules import ChangeKind
from marketplace.catalogue.models import Edition, PriceSchedule, Tool
from seed.answers import answers_of
from seed.diary import FIRST_DAY, Diary
from seed.tools import LISTINGS, Listing
from seed.vendors import VENDORS, Vendor

#: A price is promised for this many days from today, so every pool can close within it.
PROMISED_DAYS = 270
#: Listings hold for a year; vendors confirm them three weeks before.
CONFIRMED_DAYS = 345


def plan(diary: Diary) -> None:
    for number, vendor in enumerate(VENDORS):
        diary.later(diary.at(FIRST_DAY + number, 90), describe_vendor, vendor)
    for number, listing in enumerate(LISTINGS):
        diary.later(diary.at(listing.listed, 20 * number), list_tool, listing)
        if listing.state in ("published", "suspended"):
            diary.later(diary.at(listing.listed + 4, 25 * number), publish, listing)
        if listing.state == "suspended":
            diary.later(diary.at(-75), suspend, listing)
        elif listing.state == "published" and listing.listed + CONFIRMED_DAYS < 0:
            diary.later(diary.at(listing.listed + CONFIRMED_DAYS, 30), confirm, listing)
        if listing.key == "writing-feedback":
            diary.later(diary.at(-12), announce, listing)
        if listing.newer_prices:
            diary.later(diary.at(-41), offer_newer_prices, listing)


def describe_vendor(diary: Diary, vendor: Vendor) -> None:
    slug = diary.organizations[f"vendor:{vendor.key}"].slug
    service.describe_vendor(
        diary.session,
        diary.actors[f"vendor:{vendor.key}"],
        about=vendor.about,
        website=f"https://{slug}.example",
        city=vendor.city,
        state=vendor.state,
        billing_email=f"billing@{slug}.demo.test",
        remit_to=vendor.remit_to,
    )


def list_tool(diary: Diary, listing: Listing) -> None:
    session, vendor = diary.session, diary.actors[f"vendor:{listing.vendor}"]
    tool = service.start_listing(session, vendor, name=listing.name, summary=listing.summary)
    listing_service.answer_questions(session, vendor, tool.id, answers_of(listing, diary.today()))
    for name, terms in listing.prices.items():
        edition = service.save_edition(session, vendor, tool.id, name=name, included=INCLUDED)
        price = _offer(diary, listing, tool, edition, terms)
        diary.tools.setdefault(listing.key, (tool, price))
    if listing.state != "draft":
        review_service.submit_listing(session, vendor, tool.id)


INCLUDED = "Set-up, two online trainings and help by e-mail within one school day."


def _offer(
    diary: Diary, listing: Listing, tool: Tool, edition: Edition, terms: dict[str, object]
) -> PriceSchedule:
    return service.offer_price(
        diary.session,
        diary.actors[f"vendor:{listing.vendor}"],
        tool.id,
        edition.id,
        terms=terms,
        valid_until=diary.day(PROMISED_DAYS),
    )


def publish(diary: Diary, listing: Listing) -> None:
    tool, _ = diary.tools[listing.key]
    review_service.publish_listing(diary.session, diary.actors["operator"], tool.id)


def confirm(diary: Diary, listing: Listing) -> None:
    """Once a year a vendor looks through its answers and confirms them."""
    tool, _ = diary.tools[listing.key]
    session, vendor = diary.session, diary.actors[f"vendor:{listing.vendor}"]
    given = answers_of(listing, diary.today())
    listing_service.answer_questions(session, vendor, tool.id, given, confirmed=list(given))
    review_service.submit_listing(session, vendor, tool.id)
    review_service.publish_listing(session, diary.actors["operator"], tool.id)


def announce(diary: Diary, listing: Listing) -> None:
    """Its answers are in doubt until they are reviewed."""
    tool, _ = diary.tools[listing.key]
    listing_service.announce_change(
        diary.session,
        diary.actors[f"vendor:{listing.vendor}"],
        tool.id,
        kind=ChangeKind.SUB_PROCESSOR,
        words="From next month another company hosts our servers: Plain River Cloud hands over to "
        "Long Meadow Hosting, in the same state. No data leaves the country.",
        takes_effect_on=diary.today() + timedelta(days=30),
        once_key="writing-feedback-hosting",
    )


def suspend(diary: Diary, listing: Listing) -> None:
    tool, _ = diary.tools[listing.key]
    reason = (
        "The vendor changed the company that runs its language model and told no district for "
        "seven weeks. The listing comes back once the new data agreement is signed."
    )
    review_service.suspend_listing(diary.session, diary.actors["operator"], tool.id, reason=reason)


def offer_newer_prices(diary: Diary, listing: Listing) -> None:
    """A second version: pools that froze the first one keep it."""
    tool, _ = diary.tools[listing.key]
    for edition in queries.editions_of(diary.session, tool.id):
        price = _offer(diary, listing, tool, edition, listing.newer_prices[edition.name])
        diary.tools[listing.key] = (tool, price)
