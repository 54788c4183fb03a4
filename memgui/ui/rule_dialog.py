"""«Why am I told this?»: how a rule reaches its verdict, beside the finding at hand. GUI thread."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from memgui.ui.finding_words import finding_evidence, finding_sentence, finding_title
from memgui.ui.labels import label
from memgui.ui.rules import explanation

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding

_SIZE = (620, 560)


class RuleDialog(QDialog):
    """What the finding was concluded from, and the sections of docs/verdicts.md on it; the window stays usable."""

    def __init__(self, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Why am I told this?"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(True)
        self.text.setAccessibleName(self.tr("How this verdict is reached"))
        text = explanation(finding.section, finding.rule)
        if text:
            self.text.setMarkdown(text)
            self._space_out()
        else:
            self.text.setHtml(html.escape(self.tr("There is no page on “{rule}”.").format(rule=finding.section)))
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(8)
        column.addWidget(label(finding_title(finding), "title", wrap=True))
        column.addWidget(label(finding_sentence(finding), "muted", wrap=True))
        for line in finding_evidence(finding):
            column.addWidget(label(f"• {line}", "small", wrap=True))
        column.addWidget(self.text, 1)
        column.addLayout(row)
        self.resize(*_SIZE)
        close.setFocus()

    def _space_out(self) -> None:
        """Air around headings and paragraphs, of which Markdown gets none."""
        cursor = QTextCursor(self.text.document())
        cursor.beginEditBlock()
        block = self.text.document().begin()
        while block.isValid():
            shape = block.blockFormat()
            shape.setTopMargin(14.0 if shape.headingLevel() and block.blockNumber() else 3.0)
            shape.setBottomMargin(5.0)
            cursor.setPosition(block.position())
            cursor.setBlockFormat(shape)
            block = block.next()
        cursor.endEditBlock()
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
