"""The guest: what runs inside the training process. Standard library and protocol only, Python 3.9 and later."""

from memgui.agent.control import expected, mark, register_action, start, step, stop

__all__ = ["expected", "mark", "register_action", "start", "step", "stop"]
