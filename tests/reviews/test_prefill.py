"""What a HECVAT says becomes the vendor's draft, and counts for nothing before it is signed."""

import pytest

from marketplace.accounts.rules import Role
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.reviews import queries, rubric_queries, service
from tests.conftest import on_sqlite
from tests.reviews.conftest import FACTS


@on_sqlite
def test_a_hecvat_fills_the_draft_and_keeps_what_was_typed(case, see, make, client_for):
    review = case.do(case.editor, service.open_review, case.tool.id)
    case.do(case.editor, service.answer_rubric, review.id, facts=FACTS,
            answers={"DC-03": {"option": "a", "words": "See page 2."}})  # fmt: skip
    vendor = make._organization(case.tool.org_id)
    client = client_for(case.editor)
    address = f"/v/{vendor.slug}/reviews/{case.tool.slug}"

    assert client.send(f"{address}/hecvat", export="hello").status_code == 422
    for said in ("Filled in, as your draft: DC-04.", "Nothing new"):
        answer = client.send(f"{address}/hecvat", export="DPAI-07,Yes\nPDAT-02,No")
        assert answer.status_code == 302
        assert said in client.get(address).text

    now = see(queries.get_review, review.id)
    assert now.answers["DC-03"] == {"option": "a", "words": "See page 2."}
    assert now.answers["DC-04"] == {"option": "", "words": "Our HECVAT says DPAI-07: Yes"}
    assert now.edits == 2
    assert "Our HECVAT says DPAI-07: Yes" in client.get(f"{address}/answers/DC").text
    assert rubric_queries.answered(now) == {"DC-03"}
    with pytest.raises(RuleBroken, match="DC-04"):
        case.do(case.editor, service.sign_answers, review.id, officer_name="Pat Lee",
                officer_title="CEO", signed_on=now.opened_at.date())  # fmt: skip


def test_only_the_vendors_editors_prefill_and_not_after_signing(case, make):
    review = case.signed()
    viewer = make.person(make.vendor("Other"), Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        case.do(viewer, service.prefill_answers, review.id, "DPAI-07,Yes")
    with pytest.raises(RuleBroken, match="are signed"):
        case.do(case.editor, service.prefill_answers, review.id, "DPAI-07,Yes")
