"""The designer and the proposals in the browser's terms."""

from tests.conftest import on_sqlite

pytestmark = on_sqlite


def test_the_lead_sees_every_bill_of_the_newest_pool(circle, client_for):
    page = client_for(circle.lead).get(circle.url)

    assert page.status_code == 200
    for text in ("Maple Valley", "$25,000.00", "The group buys 2,500", "640 pupils, 2023-24"):
        assert text in page.text
    assert len(page.data) < 60_000


def test_a_member_stores_a_proposal_and_everybody_in_the_consortium_reads_it(circle, client_for):
    client = client_for(circle.buyer)

    answer = client.send(
        circle.url,
        price=f"pool:{circle.pool.slug}",
        method="hybrid",
        equal_percent="30",
        rest="per_pupil",
        words="Small ones <script> first",
        once_key="k1",
        do="store",
    )

    assert answer.status_code == 302, answer.text
    page = client_for(circle.viewer).get(answer.location)
    assert "30% equal, the rest by pupils" in page.text
    assert "Small ones &lt;script&gt; first" in page.text
    assert "$25,000.00" in page.text
    assert "Withdraw this proposal" not in page.text
