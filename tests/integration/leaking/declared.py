from setting import batch, criterion, model, steps, update

from memgui import agent


class Trainer:
    def __init__(self):
        self.history = []

    def fit(self):
        for step in steps():
            x, y = batch(step)
            output = model(x)
            loss = criterion(output, y)
            update(loss)
            self.history.append(output.detach())


trainer = Trainer()
agent.expected(trainer, "history")
trainer.fit()
