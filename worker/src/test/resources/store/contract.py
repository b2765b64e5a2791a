"""Runs against a store that somebody else serves: contract.py HOST PORT, go on stdin before the last rank."""
import datetime
import os
import sys

import torch
import torch.distributed as dist

host, port = sys.argv[1], int(sys.argv[2])
seconds = lambda s: datetime.timedelta(seconds=s)


def say(line):
    """In one piece: several processes write here."""
    os.write(1, (line + "\n").encode())


def client(timeout=20):
    return dist.TCPStore(host, port, None, False, seconds(timeout), wait_for_workers=False)


def check(name, actual, expected):
    assert actual == expected, f"{name}: expected={expected!r} actual={actual!r}"
    say("ok " + name)


def raises(name, call):
    try:
        call()
    except RuntimeError:
        say("ok " + name)
        return
    raise AssertionError(name + ": expected an error")


a, b = client(), client()
a.set("k", "v")
check("get", b.get("k"), b"v")
check("empty", (a.set("e", ""), b.get("e"))[1], b"")
check("add", [a.add("n", 5), b.add("n", -7), b.get("n")], [5, -2, b"-2"])
check("large", (a.set("large", "x" * 3000000), len(b.get("large")))[1], 3000000)
check("compare_set new", a.compare_set("c", "", "x"), b"x")
check("compare_set", [a.compare_set("c", "x", "y"), a.compare_set("c", "x", "z")], [b"y", b"y"])
check("compare_set missing", a.compare_set("c2", "q", "z"), b"q")
check("num_keys", b.num_keys(), 5)
check("delete", [a.delete_key("k"), a.delete_key("k"), b.num_keys()], [True, False, 4])
check("wait", b.wait(["n", "c"]), None)
impatient = client()
raises("wait times out", lambda: impatient.wait(["none"], seconds(1) / 5))
if hasattr(a, "append"):
    check("append", (a.append("ap", "1"), a.append("ap", "23"), b.get("ap"))[2], b"123")
if hasattr(a, "check"):
    check("check", [a.check(["ap"]), a.check(["ap", "none"])], [True, False])
if hasattr(a, "multi_get"):
    check("multi", (a.multi_set(["m1", "m2"], ["1", "2"]), b.multi_get(["m1", "m2"]))[1], [b"1", b"2"])
if hasattr(a, "queue_push"):
    a.queue_push("q", "1")
    a.queue_push("q", "2")
    check("queue", [b.queue_len("q"), b.queue_pop("q"), b.queue_pop("q", False)], [2, b"1", b"2"])
    raises("queue is empty", lambda: b.queue_pop("q", False))
if hasattr(a, "list_keys"):
    check("list_keys", sorted(b.list_keys()), ["ap", "c", "e", "large", "m1", "m2", "n"])
if hasattr(a, "barrier"):
    check("barrier", a.barrier("b1", 1, seconds(5)), None)
    raises("barrier times out", lambda: a.barrier("b2", 2, seconds(1) / 5))
check("still there", (impatient.set("none", "1"), a.get("none"))[1], b"1")


def rank(number):
    """An ordinary script of three ranks."""
    os.environ.update(
        RANK=str(number), LOCAL_RANK=str(number), WORLD_SIZE="3", MASTER_ADDR=host, MASTER_PORT=str(port),
        TORCHELASTIC_USE_AGENT_STORE="True", TORCHELASTIC_RESTART_COUNT="0", GLOO_SOCKET_IFNAME="lo")
    dist.init_process_group("gloo", timeout=seconds(30))
    ones = torch.ones(3) * (number + 1)
    dist.all_reduce(ones)
    pair = dist.new_group([0, 2])
    if number != 1:
        dist.all_reduce(ones, group=pair)
    dist.barrier()
    check("rank %d" % number, ones.tolist(), [6.0 if number == 1 else 12.0] * 3)
    dist.destroy_process_group()


children = []


def start(number):
    child = os.fork()
    if child == 0:
        try:
            rank(number)
            os._exit(0)
        except BaseException as error:
            say("rank %d %r" % (number, error))
            os._exit(1)
    children.append(child)


start(0)
start(2)
say("two of three")
sys.stdin.readline()
start(1)
check("exits", [os.waitpid(child, 0)[1] for child in children], [0, 0, 0])
say("end")
