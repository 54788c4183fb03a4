"""Previews and receipts of shrinks as people and programs read them."""

from __future__ import annotations

from memgui.cli.act_output import done_lines, preview_document, preview_lines
from memgui.cli.act_ranks import document
from memgui.cli.shrink_output import undo_lines
from memgui.link.ranks import RanksOutcome
from memgui.protocol.payloads import Preview, Receipt
from memgui.protocol.shrinking import LayerChange, LeftOut, ShrinkPlan, Sizes, UndoInfo
from memgui.protocol.wire import to_wire

MIB = 1024**2
BEFORE, AFTER = Sizes(8 * MIB, 8 * MIB, 16 * MIB), Sizes(4 * MIB, 4 * MIB, 8 * MIB)
PLAN = ShrinkPlan(
    layers=(
        LayerChange("body.0", "Linear", "512 of 1024 units removed", BEFORE, AFTER, 0.031),
        LayerChange("norm", "LayerNorm", "follows", Sizes(10, 10, 20), Sizes(5, 5, 10)),
    ),
    left_out=tuple(LeftOut(name, "tied to the embedding") for name in ("head", "a", "b", "c", "d", "e")),
    before=BEFORE,
    after=AFTER,
    backup_bytes=32 * MIB,
    backup_dir="/backups/7",
    backup_free_bytes=2048 * MIB,
    loss_before=2.6431,
    loss_after=4.2,
)


def test_a_preview_tells_each_layer_by_role_and_the_sums() -> None:
    lines = preview_lines(Preview("prune", 16 * MIB, 12.4, plan=PLAN))
    head, first, second = lines[:3]
    assert head.split() == ["layer", "parameters", "gradients", "optimizer", "state", "damage", "change"]
    assert first.split("  ")[0] == "body.0"
    assert "8.0 MiB → 4.0 MiB" in first
    assert first.endswith("3.1%  512 of 1024 units removed")
    assert second.endswith("–  follows")
    # Columns are aligned, whatever stands in them.
    assert first.index("512 of") == second.index("follows") == head.index("change")
    text = "\n".join(lines)
    assert "total            32.0 MiB → 16.0 MiB" in text
    assert "left out: head, a, b, c and 2 more: tied to the embedding" in text
    assert "backup: 32.0 MiB to /backups/7, 2.0 GiB free there" in text
    assert "loss on the last batch, on a copy: 2.643 → 4.2" in text
    assert lines[-2:] == ["would free about 16.0 MiB", "training would pause for about 12 ms"]


def test_the_document_of_a_preview_holds_the_plan() -> None:
    assert preview_document(Preview("prune", 5, plan=PLAN))["plan"]["layers"][0]["damage"] == 0.031
    assert preview_document(Preview("trim_heap", 5))["plan"] is None


def test_a_loss_that_could_not_be_computed_says_why() -> None:
    plan = ShrinkPlan(before=BEFORE, after=AFTER, loss_note="the loss is computed outside of the model")
    assert "loss: the loss is computed outside of the model" in preview_lines(Preview("prune", 1, plan=plan))


def test_a_receipt_tells_roles_memory_loss_backup_and_the_way_back() -> None:
    details = {
        "roles_before": to_wire(BEFORE), "roles_after": to_wire(AFTER), "backup": "/backups/7/u-1",
        "backup_bytes": 32 * MIB, "loss_before": 2.64, "losses": [4.2, 3.9],
    }  # fmt: skip
    receipt = Receipt(
        "run-1", "prune", "done", None, 1.0, 77, {"host.rss_bytes": 900 * MIB, "cuda.0.allocated_bytes": 64 * MIB},
        {"host.rss_bytes": 600 * MIB, "cuda.0.allocated_bytes": 48 * MIB}, 16 * MIB, 12.0, "u-1", details,
    )  # fmt: skip
    assert done_lines(receipt) == [
        "prune: done at step 77 in 12.0 ms, freed 16.0 MiB",
        "parameters       8.0 MiB → 4.0 MiB",
        "gradients        8.0 MiB → 4.0 MiB",
        "optimizer state  16.0 MiB → 8.0 MiB",
        "total            32.0 MiB → 16.0 MiB",
        "resident         900 MiB → 600 MiB",
        "cuda.0           64.0 MiB → 48.0 MiB",
        "loss             2.64 → 4.2 3.9",
        "backup           32.0 MiB in /backups/7/u-1",
        "take it back with: --undo u-1",
    ]


def test_other_receipts_are_told_as_before() -> None:
    assert done_lines(Receipt("r", "trim_heap", "done", step=3, freed_bytes=MIB, cost_ms=2.0)) == [
        "trim_heap: done at step 3 in 2.0 ms, freed 1.0 MiB"
    ]


def test_what_can_be_taken_back_is_listed_or_said_to_be_nothing() -> None:
    undos = (UndoInfo("u-2", "prune", "Prune", 77, 1.0, "/b/u-2", 4 * MIB), UndoInfo("u-1", "checkpoint", "C", 5, 0.5))
    head, first, second = undo_lines(undos)
    assert head.split() == ["undo", "id", "action", "step", "backup"]
    assert first.split() == ["u-2", "prune", "77", "4.0", "MiB", "in", "/b/u-2"]
    assert second.split() == ["u-1", "checkpoint", "5", "none"]
    assert undo_lines(()) == ["nothing can be taken back"]


def test_the_document_of_all_ranks_holds_a_receipt_for_each() -> None:
    done = Receipt("r", "prune", "done", undo="u")
    made = document("prune", RanksOutcome("done", None, 12, {"rank 0": done}, 512, "the steps of Adam"))
    assert (made["outcome"], made["at_step"], made["reason"]) == ("done", 12, None)
    assert (made["count"], made["counted_by"]) == (512, "the steps of Adam")
    assert made["ranks"]["rank 0"]["undo"] == "u"
