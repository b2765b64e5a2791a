"""A loop of all-reduces over gloo, and one in each of two groups: even and odd ranks."""
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank, world = dist.get_rank(), dist.get_world_size()
t = torch.ones(1000)
for _ in range(20):
    dist.all_reduce(t)
    t /= world
groups = [dist.new_group(list(range(first, world, 2))) for first in (0, 1)]
own = torch.tensor([float(rank)])
dist.all_reduce(own, group=groups[rank % 2])
print(f"rank {rank} of {world}: {t.sum().item():.0f} {own.item():.0f}", flush=True)
