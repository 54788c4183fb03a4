"""Which frames of a stack a person needs to read, and which are plumbing. Any thread.

An allocation of a training script goes through the allocator, PyTorch's dispatcher, ctypes or pybind11 and twenty
frames of the interpreter; what matters is the library's own code between them and the Python lines.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from memgui.analysis.native.model import Frame

ALLOCATOR, DISPATCHER, INTERPRETER, START, UNKNOWN = "allocator", "dispatcher", "interpreter", "start", "unknown"

_ALLOCATING = re.compile(
    r"""(?:__interceptor_|__interceptor_trampoline_|___interceptor_|__GI_|__libc_|_int_|je_|tc_|mi_|wrap_)?
        (?:malloc|calloc|realloc|reallocarray|memalign|posix_memalign|aligned_alloc|valloc|pvalloc|strdup|strndup|mmap
        |mmap64)(?:_zero|_usable_size)?
    |_*interceptor_\w+
    |operator\ new(?:\[\])?.*
    |__gnu_cxx::new_allocator.*|std::(?:__\w+::)?(?:allocator|allocator_traits|__new_allocator)<.*
    |std::__\w*allocat\w*.*|std::_Vector_base<.*_M_allocate.*
    |_?PyMem_\w+|_PyMem_\w+|PyObject_(?:Malloc|Calloc|Realloc)|_PyObject_(?:Malloc|Calloc|Realloc)|_PyObject_G[Cc]_\w+
    |_PyObject_New(?:Var)?|PyType_GenericAlloc|_?PyType_AllocNoTrack|gc_alloc|pymalloc_alloc|new_arena|_PyObject_Arena\w+
    |c10::alloc_cpu.*|c10::Default(?:Mobile)?CPUAllocator::.*|c10::\w*Allocator\w*::\w*alloc\w*.*
    |c10::StorageImpl::.*|at::detail::empty_\w+.*|at::detail::_empty_\w+.*
    """,
    re.VERBOSE,
)
_DISPATCHING = re.compile(
    r"""(?:c10::Dispatcher|c10::impl::(?:wrap_kernel_functor|BoxedKernelWrapper|make_boxed)|c10::KernelFunction
        |c10::BoxedKernel|c10::OperatorHandle|c10::TypedOperatorHandle|at::_ops::|at::\(anonymous\ namespace\)::wrapper_
        |torch::autograd::(?:VariableType|ADInplaceOrView|THPVariable|dispatch)|torch::ADInplaceOrView
        |pybind11::(?:cpp_function|detail)|torch::PythonArgParser|torch::detail::wrap)
    """,
    re.VERBOSE,
)
_STARTING = re.compile(
    r"_start|\(below main\)|__libc_start_.*|main"
    r"|start_thread|(?:__)?clone\d?|thread_start|pymain_\w+|Py_(?:Run|Bytes)Main"
    r"|(?:__GI_|_)?_?_?dl_\w+|_*dlopen\w*|call_init.*|_?Py_InitializeFromConfig|ld-linux.*|_dlerror_run"
)
_EVALUATING = re.compile(
    r"_?PyEval_\w+|_PyFunction_Vectorcall|_?PyObject_(?:Call|Vectorcall|MakeTpCall|FastCall|GetAttr|GenericGetAttr)\w*"
    r"|_PyObject_\w*(?:Call|Vectorcall)\w*|_?PyVectorcall_\w+|cfunction_\w+|method_\w+|vectorcall_\w+|slot_tp_\w+|type_call"
    r"|run_mod|run_eval_code_obj|pyrun_file|_PyRun_\w+|PyRun_\w+|builtin_exec\w*|trace_call_function|partial_\w+"
    r"|_ctypes_callproc|_call_function_pointer|PyCFuncPtr_call|ffi_call\w*|py_trampoline_evaluator|_Py_trampoline_func\w*"
    r"|__pyx_\w*(?:Call|Vectorcall)\w*"
)
_OWN_MODULES = re.compile(r"^(?:libpython\d|python\d?|libffi|_ctypes\.|memray|_memray)")
_ALLOCATOR_MODULES = re.compile(r"^(?:vgpreload_|libheaptrack_preload|lib[al]san\.so|libclang_rt\.)")
_START_MODULES = re.compile(r"^(?:ld-linux|ld-\d|ld\.so)")
_INTERPRETER_SOURCES = re.compile(
    r"(?:^|/)(?:Python|Objects|Modules|Parser|Programs|Include/internal|\./Include)/[\w./]+\.[ch](?:\.h)?$"
)
_PYTHON_PLUMBING = re.compile(
    r"^<frozen |^<string>$|/memray/commands/|/memgui/attach/|/multiprocessing/|/importlib/|/runpy\.py$"
)


@dataclass(frozen=True, slots=True)
class Fold:
    """Neighbouring frames of one sort, shown as one line until somebody wants them."""

    reason: str
    frames: tuple[Frame, ...]


@lru_cache(maxsize=100_000)
def reason(frame: Frame) -> str:
    """Why a frame is no reading matter: one of the reasons above; empty for one that is."""
    name, module = frame.function, frame.module.rsplit("/", 1)[-1]
    if frame.is_python:
        return INTERPRETER if _PYTHON_PLUMBING.search(frame.file) else ""
    if not name and not frame.file and not module:
        return UNKNOWN
    if _ALLOCATOR_MODULES.match(module) or _ALLOCATING.fullmatch(name):
        return ALLOCATOR
    if _START_MODULES.match(module) or _STARTING.fullmatch(name):
        return START
    if _DISPATCHING.match(name):
        return DISPATCHER
    if _OWN_MODULES.match(module) or _EVALUATING.fullmatch(name) or _INTERPRETER_SOURCES.search(frame.file):
        return INTERPRETER
    return ""


def fold(stack: tuple[Frame, ...]) -> tuple[Frame | Fold, ...]:
    """A stack with its plumbing folded; a lone plumbing frame is folded too.

    Neighbouring plumbing is one fold, named after what most of it is; only the allocator's at its beginning is apart.
    """
    parts: list[Frame | Fold] = []
    run: list[tuple[str, Frame]] = []
    for frame in stack:
        why = reason(frame)
        if why:
            run.append((why, frame))
            continue
        parts += _folds(run)
        run = []
        parts.append(frame)
    return (*parts, *_folds(run))


def _folds(run: list[tuple[str, Frame]]) -> list[Fold]:
    own = next((at for at, (why, _frame) in enumerate(run) if why != ALLOCATOR), len(run))
    folds = []
    for part in (run[:own], run[own:]):
        if part:
            counts = Counter(why for why, _frame in part)
            folds.append(Fold(counts.most_common(1)[0][0], tuple(frame for _why, frame in part)))
    return folds


def site(stack: tuple[Frame, ...]) -> Frame:
    """The call that took the memory: the innermost one that is no plumbing.

    Where all is plumbing, the innermost one outside the allocator.
    """
    first = next((frame for frame in stack if not reason(frame)), None)
    if first is None:
        first = next((frame for frame in stack if reason(frame) != ALLOCATOR), None)
    return first or (stack[0] if stack else Frame(""))


def short_name(function: str) -> str:
    """A C++ function without its parameters, template arguments and clones: "torch::jit::initBindings::{lambda#2}"."""
    # Neither an operator nor an unnamed namespace is a list of parameters.
    text = function.replace("(anonymous namespace)", "\0").replace("operator()", "operator\1")
    if not text.startswith("<") and "operator<" not in text and "operator>" not in text and "operator-" not in text:
        kept, depth = [], 0
        for letter in text:
            depth -= letter in ")>"
            if depth == 0 and letter not in "()<>":
                kept.append(letter)
            depth += letter in "(<"
        text = "".join(kept)
    text = re.sub(r" (?:const|&|&&)?\s*(?:\[clone .*)?$", "", text)
    return text.replace("\0", "(anonymous)").replace("\1", "()") or function


_IMPORTING = re.compile(r"_?PyImport_\w+|_imp_\w+|import_find_and_load|import_name|PyModule_ExecDef|_dl_init")


@lru_cache(maxsize=100_000)
def _imports(frame: Frame) -> bool:
    return frame.file.startswith("<frozen importlib") or bool(_IMPORTING.fullmatch(frame.function))


def is_import(stack: tuple[Frame, ...]) -> bool:
    """Taken while a module or a library was loaded: once, and kept to the end by design."""
    return any(map(_imports, stack))


def caller(stack: tuple[Frame, ...]) -> Frame | None:
    """Who called the site: the innermost Python line above it, or the next call in C where the tool saw only C."""
    worth = [frame for frame in stack if not reason(frame)]
    python = next((frame for frame in worth if frame.is_python), None)
    if python is not None and python != worth[0]:
        return python
    return worth[1] if len(worth) > 1 else None
