import os
import stat

import pytest

from parity_tests import browser
from parity_tests.browser import BrowserMissingError, find_browser


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine where no browser is known yet, nor on the path."""
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setattr(browser, "FOUND", tmp_path / ".setup" / "browser")
    monkeypatch.setattr(browser, "APPLICATIONS", ())
    monkeypatch.setattr(browser, "_playwright", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def executable(folder, name):
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_the_users_choice_comes_first(machine, monkeypatch):
    executable(machine, "chromium")
    chosen = executable(machine, "mine")
    monkeypatch.setenv(browser.VARIABLE, str(chosen))
    assert find_browser() == chosen


def test_a_wrong_choice_is_refused_and_not_replaced(machine, monkeypatch):
    executable(machine, "chromium")
    monkeypatch.setenv(browser.VARIABLE, str(machine / "nothing"))
    with pytest.raises(BrowserMissingError, match=r"TUNESMITH_CHROMIUM: expected the path of a Chromium executable, got .*nothing"):
        find_browser()


def test_the_systems_browser_is_found_and_remembered(machine):
    system = executable(machine, "chromium-browser")
    assert find_browser() == system
    better = executable(machine, "chromium")
    assert find_browser() == system
    system.unlink()
    assert find_browser() == better


def test_without_any_the_remedy_is_named(machine):
    with pytest.raises(BrowserMissingError, match="Remedy: install one"):
        find_browser(install=False)


def test_installing_tries_debian_then_playwright(machine, monkeypatch):
    tried = []
    monkeypatch.setattr(browser, "_install_debian", lambda: tried.append("debian"))
    monkeypatch.setattr(browser, "_install_playwright", lambda: tried.append("playwright"))
    with pytest.raises(BrowserMissingError):
        find_browser()
    assert tried == ["debian", "playwright"]


def test_debians_package_is_left_alone_where_the_user_is_not_root(machine, monkeypatch):
    executable(machine, "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert browser._install_debian() is None
