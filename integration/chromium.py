"""Chromium, as every test starts it that looks through a browser."""

from contextlib import contextmanager

from playwright.sync_api import sync_playwright

PROGRAM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@contextmanager
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        try:
            yield chromium
        finally:
            chromium.close()
