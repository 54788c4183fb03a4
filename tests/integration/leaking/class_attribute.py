from setting import batch, criterion, model, steps, update


class Meter:
    seen = {}  # noqa: RUF012 - it leaks, that is what it is here for

    def add(self, step, loss):
        self.seen[step] = loss.expand(1024).clone()


meter = Meter()
for step in steps():
    x, y = batch(step)
    loss = criterion(model(x), y)
    update(loss)
    meter.add(step, loss.detach())
