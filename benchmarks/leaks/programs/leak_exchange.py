"""Embeddings are put into shared memory for another process, which never fetches them."""

from base import Run, batch, mlp, torch, train

run = Run(leaks="shm", step_s=0.07)
torch.multiprocessing.set_sharing_strategy("file_system")
model = mlp(64, 128, 64)
optimizer = torch.optim.Adam(model.parameters())
waiting = []
every = run.rng.randrange(4, 12)
for step in run.steps():
    outputs, _ = train(model, optimizer, *batch(64, 64, 64))
    if step % every == 0:
        waiting.append(outputs.detach().repeat(int(16 * run.size), 1).share_memory_())
        run.leak(waiting[-1].numel() * 4)
