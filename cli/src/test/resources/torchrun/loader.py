"""Batches that worker processes of a DataLoader make."""
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

dist.init_process_group("gloo")
data = TensorDataset(torch.arange(64.0))
loader = DataLoader(data, batch_size=8, num_workers=2, sampler=DistributedSampler(data, shuffle=False))
total = torch.zeros(1)
for (batch,) in loader:
    total += batch.sum()
dist.all_reduce(total)
print(f"total {total.item():.0f}", flush=True)
