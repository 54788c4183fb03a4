"""Every text that the window shows has a Chinese translation."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from memgui.protocol.metrics import CATALOGUE
from memgui.ui.i18n import install_translation
from memgui.ui.resources import resource_path

_FILES = ("memgui_zh_CN.ts", "metrics_zh_CN.ts", "agent_zh_CN.ts", "findings_zh_CN.ts")
_PLACE = re.compile(r"\{\w+\}")


def _messages():
    for file in _FILES:
        for context in ElementTree.parse(resource_path("translations", file)).getroot().iter("context"):
            for message in context.iter("message"):
                translation = message.find("translation")
                yield context.findtext("name"), message.findtext("source"), translation.text, translation.get("type")


def test_nothing_is_left_untranslated_and_no_place_for_a_value_is_lost():
    for context, source, text, kind in _messages():
        assert text, (context, source)
        assert kind is None, (context, source)
        assert sorted(_PLACE.findall(text)) == sorted(_PLACE.findall(source)), (context, source)


@pytest.fixture
def chinese():
    translator = QTranslator()
    assert translator.load(str(resource_path("translations", "memgui_zh_CN.qm")))
    return translator


def test_the_compiled_file_holds_what_the_sources_say(chinese):
    for context, source, text, _ in _messages():
        assert chinese.translate(context, source) == text


def test_every_metric_of_the_catalogue_is_translated(chinese):
    for metric in CATALOGUE:
        assert chinese.translate("metrics", metric.title), metric.name
        assert chinese.translate("metrics", metric.text), metric.name


def test_a_language_without_translation_leaves_english(qapp):
    assert install_translation(qapp, QLocale("fi_FI")) is None


def test_the_application_speaks_chinese_where_it_is_asked_to(qapp):
    translator = install_translation(qapp, QLocale("zh_CN"))
    try:
        assert QCoreApplication.translate("actions", "Free memory") == "释放内存"
    finally:
        qapp.removeTranslator(translator)
