"""Proximal policy optimisation: a rollout is gathered over many steps, gives some updates, and is dropped."""

from base import Run, mark, mlp, torch

run = Run(grows=True, step_s=0.08)
policy = mlp(32, 96, 5)
optimizer = torch.optim.Adam(policy.parameters(), lr=3e-4)
length = run.rng.randrange(80, 350)
many = int(90 * run.size)
rollout = []
for _ in run.steps():
    states = torch.randn(many, 32)
    with torch.no_grad():
        likely = policy(states).log_softmax(-1)
    rollout.append((states, likely, torch.randn(many)))
    if len(rollout) == length:
        mark("update")
        for states, before, gains in run.rng.sample(rollout, 12):
            ratio = (policy(states).log_softmax(-1) - before)[:, 0].exp()
            optimizer.zero_grad()
            (-torch.minimum(ratio * gains, ratio.clamp(0.8, 1.2) * gains)).mean().backward()
            optimizer.step()
        rollout = []
        run.grown()
