"""What an agent of memgui's own says of its actions is there in Chinese."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest
from PySide6.QtCore import QCoreApplication, QLocale

import memgui.agent.actions
from memgui.agent.actions.action import Action
from memgui.shrink.listing import METHODS
from memgui.ui.i18n import action_title, agent_text, install_translation


@pytest.fixture
def chinese(qapp):
    translator = install_translation(qapp, QLocale("zh_CN"))
    yield
    qapp.removeTranslator(translator)


def _texts():
    """Titles, descriptions, and what parameters are called."""
    for module in pkgutil.iter_modules(memgui.agent.actions.__path__):
        loaded = importlib.import_module(f"memgui.agent.actions.{module.name}")
        for kind in vars(loaded).values():
            if inspect.isclass(kind) and issubclass(kind, Action) and kind.title:
                yield kind.title
                yield kind.description
    for method in METHODS:
        yield method.title
        yield method.description
        for part in method.schema()["properties"].values():
            yield part.get("title", "")
            yield part.get("description", "")


def test_every_action_says_what_it_is_and_does_in_chinese(chinese):
    texts = {text for text in _texts() if text}
    assert len(texts) > 40
    missing = {text for text in texts if QCoreApplication.translate("agent", text) == text}
    assert not missing


def test_a_title_keeps_its_dots_and_a_script_its_words(chinese):
    assert action_title("Clear a cache…") == "清空一个缓存…"
    assert action_title("Drop the replay buffer…") == "Drop the replay buffer…"
    assert agent_text("") == ""
