"""Rank 1 exits with 3; the others would go on for long."""
import os
import sys
import time

if os.environ["RANK"] == "1":
    sys.exit(3)
time.sleep(1000)
