"""Rank 0 prints 100 MB on standard output."""
import os
import sys

line = "x" * 99 + "\n"
for _ in range(1000 if os.environ["RANK"] == "0" else 1):
    sys.stdout.write(line * 1000)
print("end")
