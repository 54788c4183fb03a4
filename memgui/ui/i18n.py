"""Texts of the window in the user's language: Qt's own translations, English where there is none. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from memgui.protocol.metrics import Metric, device_of, find, pool_of
from memgui.ui.resources import resource_path

translate = QCoreApplication.translate


def install_translation(app: QCoreApplication, locale: QLocale | None = None) -> QTranslator | None:
    """Load the translation of `locale` (the user's where None) and keep it with the application.

    Returns:
        The translator; None where the language has no translation, which leaves English.
    """
    translator = QTranslator(app)
    if not translator.load(locale or QLocale(), "memgui", "_", str(resource_path("translations"))):
        return None
    app.installTranslator(translator)
    return translator


def metric_title(name: str) -> str:
    """What a metric is called, with its device where it has one: "cuda:0 Allocated"."""
    metric = find(name)
    if metric is None:
        return name
    title = translate("metrics", metric.title)
    device, pool = device_of(name), pool_of(name)
    if pool is not None:
        return f"{title}: {pool}"
    return f"{device[0]}:{device[1]} {title}" if device else title


def action_title(title: str) -> str:
    """The title of an action in the user's language, where it is one of memgui's own; the script's as it is."""
    bare = title.rstrip("…")
    return agent_text(bare) + title[len(bare) :]


def agent_text(text: str) -> str:
    """A text that an agent sends, as what an action does, where it is one of memgui's own; the script's as it is."""
    return translate("agent", text) if text else ""


def metric_text(metric: Metric) -> str:
    """What a metric contains and leaves out."""
    return translate("metrics", metric.text)


def explain(name: str) -> str:
    """Hover text of a number: title, what it contains and leaves out, and its name on the wire."""
    metric = find(name)
    if metric is None:
        return translate("hover", "{name}: a number of the training script's own, sent by memgui.agent.step().").format(
            name=name
        )
    return f"<b>{metric_title(name)}</b><br>{metric_text(metric)}<br><span style='font-family:monospace'>{name}</span>"
