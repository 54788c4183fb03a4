"""From looks to suspects: what is new, has outlived a step and has become more, by who holds it."""

from __future__ import annotations

import collections
import time
import types
from dataclasses import dataclass, replace
from typing import Any, Counter, Dict, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Tuple

from memgui.agent.explain import advice, code_lines, edges, graph, growth, hooks, loaders, words
from memgui.agent.explain.births import Births, Line
from memgui.agent.explain.graph import NODE_BYTES, Graph, kind_of, storage_of
from memgui.agent.explain.holding import Holding, of_one, sort
from memgui.agent.explain.look import Alive, Kind, Look
from memgui.agent.explain.search import Chain, Search
from memgui.agent.inspect.budget import Budget
from memgui.protocol.explanation import Suspect, TypeGrowth

_SHOWN = 8
_NODES = 60_000
# What nothing in Python holds is worth a word where every third step leaves one; where graphs grow, it hangs on them.
_UNHELD = 0.3
_MATERIAL_BYTES = 200
_ALIKE = 0.5
_EXPECTED = "the script has declared what holds them as expected"
_WORKER_BYTES = 1 << 20
_NATIVE_BYTES = 256 << 10
_SEARCH_S = 4.0
# What the looks themselves leave: torch keeps the Python side of a storage once somebody has asked for it.
_OF_LOOKING = ("torch.storage.UntypedStorage", "weakref.ReferenceType")


@dataclass
class Evidence:
    """What the looks before the last have left.

    Attributes:
        declared: ids of what the script has declared as expected.
    """

    torch: Any
    first: Look
    second: Look
    steps: int
    births: Births
    heap: Sequence[Tuple[int, int]]
    children: Dict[int, int]
    declared: FrozenSet[int]


def suspects(alive: Alive, seen: Evidence, budget: Budget) -> Tuple[Suspect, ...]:
    """All that grows, by bytes per step. Runs on the training thread and leaves no reference behind."""
    search = Search(time.monotonic() + _SEARCH_S, budget)
    search.ignore(alive.objects, alive.tensors, alive.types)
    case = _Case(alive, seen, search, budget)
    found = [*case.tensors(), *case.containers()]
    found += case.workers()
    found += case.native(found)
    found.sort(key=_weight)
    return tuple(found[:_SHOWN])


def _weight(suspect: Suspect) -> float:
    return -(suspect.per_step or 0.0)


class _Case:
    """One explanation; lives as long as the last look."""

    def __init__(self, alive: Alive, seen: Evidence, search: Search, budget: Budget) -> None:
        self._alive = alive
        self._seen = seen
        self._search = search
        self._budget = budget
        self._codes = code_lines.script_codes()
        self._hooks = list(hooks.registered(seen.torch, alive))
        self._collectors: Dict[int, Any] = {}

    def tensors(self) -> List[Suspect]:
        """Tensors and graphs."""
        survivors = self._survivors()
        graphs = self._graphs()
        heads = {id(self._alive.tensors[graph.head]): graph for graph in graphs}
        saved = {storage for one in graphs for storage in one.saved}
        # What a graph saved hangs on the graph, whether Python sees the tensor or not.
        inside = {
            key: survivors.pop(key)
            for key in list(survivors)
            if key not in heads and (storage_of(survivors[key]) or (0, 0))[0] in saved
        }
        holdings = sort(survivors, self._search, self._seen.first.boxes, self._budget)
        for holding in holdings:
            for member in holding.members:
                own = heads.pop(id(member), None)
                if own is not None:
                    holding.graphs.append(own)
        holdings += self._summed(heads.values())
        if not any(holding.graphs for holding in holdings):
            holdings += sort(inside, self._search, self._seen.first.boxes, self._budget)
        if len(survivors) > _UNHELD * self._seen.steps:
            if self._budget.is_spent():
                holdings.append(self._unfinished(survivors))
            elif not graphs:
                holdings += self._unheld(survivors)
        found = []
        for holding in holdings:
            if holding.container is not None:
                self._collectors[id(holding.container)] = holding.container
            if not _is_own(holding):
                found.append(self._suspect(holding))
        return found

    def _survivors(self) -> Dict[int, Any]:
        """Tensors born after the first look that have outlived a step, of kinds that have become more."""
        first, second = self._seen.first, self._seen.second
        born = [
            tensor
            for tensor in self._alive.tensors
            if id(tensor) not in first.tensors and id(tensor) in second.born and second.born[id(tensor)]() is tensor
        ]
        now: Counter[Kind] = collections.Counter(map(kind_of, self._alive.tensors))
        kinds: Counter[Kind] = collections.Counter(map(kind_of, born))
        least = 1 if self._seen.steps < 4 else 2
        grown = {
            kind
            for kind, count in kinds.items()
            if count >= least and now[kind] - first.kinds.get(kind, 0) >= max(least, count / 2)
        }
        return {id(tensor): tensor for tensor in born if kind_of(tensor) in grown}

    def _graphs(self) -> List[Graph]:
        """Graphs that reach over several steps."""
        since, until = self._seen.first.sequence, self._seen.second.sequence
        if since is None or until is None or until <= since:
            return []
        walker = graph.Walker(time.monotonic() + _SEARCH_S / 2, _NODES)
        found = []
        for at in graph.by_age(self._alive.tensors):
            if self._budget.is_spent():
                break
            one = walker.walk(at, self._alive.tensors[at], since, until)
            if one.nodes:
                found.append(one)
        return found

    def _summed(self, graphs: Iterable[Graph]) -> List[Holding]:
        """Tensors that are no survivors themselves but whose graph reaches back over several steps: sums, states."""
        first, until = self._seen.first.sequence or 0, self._seen.second.sequence or 0
        found = []
        for one in sorted(graphs, key=_size)[:4]:
            reach = max(one.numbers, default=0) - min(one.numbers, default=0)
            if reach < 0.4 * (until - first) or self._budget.is_spent():
                continue
            holding = of_one(self._alive.tensors[one.head], self._search)
            holding.graphs.append(one)
            found.append(holding)
        return found

    def _unheld(self, survivors: Dict[int, Any]) -> List[Holding]:
        """Survivors that nothing in Python refers to: C++ holds them."""
        sample = next(iter(survivors.values()))
        holding = of_one(sample, self._search)
        if holding.chain.root is not None or holding.chain.cut:
            return []
        holding.members = holding.total = list(survivors.values())
        return [holding]

    def _unfinished(self, survivors: Dict[int, Any]) -> Holding:
        """Survivors for whose holder there was no time: they are still no memory that nobody can explain."""
        chain = Chain(None, [next(iter(survivors.values()))], cut=True)
        left = list(survivors.values())
        return Holding(chain, words.describe(chain), None, (), left, left)

    def _suspect(self, holding: Holding) -> Suspect:
        path = holding.path
        kind, hook = self._kind(holding)
        kinds = collections.Counter(map(kind_of, holding.members))
        shapes = kinds or collections.Counter(
            {key: n for one in holding.graphs for key, n in one.shapes.items()}  # what the graph saved
        )
        shape, dtype, device = shapes.most_common(1)[0][0] if shapes else (None, None, None)
        total = [tensor for tensor in holding.total if not kinds or kind_of(tensor) in kinds] or holding.members
        gained = _bytes_of(holding.members, self._seen.first.storages)
        saved = {key: size for one in holding.graphs for key, size in one.saved.items()}
        gained += sum(size for key, size in saved.items() if key not in self._seen.first.storages)
        nodes = sum(one.nodes for one in holding.graphs)
        held = _bytes_of(total, frozenset()) + sum(saved.values())
        parts, count, sentences = list(path.parts), len(total), []
        if holding.graphs and kind == "graph":
            whole = self._whole(holding)
            count, held = len(whole.saved), sum(whole.saved.values())
            least = "at least " if whole.cut else ""
            parts += [" → grad_fn", f" → {count:,} saved tensors" if count else f" → {whole.nodes:,} nodes"]
            sentences.append(f"its graph has {least}{whole.nodes:,} nodes with {count:,} saved tensors")
            if not count:
                # A graph that went through backward keeps its nodes only.
                count, held, gained = whole.nodes, whole.nodes * NODE_BYTES, nodes * NODE_BYTES
                sentences.append("backward has freed what they saved; bytes are estimated by the number of nodes")
        elif holding.graphs:
            sentences.append(f"each keeps its graph: {nodes:,} nodes with {len(saved):,} saved tensors are new")
            gained += nodes * NODE_BYTES
        per_step = (nodes if kind == "graph" else len(holding.members)) / self._seen.steps
        if kind != "graph":
            sentences.insert(
                0, f"{len(holding.members):,} new in {self._seen.steps} steps, and still there a step later"
            )
        if hook is not None:
            sentences.append(f"filled by a {hook[0]}, {hook[1].co_name}()")
        expected = self._is_expected(holding)
        if expected:
            sentences.append(_EXPECTED)
        stored = self._stored(holding, kind, hook)
        born = self._born(holding, stored)
        root = "".join(parts[:1]) if len(parts) < 2 or not holding.names else _owner(holding)
        return Suspect(
            kind=kind,
            count=count,
            bytes=held,
            per_step=round(gained / self._seen.steps, 1),
            count_per_step=round(per_step, 3),
            shape=shape,
            dtype=dtype,
            device=device,
            holder=tuple(parts),
            root=path.root,
            held_by=tuple(sorted(path.through)),
            born=born or stored,
            stored=stored,
            advice=self._advice(holding, kind, root),
            confidence=self._confidence(holding, per_step, born),
            evidence=tuple(sentences),
            expected=expected,
        )

    def _is_expected(self, holding: Holding) -> bool:
        return any(id(thing) in self._seen.declared for thing in holding.chain.objects)

    def _advice(self, holding: Holding, kind: str, root: str) -> str:
        if holding.chain.root is None and not holding.chain.cut:
            return advice.text("native", root)
        if holding.chain.cut:
            return advice.text(kind, "Something")
        found = advice.text(kind, holding.path.text if kind == "graph" else root, holding.path.through)
        if holding.graphs and kind in ("tensors", "hook", "cache"):
            found += " Each of them keeps the graph that made it: store .detach()."
        return found

    def _kind(self, holding: Holding) -> Tuple[str, Optional[Tuple[str, Any]]]:
        through = holding.path.through
        hook = hooks.filling(iter(self._hooks), holding.chain.objects[:-1], holding.names)
        if holding.chain.root is None and not holding.chain.cut:
            return "native", None
        if words.EXCEPTION in through:
            return "exception", None
        if words.CACHE in through:
            return "cache", None
        if hook is not None or words.HOOK in through:
            return "hook", hook
        return ("graph" if holding.graphs and holding.container is None else "tensors"), None

    def _whole(self, holding: Holding) -> Graph:
        walker = graph.Walker(time.monotonic() + 1.0, _NODES)
        head = self._alive.tensors[holding.graphs[0].head]
        return walker.walk(holding.graphs[0].head, head)

    def _born(self, holding: Holding, stored: Optional[str]) -> Optional[str]:
        sizes: Counter[Line] = collections.Counter()
        for member in holding.members:
            line = self._seen.births.line_of(member)
            if line is not None:
                sizes[line] += (storage_of(member) or (0, 0))[1] + 1
        if not sizes:
            known = self._seen.births.nodes
            for one in holding.graphs:
                sizes.update(known[number] for number in one.alike if number in known)
        if not sizes:
            return None
        frames = [thing.f_code for thing in holding.chain.objects if type(thing) is types.FrameType]
        return "{}:{}".format(*nearest_line(sizes, frames, stored))

    def _stored(self, holding: Holding, kind: str, hook: Optional[Tuple[str, Any]]) -> Optional[str]:
        if kind == "cache":
            for thing in holding.chain.objects:
                code = code_lines.code_of(thing) if type(thing) is edges.LRU_CACHE else None
                if code is not None:
                    return f"{code.co_filename}:{code.co_firstlineno}"
        if kind == "graph" and holding.names:
            return code_lines.summing_line(holding.names[-1], self._codes)
        codes = [hook[1], *self._codes] if hook is not None else self._codes
        for name in reversed(holding.names):
            line = code_lines.adding_line(name, codes)
            if line is not None:
                return line
        return None

    def _confidence(self, holding: Holding, per_step: float, born: Optional[str]) -> float:
        sure = 0.6
        if per_step >= 0.8 and abs(per_step - round(per_step)) < 0.15:
            sure += 0.2
        if born is not None:
            sure += 0.05
        if holding.chain.root is not None:
            sure += 0.1
        if self._seen.steps < 5:
            sure -= 0.2
        if _bound(holding.container) is not None or self._is_expected(holding):
            sure = min(sure, 0.4)
        return round(min(0.98, max(0.1, sure)), 2)

    def containers(self) -> List[Suspect]:
        """Containers of anything but tensors."""
        births = self._seen.births
        own = {*self._collectors, id(births.lines), id(births.nodes), id(self._alive.types)}
        grown = growth.containers(self._alive, self._seen.first, self._seen.second, self._seen.steps + 1, own)
        found = []
        for one in grown[:6]:
            if one.per_step * one.bytes_each < _MATERIAL_BYTES or self._budget.is_spent():
                break
            holding = of_one(one.box, self._search)
            if holding.chain.root is None or _is_own(holding):
                continue
            found.append(self._container(one, holding))
        return found

    def _container(self, one: growth.Grown, holding: Holding) -> Suspect:
        path = holding.path
        kind = "python"
        hook = hooks.filling(iter(self._hooks), holding.chain.objects, holding.names)
        if words.CACHE in path.through:
            kind = "cache"
        elif hook is not None or words.HOOK in path.through:
            kind = "hook"
        elif any(isinstance(entry, BaseException) for entry in growth.latest(one.box)):
            kind = "exception"
        stored = self._stored(holding, kind, hook)
        text = "hooks" if words.HOOK in path.through else kind
        expected = self._is_expected(holding)
        return Suspect(
            kind=kind,
            count=one.length,
            bytes=int(one.length * one.bytes_each),
            per_step=round(one.per_step * one.bytes_each, 1),
            count_per_step=round(one.per_step, 3),
            holder=path.parts,
            root=path.root,
            held_by=tuple(sorted(path.through)),
            born=stored,
            stored=stored,
            advice=advice.text(text, path.text, path.through),
            confidence=self._confidence(replace(holding, container=one.box), one.per_step, stored),
            evidence=(
                f"a {type(one.box).__name__} with {one.length:,} entries that was longer at each of three looks",
                "bytes are estimated by its last entries",
                *((_EXPECTED,) if expected else ()),
            ),
            expected=expected,
        )

    def workers(self) -> List[Suspect]:
        """Loader workers whose memory grows."""
        before = self._seen.first.children
        rises = {pid: size - before[pid] for pid, size in self._seen.children.items() if pid in before}
        found = []
        for loader, pids in loaders.loaders(self._alive):
            rise = sum(rises.get(pid, 0) for pid in pids)
            if rise < _WORKER_BYTES or self._budget.is_spent():
                continue
            found.append(self._worker(loader, pids, rise))
        return found

    def _worker(self, loader: Any, pids: Sequence[int], rise: int) -> Suspect:
        keeping = list(loaders.keeping(loader))
        name = f"loader worker {', '.join(map(str, pids[:4]))}"
        parts: Tuple[str, ...] = (name,)
        stored: Optional[str] = None
        sure = 0.5
        through: Tuple[str, ...] = ()
        sentences = [f"the workers grew by {rise:,} bytes in {self._seen.steps + 1} steps"]
        if keeping:
            kept = keeping[0]
            if kept.container is not None:
                found = of_one(kept.container, self._search)
                through = tuple(sorted(found.path.through))
                words_of = found.path.parts if found.chain.root is not None else ("dataset", f".{kept.name}")
                parts = (name, " → ", *words_of)
            else:
                owner = f"{kept.owner.__module__}.{kept.owner.__qualname__}"
                parts = (name, f" → {owner if owner.endswith(kept.name) else f'{owner}.{kept.name}'} lru_cache")
                through = (words.CACHE,)
            stored, sure = kept.line, 0.8 if len(keeping) == 1 else 0.65
            sentences.append("read from the data set's code: the objects of a worker cannot be looked at from here")
        return Suspect(
            kind="workers",
            count=len(pids),
            bytes=sum(self._seen.children.get(pid, 0) for pid in pids),
            per_step=round(rise / (self._seen.steps + 1), 1),
            holder=parts,
            root=name,
            held_by=through,
            born=stored,
            stored=stored,
            advice=advice.text("workers" if keeping else "workers_unknown", name),
            confidence=sure,
            evidence=tuple(sentences),
        )

    def native(self, known: Sequence[Suspect]) -> List[Suspect]:
        """Growth of the C heap that nothing else explains."""
        rate = growth.slope(self._seen.heap)
        if rate is None:
            return []
        explained = sum(
            suspect.per_step or 0.0
            for suspect in known
            if suspect.kind != "workers" and suspect.device in (None, "cpu")
        )
        rest = rate - explained
        span = self._seen.heap[-1][0] - self._seen.heap[0][0]
        if rest * span < _NATIVE_BYTES or rest < 0.35 * rate:
            return []
        calls = self._foreign_calls()
        sentences = [
            f"the C heap grows by {rate:,.0f} bytes a step; objects that Python knows of explain {explained:,.0f}"
        ]
        sentences += [f"the script calls C by ctypes: {name} at {line}" for name, line in calls[:4]]
        return [
            Suspect(
                kind="native",
                count=0,
                per_step=round(rest, 1),
                holder=(words.NATIVE,),
                root="native code",
                born=calls[0][1] if len(calls) == 1 else None,
                advice=advice.text("native", "native code"),
                confidence=0.8 if explained < 0.1 * rate else 0.5,
                evidence=tuple(sentences),
            )
        ]

    def _foreign_calls(self) -> List[Tuple[str, str]]:
        found = []
        for name in sorted(growth.foreign_names(self._alive)):
            line = code_lines.using_line(name, self._codes)
            if line is not None:
                found.append((name, line))
        return found


def types_grown(alive: Alive, first: Look, second: Look, steps: int, recorded: int) -> Tuple[TypeGrowth, ...]:
    """Types of which there were more at each look, without the tuples that `recorded` births are."""
    found = []
    for cls, count in alive.types.items():
        name = f"{cls.__module__}.{cls.__qualname__}"
        if name in _OF_LOOKING:
            continue
        if cls is tuple:
            count -= recorded
        before, between = first.types.get(name, 0), second.types.get(name, 0)
        if before < between <= count and count - before >= max(3, steps // 4):
            found.append(TypeGrowth(name.replace("builtins.", ""), count, round((count - before) / max(1, steps), 3)))
    found.sort(key=_by_rate)
    return tuple(found[:12])


def nearest_line(sizes: Mapping[Line, int], frames: Sequence[types.CodeType], stored: Optional[str]) -> Line:
    """The line that made most of it; of several that made about as much, the one nearest to what holds it.

    Args:
        sizes: what each line has made.
        frames: code of the kept frames: what a function made itself is nearer than what it was given.
        stored: `file:line` that stores it; then lines of the same file are nearer.
    """
    beside = stored.rpartition(":")[0] if stored is not None else ""
    most = max(sizes.values())

    def nearness(line: Line) -> Tuple[bool, bool, int, Line]:
        is_inside = any(line[0] == code.co_filename and line[1] in code_lines.lines_of(code) for code in frames)
        return not is_inside, line[0] != beside, -sizes[line], line

    return min((line for line, size in sizes.items() if size >= most * _ALIKE), key=nearness)


def _by_rate(grown: TypeGrowth) -> float:
    return -grown.per_step


def _size(one: Graph) -> float:
    return -(sum(one.saved.values()) + one.nodes)


def _bytes_of(tensors: Iterable[Any], without: FrozenSet[int]) -> int:
    sizes: Dict[int, int] = {}
    for tensor in tensors:
        known = storage_of(tensor)
        if known is not None and known[0] not in without:
            sizes[known[0]] = known[1]
    return sum(sizes.values())


def _bound(container: Any) -> Optional[int]:
    """How many a container takes at most; None where it has no bound."""
    if type(container) is collections.deque:
        return container.maxlen
    if type(container) is edges.LRU_CACHE:
        bound = container.cache_info().maxsize
        return None if bound is None or bound > 1_000_000 else int(bound)
    return None


def _owner(holding: Holding) -> str:
    """The container in words."""
    at = next((at for at, thing in enumerate(holding.chain.objects) if thing is holding.container), None)
    if at is None:
        return holding.path.root
    return words.describe(Chain(holding.chain.root, holding.chain.objects[: at + 1], local=holding.chain.local)).text


def _is_own(holding: Holding) -> bool:
    root = holding.path.root
    return root.startswith("memgui.") or "memgui-agent" in root
