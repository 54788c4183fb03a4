"""A reader of compressed shards opens a stream for each record and never closes it: its window is memory of C."""

import zlib

from base import Run, batch, mlp, torch, train

run = Run(leaks="native", step_s=0.1)
model = mlp(64, 128)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
record = zlib.compress(bytes(range(256)) * 400)
streams = []
every = run.rng.randrange(1, 4)
for step in run.steps():
    train(model, optimizer, *batch(32))
    if step % every == 0:
        for _ in range(max(int(1.5 * run.size), 1)):
            stream = zlib.decompressobj()
            stream.decompress(record, 60_000)
            streams.append(stream)
            # The window, the state and what has not been read.
            run.leak(32768 + 7160 + len(stream.unconsumed_tail) + 100)
