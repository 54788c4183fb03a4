"""Policy gradients: transitions are to be dropped after their episode's update, but a second list keeps them."""

from base import Run, mlp, torch

run = Run(leaks="tensor", step_s=0.08)
policy = mlp(24, 64, 4)
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-3)
episode, everything = [], []
length = run.rng.randrange(20, 50)
many = int(120 * run.size)
for step in run.steps():
    states = torch.randn(many, 24)
    chosen = policy(states).softmax(-1).multinomial(1)[:, 0]
    episode.append((states, chosen, torch.randn(many)))
    everything.append(episode[-1])
    run.leak(many * (24 * 4 + 8 + 4))
    if step % length == length - 1:
        optimizer.zero_grad()
        for states, chosen, rewards in episode[-8:]:
            likely = policy(states).log_softmax(-1).gather(1, chosen[:, None])[:, 0]
            (-(likely * rewards).mean() / 8).backward()
        optimizer.step()
        episode = []
