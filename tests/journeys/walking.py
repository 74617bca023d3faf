"""What a person does on a page, and what must hold on every page they touch."""

from axe_playwright_python.sync_playwright import Axe

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_axe = Axe()


def check(page, *, javascript=True):
    """One heading, a title, no sideways scroll, no complaint, and nothing axe finds."""
    assert page.locator("h1").count() == 1, page.url
    assert page.title().strip(), page.url
    assert page.complaints == [], (page.url, page.complaints)
    if not javascript:
        return
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    found = _axe.run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    faults = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found.response["violations"]]
    assert faults == [], (page.url, faults)


def press(page, name):
    """Press the button or follow the link with this name."""
    target = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
    target.first.click()


def tab_to(page, name, role="link", most=80):
    """Reach a control by the Tab key alone, as somebody without a mouse does."""
    wanted = page.get_by_role(role, name=name).first
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("e => e === document.activeElement"):
            return wanted
    raise AssertionError(f"Tab never reached {role} {name!r} on {page.url}")
