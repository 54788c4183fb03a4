from setting import batch, criterion, model, steps, update

total = 0.0
for step in steps():
    x, y = batch(step)
    loss = criterion(model(x), y)
    update(loss)
    total = total + loss
