"""Running the program, and reading what it writes: checkpoints, logs, JSON."""
import csv
import json
import os
import pathlib
import struct
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHARED = pathlib.Path(os.environ.get("UNVEIL_SHARED", ROOT.parent / "shared"))


def program():
    path = pathlib.Path(os.environ.get("UNVEIL_PROGRAM", ROOT / "build" / "release" / "unveil"))
    if not path.exists():
        sys.exit(f"{path} is missing: build the program, or name it in UNVEIL_PROGRAM")
    return str(path)


def run(*arguments, threads=None):
    """The program's JSON. `threads`: of lavapipe's pool (0: the queue's own thread); None leaves the environment."""
    environment = dict(os.environ)
    if threads is not None:
        environment["LP_NUM_THREADS"] = str(threads)
    command = [program(), *map(str, arguments), "--json"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr.strip()}\nended with status {done.returncode}")
    return json.loads(done.stdout)


def read_safetensors(path):
    """Tensors under their names, and the metadata; without the history. All others of a checkpoint are F32."""
    raw = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if name.startswith("history/"):
            continue
        if entry["dtype"] != "F32":
            sys.exit(f"{path}: tensor '{name}' is {entry['dtype']}, expected F32")
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(raw[8 + length + begin : 8 + length + end], "<f4").reshape(entry["shape"])
    return tensors, metadata


def read_log(path):
    """Columns of a training log, each an array."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def load():
    """The machine's load, to print beside a figure."""
    return "load average " + " ".join(f"{value:.1f}" for value in os.getloadavg()) + f", {os.cpu_count()} processors"
