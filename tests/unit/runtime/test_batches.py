"""Batches of changing size: order, completeness, and who decides the size."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings, strategies

from memgui.runtime import BufferedBatches


@settings(max_examples=60, deadline=None)
@given(
    count=strategies.integers(0, 100),
    sizes=strategies.lists(strategies.integers(1, 30), min_size=1, max_size=10),
)
def test_no_sample_is_dropped_or_moved_whatever_the_sizes(count: int, sizes: list[int]) -> None:
    batches = BufferedBatches(range(count), size=1, schedule=lambda at: sizes[at % len(sizes)], collate=list)
    seen: list[int] = []
    for at, batch in enumerate(batches):
        assert len(batch) == sizes[at % len(sizes)] or len(seen) + len(batch) == count
        seen += batch
    assert seen == list(range(count))


def test_a_size_that_is_set_acts_with_the_next_batch_and_ends_the_schedule() -> None:
    batches = BufferedBatches(range(20), size=2, schedule=lambda _: 2, collate=list)
    iterator = iter(batches)
    assert next(iterator) == [0, 1]
    batches.set(size=5)
    assert next(iterator) == [2, 3, 4, 5, 6]
    assert batches.describe().notes == ()


def test_headroom_makes_batches_larger_and_the_lack_of_it_smaller() -> None:
    free = [0.9]
    batches = BufferedBatches(range(4000), size=4, limit=16, by_headroom=True, headroom=lambda: free[0], collate=list)
    lengths = []
    for at, batch in enumerate(batches):
        lengths.append(len(batch))
        if at == 60:
            free[0] = 0.05
        if at == 61:
            free[0] = 0.3
    assert max(lengths) == 16
    assert lengths[61:63] == [8, 8]
    assert set(lengths[63:-1]) == {8}


def test_samples_are_collated_as_a_loader_does() -> None:
    [batch] = BufferedBatches([(torch.ones(2), 1), (torch.zeros(2), 0)], size=4)
    assert batch[0].shape == (2, 2)
    assert batch[1].tolist() == [1, 0]


def test_bad_arguments_are_named_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="got size 5 and limit 4"):
        BufferedBatches([], 5, limit=4)
    with pytest.raises(ValueError, match="not both"):
        BufferedBatches([], 1, schedule=lambda _: 1, by_headroom=True)
    with pytest.raises(ValueError, match="schedule gave 9 for batch 0; 1 to 8"):
        list(BufferedBatches([1], 1, limit=8, schedule=lambda _: 9))
    with pytest.raises(ValueError, match="size must be from 1 to 8"):
        BufferedBatches([], 1, limit=8).set(size=9)
