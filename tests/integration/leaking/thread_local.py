import threading

from setting import batch, criterion, model, steps, update

context = threading.local()
context.batches = []


def train():
    for step in steps():
        x, y = batch(step)
        context.batches.append(x)
        update(criterion(model(x), y))


train()
