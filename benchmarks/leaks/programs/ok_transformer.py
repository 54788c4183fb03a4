"""A plain small transformer on token batches."""

from base import Run, nn, torch, train

run = Run(step_s=0.08)
layer = nn.TransformerEncoderLayer(64, 4, 256, batch_first=True, dropout=0.1)
body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
model = nn.Sequential(nn.Embedding(500, 64), body, nn.Linear(64, 500))
optimizer = torch.optim.AdamW(model.parameters())
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 1000)
for _ in run.steps():
    tokens = torch.randint(0, 500, (int(4 * run.size) + 2, 65))
    train(model, optimizer, tokens[:, :-1], tokens[:, 1:])
    schedule.step()
