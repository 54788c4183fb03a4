"""A graph network on sampled neighbourhoods, whose size varies by an order of magnitude from step to step."""

from base import Run, nn, torch

run = Run(step_s=0.1)
nodes = 4000
features = torch.randn(nodes, 48)
first = nn.Linear(96, int(64 * run.size))
second = nn.Linear(2 * first.out_features, 8)
optimizer = torch.optim.Adam([*first.parameters(), *second.parameters()], weight_decay=1e-4)


def mean_of(values, edges, count):
    total = torch.zeros(count, values.shape[1]).index_add(0, edges[1], values[edges[0]])
    return total / torch.bincount(edges[1], minlength=count).clamp(min=1)[:, None]


for _ in run.steps():
    count = min(int(run.rng.lognormvariate(5.5, 0.7)), 3000)
    chosen = torch.randperm(nodes)[:count]
    edges = torch.randint(0, count, (2, count * 6))
    x = features[chosen]
    x = torch.relu(first(torch.cat([x, mean_of(x, edges, count)], 1)))
    x = second(torch.cat([x, mean_of(x, edges, count)], 1))
    optimizer.zero_grad()
    nn.functional.cross_entropy(x, torch.randint(0, 8, (count,))).backward()
    optimizer.step()
