"""The building blocks on a real device."""

from __future__ import annotations

import pytest
import torch

from memgui.runtime import MicroBatcher, Prefetcher, TensorPool

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")]
MIB = 1 << 20


def test_a_pool_on_the_device_lends_the_same_block_again_and_trims_to_the_driver() -> None:
    pool = TensorPool(64 * MIB, device="cuda")
    with pool.take(16 * MIB, torch.uint8) as lease:
        address = lease.tensor.data_ptr()
    with pool.take(16 * MIB, torch.uint8) as lease:
        assert lease.tensor.data_ptr() == address
    torch.cuda.synchronize()
    reserved = torch.cuda.memory_reserved()
    assert pool.trim() == 16 * MIB
    assert torch.cuda.memory_reserved() <= reserved - 16 * MIB


def test_batches_arrive_on_the_device_in_order() -> None:
    source = [torch.full((256, 256), float(at)) for at in range(50)]
    for at, batch in enumerate(Prefetcher(source, 3, device="cuda")):
        assert batch.is_cuda
        assert float((batch @ batch)[0, 0]) == at * at * 256


def test_out_of_memory_on_the_device_halves_the_pieces() -> None:
    torch.cuda.set_per_process_memory_fraction(1.0)
    free, total = torch.cuda.mem_get_info()
    weight = torch.nn.Linear(16, 1, device="cuda")
    x = torch.randn(64, 16, device="cuda")

    def loss(piece: torch.Tensor) -> torch.Tensor:
        # Some 2 % of the device a sample, kept for backward.
        wide = weight(piece).expand(-1, free // 4 // 50) * torch.ones(1, device="cuda")
        return wide.exp().sum() * 0 + weight(piece).square().sum()

    torch.cuda.set_per_process_memory_fraction(0.5 * free / total)
    try:
        micro = MicroBatcher(loss, model=weight)
        micro.backward(x)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    expected = torch.autograd.grad(weight(x).square().mean(), list(weight.parameters()))
    torch.testing.assert_close([part.grad for part in weight.parameters()], list(expected), rtol=1e-4, atol=1e-5)
    assert micro.size < 64
