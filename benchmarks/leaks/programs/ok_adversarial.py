"""Two networks against each other, each with its optimizer; samples for a picture are kept in a ring."""

from collections import deque

from base import Run, mlp, nn, torch

run = Run(grows=True, step_s=0.04)
maker, judge = mlp(16, int(200 * run.size), 64), mlp(64, int(160 * run.size), 1)
make, judging = torch.optim.Adam(maker.parameters()), torch.optim.Adam(judge.parameters())
picture = deque(maxlen=int(220 * run.size))
loss_of = nn.functional.binary_cross_entropy_with_logits
for step in run.steps():
    made = maker(torch.randn(48, 16))
    judging.zero_grad()
    loss = loss_of(judge(torch.randn(48, 64)), torch.ones(48, 1)) + loss_of(judge(made.detach()), torch.zeros(48, 1))
    loss.backward()
    judging.step()
    make.zero_grad()
    loss_of(judge(made), torch.ones(48, 1)).backward()
    make.step()
    if step % 2 == 0:
        picture.append(made.detach())
    if len(picture) == picture.maxlen:
        run.grown()
