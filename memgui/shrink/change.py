"""A log of reversible operations on modules and optimizers.

Until `commit` what was replaced is kept in memory, and `roll_back` puts the very same elements back. After `commit`
they are in the backup only, and `take_back` reads them from there. Modules and optimizers are held weakly, parameters
not at all: torch refuses to exchange a tensor that somebody refers to weakly.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from memgui.protocol.errors import Problem, Refused
from memgui.shrink.backup import Backup

_ABSENT = object()
_PLAIN = (int, float, str, bool, type(None), torch.dtype, torch.Size)
Like = Callable[[torch.Tensor], torch.Tensor]


class _Kept:
    """A tensor, or any other value: in memory before `let_go`, in the backup afterwards."""

    def __init__(self, value: Any, backup: Backup | None) -> None:
        self._value = value.detach() if isinstance(value, torch.Tensor) else value
        self._key: str | None = None
        self._backup = backup
        if isinstance(value, torch.Tensor):
            self._key = backup.key(value) if backup is not None else None
            if self._key is None:
                raise Problem(f"a tensor of {tuple(value.shape)} was to be replaced that is not in the backup")

    def get(self) -> Any:
        if self._key is not None and self._value is None:
            assert self._backup is not None
            return self._backup.load(self._key)
        return self._value

    def fetch(self, read: dict[str, torch.Tensor]) -> None:
        if self._key is not None and self._value is None:
            if self._key not in read:
                read[self._key] = self.get()
            self._value = read[self._key]

    def let_go(self) -> None:
        if self._key is not None:
            self._value = None


class Change:
    """The operations of one run; on the training thread, at a safe point.

    Attributes:
        backup: where the tensors are that it replaces; None where it replaces none.
    """

    def __init__(self, optimizers: Iterable[torch.optim.Optimizer], backup: Backup | None) -> None:
        self.backup = backup
        self._optimizers = [weakref.ref(optimizer) for optimizer in optimizers]
        self._undo: list[Callable[[], None]] = []
        self._kept: list[_Kept] = []
        self._exchanged: list[tuple[Any, str]] = []
        self._owners: dict[int, weakref.ref[Any]] = {}

    def replace_parameter(self, module: nn.Module, name: str, data: torch.Tensor, like: Like | None = None) -> None:
        """Give a parameter other values, of another shape perhaps; the object stays the one that everybody knows.

        Args:
            module: that holds it.
            name: in the module's own parameters.
            data: the new values.
            like: makes of a tensor shaped like the parameter what is shaped like `data`: for the gradient and each
                tensor of optimizer state. Without it the gradient is let go, and the state stays.

        Raises:
            Refused: torch does not let the parameter be exchanged.
        """
        parameter = module._parameters[name]
        assert parameter is not None
        shape = parameter.shape
        old, gradient = self._keep(parameter), self._keep(parameter.grad)
        grad = parameter.grad
        fresh = None if grad is None or like is None else like(grad)
        exchange(parameter, data, fresh)
        self._note(self._parameter_back, self._owner(module), name, old, gradient)
        self._exchanged.append((self._owner(module), name))
        if like is None:
            return
        for optimizer in self._live():
            state = optimizer.state.get(parameter, {})
            for key, value in list(state.items()):
                if isinstance(value, torch.Tensor) and value.shape == shape and value.dim() > 0:
                    self.set_state(optimizer, parameter, key, like(value))

    def set_state(self, optimizer: torch.optim.Optimizer, parameter: torch.Tensor, key: str, value: Any) -> None:
        """Change one entry of an optimizer's state."""
        state = optimizer.state[parameter]
        old = self._keep(state.get(key, _ABSENT))
        self._note(self._state_back, self._owner(optimizer), _place(optimizer, parameter), key, old)
        state[key] = value

    def set_buffer(self, module: nn.Module, name: str, value: torch.Tensor | None) -> None:
        """Change, add (a persistent one) or with None remove a buffer."""
        old = self._keep(module._buffers.get(name, _ABSENT))
        self._note(self._buffer_back, self._owner(module), name, old)
        if value is None:
            module._buffers.pop(name, None)
        else:
            module._buffers[name] = value

    def set_attribute(self, thing: Any, name: str, value: Any) -> None:
        """Change an attribute in the object's own dictionary: a number, or a function such as `forward`.

        Raises:
            Refused: what stands there now cannot be kept without keeping the model alive.
        """
        old = thing.__dict__.get(name, _ABSENT)
        if isinstance(old, torch.Tensor) or not (old is _ABSENT or isinstance(old, _PLAIN)):
            what = f"{type(thing).__name__}.{name} is {type(old).__name__} of the script's own"
            raise Refused(f"{what} and cannot be exchanged", "leave this module out")
        self._note(self._attribute_back, self._owner(thing), name, old)
        thing.__dict__[name] = value

    def set_class(self, module: nn.Module, kind: type[nn.Module]) -> None:
        """Make the module one of another class; it stays the object that everybody knows."""
        old = type(module)
        self._note(self._class_back, self._owner(module), old)
        module.__class__ = kind

    def empty_parameter(self, module: nn.Module, name: str) -> None:
        """Take a parameter out of its module and let its elements go; for weights that a buffer holds from now on.

        It must not be trained; an optimizer may list it, as many do with frozen ones. Its place in the module's order
        is kept.
        """
        parameter = module._parameters[name]
        assert parameter is not None
        listed = any(_place(optimizer, parameter, missing=True) is not None for optimizer in self._live())
        if listed and parameter.requires_grad:
            raise Problem(f"{name} is trained and cannot be taken out of its module")
        old, gradient = self._keep(parameter), self._keep(parameter.grad)
        exchange(parameter, parameter.detach().new_empty(0), None)
        self._note(self._parameter_in_again, self._owner(module), name, parameter, old, gradient)
        module._parameters[name] = None

    def add_parameter(self, module: nn.Module, name: str, parameter: nn.Parameter) -> None:
        """Give a module one more parameter."""
        self._note(self._parameter_out_again, self._owner(module), name)
        module.register_parameter(name, parameter)

    def add_group(self, optimizer: torch.optim.Optimizer, group: dict[str, Any]) -> None:
        """Have an optimizer train more parameters."""
        self._note(self._group_out_again, self._owner(optimizer), len(optimizer.param_groups))
        optimizer.add_param_group(group)

    def keep_values(self, models: Iterable[nn.Module]) -> None:
        """Have undo bring back also the values of what is not replaced: parameters, gradients, buffers and state."""
        for root in models:
            for module in root.modules():
                for name, parameter in module._parameters.items():
                    if parameter is not None:
                        old, gradient = self._keep(parameter), self._keep(parameter.grad)
                        self._note(self._values_back, self._owner(module), name, old, gradient)
                        self._keep_states(parameter)
                for name, buffer in module._buffers.items():
                    if buffer is not None:
                        self._note(self._buffer_values_back, self._owner(module), name, self._keep(buffer))

    def custom(self, restore: Callable[..., None], *arguments: Any) -> None:
        """Log an operation of the method's own, before it is done: `restore(*arguments)` takes it back.

        Neither may hold a model alive; tensors only as what `kept` gives.
        """
        self._undo.append(lambda: restore(*arguments))

    def kept(self, tensor: torch.Tensor | None) -> Callable[[], Any]:
        """A function that gives the tensor again, from memory or from the backup."""
        return self._keep(tensor).get

    def roll_back(self) -> None:
        """Take everything back, newest first; what cannot be does not keep the rest from it."""
        failure: Exception | None = None
        while self._undo:
            try:
                self._undo.pop()()
            except Exception as error:  # noqa: BLE001 - raised at the end
                failure = failure or error
        if failure is not None:
            raise failure

    def commit(self) -> None:
        """Let go of the old tensors; from now on only `take_back` goes back, by the backup."""
        self.let_go()
        if self.backup is not None:
            self.backup.seal()

    @property
    def is_alive(self) -> bool:
        """All that it changed still exists, and so does the backup."""
        there = self.backup is None or self.backup.is_there()
        return there and all(owner() is not None for owner in self._owners.values())

    def owners(self) -> set[int]:
        """Ids of the modules and optimizers that it changed."""
        return {id(owner()) for owner in self._owners.values()}

    def fetch(self) -> None:
        """Read the old tensors into memory again, so that `take_back` cannot fail for the disk; else `let_go`.

        Raises:
            Problem: it cannot be undone any more.
            Refused: torch does not let a parameter be exchanged.
        """
        self._check()
        read: dict[str, torch.Tensor] = {}
        for kept in self._kept:
            kept.fetch(read)

    def let_go(self) -> None:
        """Hold the old tensors in the backup only."""
        for kept in self._kept:
            kept.let_go()

    def take_back(self) -> None:
        """Undo it after `commit`, from the backup.

        Raises:
            Problem: it cannot be undone any more; nothing was changed.
            Refused: torch does not let a parameter be exchanged; nothing was changed.
        """
        self._check()
        for restore in reversed(self._undo):
            restore()
        self._undo = []

    def _check(self) -> None:
        if not self.is_alive:
            raise Problem("its model, its optimizer or its backup is gone")
        for owner, name in self._exchanged:
            _check(owner()._parameters[name])

    # What follows takes one operation back.

    def _parameter_back(self, owner: Any, name: str, old: _Kept, gradient: _Kept) -> None:
        exchange(owner()._parameters[name], old.get(), gradient.get())

    def _parameter_in_again(self, owner: Any, name: str, parameter: Any, old: _Kept, gradient: _Kept) -> None:
        exchange(parameter, old.get(), gradient.get())
        owner()._parameters[name] = parameter

    def _parameter_out_again(self, owner: Any, name: str) -> None:
        owner()._parameters.pop(name, None)

    def _state_back(self, owner: Any, place: tuple[int, int], key: str, old: _Kept) -> None:
        optimizer = owner()
        state = optimizer.state[optimizer.param_groups[place[0]]["params"][place[1]]]
        value = old.get()
        if value is _ABSENT:
            state.pop(key, None)
        else:
            state[key] = value

    def _buffer_back(self, owner: Any, name: str, old: _Kept) -> None:
        value = old.get()
        if value is _ABSENT:
            owner()._buffers.pop(name, None)
        else:
            owner()._buffers[name] = value

    def _attribute_back(self, owner: Any, name: str, old: Any) -> None:
        if old is _ABSENT:
            owner().__dict__.pop(name, None)
        else:
            owner().__dict__[name] = old

    def _class_back(self, owner: Any, kind: type[nn.Module]) -> None:
        owner().__class__ = kind

    def _group_out_again(self, owner: Any, index: int) -> None:
        optimizer = owner()
        for parameter in optimizer.param_groups.pop(index)["params"]:
            optimizer.state.pop(parameter, None)

    def _values_back(self, owner: Any, name: str, old: _Kept, gradient: _Kept) -> None:
        parameter = owner()._parameters[name]
        with torch.no_grad():
            parameter.copy_(old.get())
        parameter.grad = gradient.get()

    def _buffer_values_back(self, owner: Any, name: str, old: _Kept) -> None:
        with torch.no_grad():
            owner()._buffers[name].copy_(old.get())

    def _keep_states(self, parameter: torch.Tensor) -> None:
        for optimizer in self._live():
            place = _place(optimizer, parameter, missing=True)
            if place is not None:
                state = optimizer.state.get(parameter, {})
                held = {key: self._keep(value) for key, value in state.items()}
                self._note(self._states_back, self._owner(optimizer), place, held)

    def _states_back(self, owner: Any, place: tuple[int, int], held: Mapping[str, _Kept]) -> None:
        optimizer = owner()
        parameter = optimizer.param_groups[place[0]]["params"][place[1]]
        if held:
            optimizer.state[parameter] = {key: kept.get() for key, kept in held.items()}
        else:
            optimizer.state.pop(parameter, None)

    def _note(self, restore: Callable[..., None], *arguments: Any) -> None:
        self._undo.append(lambda: restore(*arguments))

    def _keep(self, value: Any) -> _Kept:
        kept = _Kept(value, self.backup)
        self._kept.append(kept)
        return kept

    def _owner(self, thing: Any) -> Any:
        return self._owners.setdefault(id(thing), weakref.ref(thing))

    def _live(self) -> list[torch.optim.Optimizer]:
        found = [reference() for reference in self._optimizers]
        return [optimizer for optimizer in found if optimizer is not None]


def exchange(parameter: torch.Tensor, data: torch.Tensor, gradient: torch.Tensor | None) -> None:
    """Put other elements behind a parameter; object, attributes and hooks stay.

    Changing `parameter.data` is not enough: a live loss keeps the node that accumulates gradients of the old shape.

    Raises:
        Refused: somebody refers to the parameter in a way that torch does not allow.
    """
    _check(parameter)
    hooks, after = parameter._backward_hooks, parameter._post_accumulate_grad_hooks
    fresh = nn.Parameter(data.detach(), requires_grad=parameter.requires_grad)
    attributes = dict(parameter.__dict__)
    fresh.__dict__.update(attributes)
    # One that was frozen lately may still be in the graph of a live loss; torch finds the node only where it learns.
    parameter.requires_grad_()
    torch.utils.swap_tensors(parameter, fresh)
    # The graph of a live loss holds what is now behind `fresh` until the next step; its memory need not stay as long.
    fresh.grad = None
    fresh.data = fresh.detach().new_empty(0)
    parameter.grad = gradient
    # The new elements know nothing of the hooks; setting the same dictionary again tells them, and handles stay good.
    if hooks is not None:
        parameter._backward_hooks = None
        parameter._backward_hooks = hooks
    if after is not None:
        parameter._post_accumulate_grad_hooks = None
        parameter._post_accumulate_grad_hooks = after


def _check(parameter: torch.Tensor) -> None:
    """What `swap_tensors` would find, before it has done anything. Source: torch/utils/__init__.py of torch 2.13."""
    if type(parameter) is not nn.Parameter:
        kind = type(parameter).__name__
        raise Refused(f"a parameter of class {kind} cannot be exchanged in place", "leave its module out")
    if weakref.getweakrefs(parameter):
        raise Refused(
            "torch does not let a parameter be exchanged that something refers to weakly",
            "torch.compile, a wrapper or the script does; leave its module out",
        )
    if parameter._use_count() > (2 if parameter.is_leaf else 1):
        raise Refused(
            "torch does not let a parameter be exchanged that native code holds, such as a data-parallel wrapper",
            "leave its module out",
        )


def _place(
    optimizer: torch.optim.Optimizer, parameter: torch.Tensor, *, missing: bool = False
) -> tuple[int, int] | None:
    for number, group in enumerate(optimizer.param_groups):
        for index, other in enumerate(group["params"]):
            if other is parameter:
                return number, index
    if missing:
        return None
    raise Problem("the optimizer does not train this parameter")
