"""Argparse, and what it was given: one JSON file per rank, named by the rank, in --out."""
import argparse
import json
import os

parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("files", nargs="*")
args = parser.parse_args()
with open(os.path.join(args.out, os.environ["RANK"] + ".json"), "x") as f:
    json.dump({"lr": args.lr, "files": args.files, "cwd": os.getcwd(), "environment": dict(os.environ)}, f)
