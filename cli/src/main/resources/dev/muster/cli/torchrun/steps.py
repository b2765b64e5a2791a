"""A stock DDP loop. Each rank of each attempt writes its process id, then each step and when it ended (CLOCK_MONOTONIC), into a file of its own."""
import itertools
import os
import sys
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

rank, attempt = os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"]
log = open(os.path.join(sys.argv[1], f"{attempt}-{rank}.log"), "x", buffering=1)
log.write(f"{os.getpid()}\n")
dist.init_process_group("gloo")
model = DistributedDataParallel(torch.nn.Linear(64, 64))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in itertools.count(1):
    optimizer.zero_grad()
    model(torch.randn(16, 64)).square().mean().backward()
    optimizer.step()
    log.write(f"{step} {time.monotonic_ns()}\n")
    time.sleep(0.02)  # a step that leaves the cores to others
