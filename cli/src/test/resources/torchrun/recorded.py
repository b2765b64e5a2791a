"""Rank 1 raises under @record while the others wait for it."""
import torch.distributed as dist
from torch.distributed.elastic.multiprocessing.errors import record


@record
def main():
    dist.init_process_group("gloo")
    if dist.get_rank() == 1:
        raise ValueError("no such column")
    dist.barrier()


main()
