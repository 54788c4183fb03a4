from setting import batch, criterion, model, steps, update

failures = []


def check(x):
    doubled = x * 2
    if doubled.sum() < 1e9:
        raise ValueError("too small")


def train():
    for step in steps():
        x, y = batch(step)
        try:
            check(x)
        except ValueError as error:
            failures.append(error)
        update(criterion(model(x), y))


train()
