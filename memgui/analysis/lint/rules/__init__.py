"""The rules, by code. A new one is a file here and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from memgui.analysis.lint.rule import Rule
from memgui.analysis.lint.rules import (
    backward,
    caches,
    checkpoints,
    datasets,
    defaults,
    evaluation,
    every_step,
    exceptions,
    files,
    finalizers,
    globals_,
    gradients,
    hooks,
    kept_graph,
    loaders,
    module_lists,
    native,
    recurrent,
)

_FILES = (
    kept_graph, evaluation, backward, caches, hooks, globals_, datasets, defaults, exceptions, loaders, checkpoints,
    every_step, module_lists, files, finalizers, gradients, recurrent, native,
)  # fmt: skip

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.code: rule for rule in sorted((rule for file in _FILES for rule in file.RULES), key=lambda rule: rule.code)}
)
