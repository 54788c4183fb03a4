from setting import batch, criterion, model, steps, update

for step in steps():
    x, y = batch(step)
    update(criterion(model(x), y))
