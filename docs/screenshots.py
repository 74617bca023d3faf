"""Make the README's pictures anew: `.venv/bin/python docs/screenshots.py`.

Starts the demonstration in a folder of its own on a free port, looks at three pages as a
stranger, and writes docs/screenshot-*.png. Needs the test packages and a Chromium
(`CHROMIUM`, or one on the path).
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
PAGES = {
    "pool": "/pools/high-plains-technology-cooperative/reading-coach-grades-k-to-5",
    "tool": "/tools/brightlark-reading-coach",
    "open": "/open",
}
#: Wide enough for both columns, and only the top: the files stay small.
WINDOW = {"width": 1280, "height": 1000}
SECONDS = 180


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_for(site: str, demo: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and demo.poll() is None:
        try:
            with urllib.request.urlopen(f"{site}/readyz", timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    sys.exit("The demonstration did not start.")


def take(site: str, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=WINDOW)
        for name, path in PAGES.items():
            page.goto(site + path, wait_until="networkidle")
            picture = HERE / f"screenshot-{name}.png"
            page.screenshot(path=picture)
            print(f"{picture.relative_to(HERE.parent)}: {picture.stat().st_size // 1000} KB")
        browser.close()


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        sys.exit("No Chromium found. Install one, or say where it is with CHROMIUM.")
    port = free_port()
    with tempfile.TemporaryDirectory() as var:
        demo = subprocess.Popen(
            [Path(sys.executable).with_name("marketplace"), "demo", "--port", str(port)],
            cwd=HERE.parent,
            env=os.environ | {"VAR": var},
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}", demo)
            take(f"http://127.0.0.1:{port}", chromium)
        finally:
            demo.terminate()
            demo.wait()


if __name__ == "__main__":
    main()
