"""A replay buffer takes a bounded number of transitions and then overwrites."""

from base import Run, mlp, torch, train

run = Run(grows=True)
model = mlp(64, 96)
optimizer = torch.optim.Adam(model.parameters())
replay = []
bound = int(run.rng.uniform(0.2, 0.55) * run.seconds / run.step_s) * 4
for _ in run.steps():
    for _ in range(4):
        moved = torch.randn(int(1200 * run.size) + 64)
        if len(replay) < bound:
            replay.append(moved)
        else:
            replay[run.rng.randrange(bound)] = moved
            run.grown()
    x = torch.stack([replay[run.rng.randrange(len(replay))][:64] for _ in range(16)])
    train(model, optimizer, x, torch.randint(0, 10, (16,)))
