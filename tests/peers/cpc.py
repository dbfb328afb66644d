#!/usr/bin/python3
# Needs python3-torch and python3-numpy (tests/peers/README.md).
"""The program's CPC beside PyTorch's, from the same weights and windows: preset `waveform`, then smaller networks with the
other kinds of negatives. The learning rate is 5e-4: at the preset's 2e-3 PyTorch in single precision and PyTorch in double
part by 2e-3 within 50 steps.

  cpc.py [--steps 50]
"""
import argparse
import pathlib
import sys
import tempfile

import numpy as np

from support.program import SHARED, load, read_log, read_safetensors, run
from support.recordings import Windows, spoken_digits
from support.torch_cpc import Trainer

STEP_BAR, SEED = 1e-3, 7
SMALL = ["--set", "channels=16", "--set", "context=16", "--set", "batch_size=8", "--set", "horizons=3"]
NETWORKS = {
    "other": [],
    "same": ["--set", "negatives=same", *SMALL],
    "mixed": ["--set", "negatives=mixed", *SMALL],
}


def train(folder, data, steps, *options):
    path = folder / f"{steps}.safetensors"
    run("train", "cpc", "--data", f"wav:{data}", "--set", "learning_rate=5e-4", "--seed", SEED, "--steps", steps,
        "--save", path, *options)
    return Trainer(*read_safetensors(path))


def compare(folder, data, name, steps):
    log = folder / f"{name}.csv"
    train(folder, data, steps, *NETWORKS[name], "--log", log, "--log-every", 1)
    ours = read_log(log)["infonce"]
    peer = train(folder, data, 0, *NETWORKS[name])
    windows = Windows(data, peer.samples)
    theirs = np.array([peer.step(windows.batch(SEED, step, peer.batch)) for step in range(steps)])
    if len(ours) != steps:
        sys.exit(f"{log} has {len(ours)} rows, expected {steps}")
    difference = np.abs(ours - theirs) / theirs
    passed = bool(difference.max() <= STEP_BAR)
    print(f"  negatives {name}: InfoNCE {theirs[0]:.3f} -> {theirs[-1]:.3f}; largest relative difference "
          f"{difference.max():.2e} at step {difference.argmax() + 1}, first step {difference[0]:.1e}: "
          f"{'ok' if passed else 'FAILED'}", flush=True)
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        data = spoken_digits(SHARED, folder)
        print(f"losses of {arguments.steps} steps, bar {STEP_BAR}; {load()}")
        passed = [compare(folder, data, name, arguments.steps) for name in NETWORKS]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
