"""What all building blocks have in common: a name, numbers that can be read, settings that can be changed."""

from __future__ import annotations

from memgui.protocol.pools import PoolInfo, Setting
from memgui.runtime import registry


class Block:
    """A pool, cache or buffer that a viewer can see and steer.

    `describe` and `settings` read counters and are called on any thread at any time. `set` and `trim` are called on
    the training thread, between two steps, by the agent; a script may call them wherever it likes.

    Attributes:
        kind: what it is, in the words of people.
        can_trim: `trim` has something to do.
    """

    kind: str = "block"
    can_trim: bool = False

    def __init__(self, name: str | None) -> None:
        """Registers weakly; a name that is taken gets a number."""
        self.name = registry.register(self, name or self.kind.replace(" ", "-"))

    def describe(self) -> PoolInfo:
        """Its numbers at this moment."""
        raise NotImplementedError

    def settings(self) -> dict[str, Setting]:
        """What can be changed, and within which range."""
        return {}

    def set(self, **values: float) -> None:
        """Change settings, all or none.

        Raises:
            ValueError: it has no such setting, or the value is out of range; the text tells the range.
        """
        known = self.settings()
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"{self.name} has no setting {name}; it has: {', '.join(known) or 'none'}")
            reason = known[name].refusal(f"{self.name}: {name}", value)
            if reason is not None:
                raise ValueError(reason)
        for name, value in values.items():
            self._apply(name, int(value) if known[name].whole else float(value))

    def trim(self) -> int:
        """Give back what is held for reuse only; returns the bytes."""
        return 0

    def _apply(self, name: str, value: float) -> None:
        """Take over one setting, whose value was found to be in range."""
        raise NotImplementedError
