"""Takes the sentences of findings into findings_zh_CN.ts: new ones unfinished, those that are gone left out.

    python resources/translations/findings.py [FILE]

The analysis knows nothing of Qt, so lupdate cannot see its texts: they are the first words of each call of `phrase`.
"""

from __future__ import annotations

import ast
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

_ANALYSIS = Path(__file__).parents[2] / "memgui" / "analysis"
_CONTEXT = "findings"


def templates(folder: Path = _ANALYSIS) -> list[str]:
    """Each text once, in the order of files and lines.

    Raises:
        ValueError: a template is not written out where its phrase is made.
    """
    found: dict[str, None] = {}
    for path in sorted(folder.glob("*.py")):
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "phrase"
        ]
        for call in sorted(calls, key=lambda call: call.lineno):
            template = call.args[0] if call.args else None
            if not isinstance(template, ast.Constant) or not isinstance(template.value, str):
                raise ValueError(f"{path}, line {call.lineno}: write the template out, translators take it from here")
            found[template.value] = None
    return list(found)


def update(path: Path) -> int:
    """Write the file anew, with the translations that it holds; returns how many texts wait for one."""
    known = {}
    if path.exists():
        for message in ElementTree.parse(path).getroot().iter("message"):
            known[message.findtext("source")] = message.findtext("translation")
    root = ElementTree.Element("TS", version="2.1", language="zh_CN", sourcelanguage="en")
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = _CONTEXT
    waiting = 0
    for template in templates():
        message = ElementTree.SubElement(context, "message")
        ElementTree.SubElement(message, "source").text = template
        translation = ElementTree.SubElement(message, "translation")
        translation.text = known.get(template)
        if not translation.text:
            translation.set("type", "unfinished")
            waiting += 1
    ElementTree.indent(root, "    ")
    body = ElementTree.tostring(root, encoding="unicode")
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")
    return waiting


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("findings_zh_CN.ts")
    sys.stdout.write(f"{file}: {update(file)} texts wait for a translation\n")
