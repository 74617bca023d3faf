"""What a reader's own seats would cost in each open pool, where tools are listed."""

from sqlalchemy import Engine, event

from marketplace.pools.models import PoolStatus
from tests.conftest import on_sqlite

pytestmark = on_sqlite


def row_of(page, name):
    return page.split(f">{name}</a>")[1].split("</tr>")[0]


def test_a_row_of_the_list_gives_my_price_alone_and_in_each_open_pool(app, make):
    tool = make.tool(name="Reading Coach", open_pools=2)
    make.price_schedule(tool)
    consortium = make.consortium()
    near = make.pool(consortium, tool, title="Near pool")
    make.pool(consortium, tool, title="Draft pool", status=PoolStatus.DRAFT)
    make.pool(consortium, tool, title="Empty pool")
    make.commitment(near, make.district(), 2_400)
    client = app.test_client()

    row = row_of(client.get("/tools?seats=100").text, "Reading Coach")
    assert "$1,600.00" in row  # alone, at $16
    assert "$1,350.00" in row.split("Near pool")[1]  # 2,500 seats: $13.50
    assert "$1,600.00" in row.split("Empty pool")[1]
    assert "Draft pool" not in row
    assert "Near pool" not in client.get("/tools").text


def test_the_prices_of_all_rows_take_two_more_queries(app, make):
    consortium = make.consortium()
    for _ in range(3):
        tool = make.tool(open_pools=1)
        make.price_schedule(tool)
        make.pool(consortium, tool)
    client, seen = app.test_client(), []
    client.get("/tools")

    def selects(url):
        seen.clear()
        client.get(url)
        return sum(sql.startswith("SELECT") for sql in seen)

    note = lambda *args: seen.append(args[2])  # noqa: E731
    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert selects("/tools?seats=100") == selects("/tools") + 2
    finally:
        event.remove(Engine, "before_cursor_execute", note)
