"""The listing editor saves by itself, and never forgets what was typed last."""

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.catalogue.listing_models import ListingDraft
from tests.conftest import on_sqlite

pytestmark = [pytest.mark.e2e, on_sqlite, pytest.mark.timeout(120)]


def test_words_typed_back_after_they_were_saved_by_themselves_are_kept(member_of_staff, make, site):
    vendor = make.vendor("Fieldnotes")
    tool = make.tool(vendor, "Fieldnotes Science", status="draft")
    editor = member_of_staff(vendor, Role.LISTING_EDITOR)
    here = f"/v/{vendor.slug}/listings/{tool.slug}/questions/company"
    editor.open(here).fill("What we could use instead", "Paper.").press("Save")
    editor.open(here).fill("What we could use instead", "A binder.")
    editor.page.locator("#preview", has_text="A binder.").wait_for()
    editor.page.locator("#saved", has_text="Saved.").wait_for()

    editor.fill("What we could use instead", "Paper.").press("Save")

    [draft] = site.read(select(ListingDraft))
    assert draft.answers["substitute"]["value"] == "Paper."
