"""A rank of `muster bench collectives`, over gloo: the same commands as CollectiveRank.java, float32 throughout.

Arguments: FOLDER WORLD_SIZE RANK BYTES_MAX.
"""

import sys
import time

import torch
import torch.distributed as dist

folder, world, rank, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method=f"file://{folder}/gloo", world_size=world, rank=rank)
whole_input = torch.zeros(most // 4)
whole_output = torch.zeros(most // 4)


def gather(source, target):
    if GATHER_TENSOR:
        dist.all_gather_into_tensor(target, source)
    else:
        dist.all_gather(list(target.chunk(world)), source)


def gathers_tensor():
    """Older ones gather into lists only."""
    try:
        dist.all_gather_into_tensor(torch.zeros(world), torch.zeros(1))
        return True
    except (AttributeError, RuntimeError):
        return False


GATHER_TENSOR = gathers_tensor()


def call(kind, n):
    part = n // world
    source, target = whole_input[:n], whole_output[:n]
    if kind == "allReduce":
        return lambda: dist.all_reduce(source)
    if kind == "allGather":
        return lambda: gather(source[:part], target)
    if kind == "reduceScatter":
        return lambda: dist.reduce_scatter_tensor(target[:part], source)
    if kind == "broadcast":
        return lambda: dist.broadcast(source, 0)
    return lambda: dist.all_to_all_single(target, source)


def check(kind, n):
    part = n // world
    whole_input[:n] = rank + 1
    whole_output[:n] = -1
    call(kind, n)()
    total = torch.full((n,), world * (world + 1) / 2)
    parts = torch.arange(1, world + 1).repeat_interleave(part).float()
    got, expected = {
        "allReduce": (whole_input[:n], total),
        "reduceScatter": (whole_output[:part], total[:part]),
        "broadcast": (whole_input[:n], torch.ones(n)),
    }.get(kind, (whole_output[:n], parts))
    if not torch.equal(got, expected):
        raise ValueError(f"wrong result: kind={kind} rank={rank}")
    whole_input[:n] = 0  # sums of it stay what they are


for line in sys.stdin:
    verb, kind, size, calls = line.split()
    n, calls, elapsed = int(size) // 4, int(calls), 0
    cpu = time.process_time_ns()
    try:
        if verb == "check":
            check(kind, n)
        elif verb == "late":  # the last rank is late by so many milliseconds
            if rank == world - 1:
                time.sleep(calls / 1000)
            call(kind, n)()
        elif verb == "time":
            run = call(kind, n)
            dist.barrier()
            start = time.perf_counter_ns()
            cpu = time.process_time_ns()
            for _ in range(calls):
                run()
            elapsed = time.perf_counter_ns() - start
        else:
            break
        print("ok", elapsed, time.process_time_ns() - cpu, flush=True)
    except (AttributeError, RuntimeError) as error:
        print("unsupported", str(error).splitlines()[0], flush=True)
