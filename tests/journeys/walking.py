"""What a person does on a page, and what must hold on every page they touch."""

import re
from contextlib import nullcontext

from axe_playwright_python.sync_playwright import Axe

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
_axe = Axe()
#: Pages that axe has seen at a width; the same page with other figures is not looked at again.
_seen = set()


def check(page, *, javascript=True):
    """One heading, a title, no sideways scroll, no complaint, and nothing axe finds."""
    assert page.locator("h1").count() == 1, page.url
    assert page.title().strip(), page.url
    assert page.complaints == [], (page.url, page.complaints)
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    if not javascript:  # axe is a script itself; the same pages are looked at with it on
        return
    looks_like = (width, re.sub(r"[0-9a-f-]{36}|value=\"[^\"]*\"|\d+", "", page.content()))
    if looks_like in _seen:
        return
    found = _axe.run(page, options=OPTIONS)
    faults = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found.response["violations"]]
    assert faults == [], (page.url, faults)
    _seen.add(looks_like)


class Person:
    """Somebody in front of a browser: every step ends with `check` on the page they reach."""

    def __init__(self, page, site, *, javascript=True):
        self.page, self.site, self.javascript = page, site, javascript

    # -- moving about ------------------------------------------------------------------------

    def open(self, address):
        """Type an address."""
        self.page.goto(address)
        return self.look_around()

    def follow(self, name, *, exact=False, within="body"):
        self._click("link", name, exact, within)
        return self.look_around()

    def press(self, name, *, exact=True, stays=False, refused=None):
        """Press a button. `stays`: a script changes the page in place. `refused`: the status."""
        self._click("button", name, exact, "body", stays=stays and self.javascript)
        if refused:
            self._expect_refusal(refused)
        return self.look_around()

    def back(self):
        self.page.go_back()
        return self.look_around()

    def look_around(self):
        check(self.page, javascript=self.javascript)
        return self

    def _click(self, role, name, exact, within, stays=False):
        target = self._find(role, name, exact, within)
        if stays:
            self.page.evaluate("document.querySelector('[data-live-target]').id = 'old'")
        with nullcontext() if stays else self.page.expect_navigation():
            self._activate(target)
        if stays:
            self.page.locator("#old").wait_for(state="detached")

    def _find(self, role, name, exact=False, within="body"):
        target = self.page.locator(within).get_by_role(role, name=name, exact=exact)
        menu = self.page.locator("details.menu summary")
        if target.count() == 0 and menu.is_visible():
            self._activate(menu)
        assert target.count(), (self.page.url, role, name, self.page.inner_text("body"))
        return target.first

    def _activate(self, target):
        target.click()

    def _expect_refusal(self, status):
        """The browser reports a refused page as an error; exactly one is expected."""
        told = [text for text in self.page.complaints if f"status of {status}" in text]
        assert len(told) == 1, (self.page.url, self.page.complaints)
        self.page.complaints.remove(told[0])

    def open_refused(self, address, status):
        answer = self.page.goto(address)
        assert answer.status == status, (address, answer.status)
        self._expect_refusal(status)
        return self.look_around()

    # -- filling in --------------------------------------------------------------------------

    def fill(self, label, text):
        self._field(label).fill(str(text))
        return self

    def fill_day(self, label, day):
        return self.fill(label, day.isoformat())

    def choose(self, label, option):
        self._field(label).select_option(label=option)
        return self

    def tick(self, label):
        """A checkbox, or one of several round buttons."""
        self._field(label).check()
        return self

    def attach(self, label, path):
        self._field(label).set_input_files(path)
        return self

    def _field(self, label):
        return self.page.get_by_label(re.compile(f"^{re.escape(label)}")).first

    # -- reading -----------------------------------------------------------------------------

    def sees(self, *texts):
        shown = " ".join(self.page.locator("main").inner_text().split())
        for text in texts:
            assert text in shown, (self.page.url, text, shown)
        return self

    def download(self, name):
        """What is behind a link that leads to a file, asked for as this person."""
        link = self.page.get_by_role("link", name=name).first
        answer = self.page.request.get(link.get_attribute("href"))
        assert answer.status == 200, (name, answer.status)
        return answer.body()

    def sign_in(self, email, password):
        self.email = email
        self.open("/sign-in").fill("E-mail", email).fill("Password", password)
        return self.press("Sign in")

    def open_letter(self, subject, to):
        """Follow the link of the newest letter with this subject."""
        return self.open(re.search(r"https?://\S+", self.site.letter(subject, to).text)[0])


class KeyboardPerson(Person):
    """Somebody without a mouse: Tab, Space, Enter, arrows and letters, nothing else."""

    def _activate(self, target):
        self._reach(target)
        self.page.keyboard.press("Enter")

    def _reach(self, target, most=400):
        for _ in range(most):
            if target.evaluate("e => e === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reached {target} on {self.page.url}")

    def fill(self, label, text):
        self._reach(self._field(label))
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(str(text))
        return self

    def fill_day(self, label, day):
        """A date field is three parts; each takes its digits and moves on."""
        self._reach(self._field(label))
        self.page.keyboard.type(f"{day:%m%d%Y}")
        return self

    def choose(self, label, option):
        self._reach(self._field(label))
        self.page.keyboard.type(option)
        return self

    def tick(self, label):
        field = self._field(label)
        if field.get_attribute("type") != "radio":
            self._reach(field)
            self.page.keyboard.press("Space")
            return self
        group = self.page.locator(f"input[name='{field.get_attribute('name')}']")
        first = group.and_(self.page.locator(":checked"))
        self._reach(first.first if first.count() else group.first)
        self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if field.is_checked():
                return self
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows never reached {label!r}")

    def attach(self, label, path):
        # The other people of the journey have windows too; a chooser opens in the front one only.
        self.page.bring_to_front()
        self._reach(self._field(label))
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Space")
        chooser.value.set_files(path)
        return self
