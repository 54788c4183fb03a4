"""Who can talk to whom."""

from __future__ import annotations

import pytest

from memgui.protocol.version import incompatibility


def test_minor_versions_talk_both_ways() -> None:
    assert incompatibility([1, 9], (1, 0)) is None
    assert incompatibility((1, 0), (1, 9)) is None


def test_another_major_version_is_refused_with_both_numbers() -> None:
    text = incompatibility([2, 3], (1, 0))
    assert text is not None
    assert "2.3" in text
    assert "1.0" in text


@pytest.mark.parametrize("value", [None, 1, "1.0", [1], [1, 2, 3], [1.0, 0], [True, 0], {}])
def test_what_is_no_version_is_refused(value: object) -> None:
    assert "no protocol version" in (incompatibility(value) or "")
