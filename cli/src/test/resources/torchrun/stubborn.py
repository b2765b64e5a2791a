"""Ignores SIGTERM, and so does its child; rank 0 fails once the others are ready."""
import os
import pathlib
import signal
import subprocess
import sys
import time

out = pathlib.Path(sys.argv[1])
rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if rank > 0:
    child = subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 1000"])
    (out / f"pids-{rank}.part").write_text(f"{os.getpid()} {child.pid}")
    (out / f"pids-{rank}.part").rename(out / f"pids-{rank}")
    time.sleep(1000)
while len(list(out.glob("pids-?"))) < world - 1:
    time.sleep(0.05)
sys.exit(4)
