"""What names of torch's world tell: which calls keep a graph, which end it, which objects are models. Pure."""

from __future__ import annotations

import ast
import re

from memgui.analysis.lint.source import last_word


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# Methods and functions whose result carries no graph: numbers, shapes, integers, booleans, arrays.
ENDS_GRAPH = words(
    """
    item detach detach_ tolist numpy asscalar asnumpy argmax argmin argsort size dim ndimension numel nelement
    long int bool byte short eq ne gt lt ge le isnan isinf isfinite any all nonzero bincount unique get_device
    is_cuda data_ptr element_size equal allclose isclose ones_like zeros_like randn_like rand_like empty_like
    full_like stride type format keys startswith endswith join split lower upper strip
    """
)
# Attributes of a tensor that carry none.
PLAIN_ATTRIBUTES = words(
    """
    data shape device dtype grad is_leaf requires_grad ndim indices names layout itemsize
    """
)
# Functions whose result holds no tensor.
PLAIN_CALLS = words(
    """
    float int str len bool round repr print format range isinstance type id hash hasattr callable open time
    perf_counter issubclass vars dir parse_args
    """
)
# Functions that hand on what they are given.
PASSES = words(
    """
    sum list tuple dict sorted zip enumerate reversed max min abs next iter set getattr deepcopy copy tqdm chain
    scale scale_loss partial pow
    """
)
# (values, indices): the second carries no graph.
PAIRS = words(
    """
    max min topk sort median kthvalue mode cummax cummin
    """
)
TENSOR_METHODS = words(
    """
    mean sum std var norm view reshape squeeze unsqueeze permute transpose t flatten expand repeat contiguous
    clone to cpu cuda float half double bfloat16 type_as log exp sqrt pow abs neg clamp clip softmax log_softmax
    sigmoid tanh relu max min topk mul div add sub matmul mm bmm gather index_select masked_select masked_fill
    chunk split unbind select narrow backward values items get pop copy square logsumexp prod cumsum sort median
    squeeze_ view_as expand_as item detach tolist numpy argmax
    """
)
# Methods whose arguments go into the graph as well.
COMBINES = words(
    """
    mul div add sub matmul mm bmm mv dot addmm where lerp true_divide mul_ add_ div_ sub_ append cat outer
    """
)
_LOSS = re.compile(r"loss|criterion|cross_entropy|kl_div|\bcrit\b|objective|elbo", re.IGNORECASE)
# The model is what the last word names: `self.text_encoder`, `net_G2`, `run_model`, and not `model_args`.
_MODEL = re.compile(
    r"(?:^|_)(?:model|net|network|module|encoder|decoder|generator|discriminator|critic|actor|policy|backbone|classifier|"
    r"student|unet|vae|gan|lm|llm|transformer|rnn|lstm|gru|cnn|mlp|net_?[gd]|ddp|engine|cell|forward)"
    r"(?:_?\d+|_[a-z])?$|(?:^|_)forward_",
    re.IGNORECASE,
)
_NO_CALL_OF_A_MODEL = re.compile(
    r"^(?:get|set|build|create|make|load|save|init|print|log|wrap|unwrap|prepare|is|num|parse|add|register|count|resume|"
    r"setup|select|clone|copy|reset|convert|export|freeze|move|find|check|configure|define|import|new|update)_",
    re.IGNORECASE,
)


def sounds_like_loss(name: str) -> bool:
    """A callable that computes a loss."""
    return bool(_LOSS.search(name)) and not _NO_CALL_OF_A_MODEL.match(name)


def sounds_like_model(name: str) -> bool:
    """A callable that is a model or runs one."""
    return name == "self" or bool(_MODEL.search(name) and not _NO_CALL_OF_A_MODEL.match(name))


_ENGINE = re.compile(
    r"accelerator|engine|fabric|^self$|model|amp|trainer|strategy|optim|runner|autograd|^ds_|plugin", re.IGNORECASE
)


def runs_others(name: str) -> bool:
    """An object whose `backward(loss)` runs what it is given."""
    return bool(_ENGINE.search(name))


def makes_graph(node: ast.AST | None) -> bool:
    """Whether a call is that of a model or a loss, as far as names tell."""
    if not isinstance(node, ast.Call):
        return False
    name = last_word(node.func)
    return sounds_like_loss(name) or sounds_like_model(name) or name == "grad"
