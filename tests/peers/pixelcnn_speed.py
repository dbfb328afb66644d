#!/usr/bin/python3
# Needs python3-torch and python3-numpy (tests/peers/README.md).
"""The training step of PixelCNN's preset `study` (32 channels, 5 blocks, batches of 32) beside PyTorch's.

  pixelcnn_speed.py [--rounds 5] [--steps 30]

All sides take turns within one run, so that what else the machine does strikes them alike; each side's figure is the
median over all its steps. Bar: our faster setting takes at most 3 times as long as PyTorch's faster one.
"""
import argparse
import pathlib
import sys
import tempfile
import time

import numpy as np
import torch

from support.batches import digits
from support.program import SHARED, load, read_log, read_safetensors, run
from support.torch_pixelcnn import Trainer

BAR = 3.0
WARM_UP = 3
OPTIONS = ["--preset", "study"]


def ours(folder, data, steps, threads):
    """Milliseconds of every step, the first ones left out."""
    log = folder / "log.csv"
    log.unlink(missing_ok=True)
    run("train", "pixelcnn", *OPTIONS, "--data", data.spec, "--steps", steps + WARM_UP, "--log", log, "--log-every", 1,
        threads=threads)
    return read_log(log)["step_ms"][WARM_UP:]


def theirs(peer, batches, steps, threads):
    torch.set_num_threads(threads)
    times = []
    for step in range(steps + WARM_UP):
        begin = time.perf_counter()
        peer.step(*batches[step % len(batches)])
        times.append(1000 * (time.perf_counter() - begin))
    return times[WARM_UP:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=30)
    arguments = parser.parse_args()
    default_threads = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        data = digits(SHARED, folder)
        start = folder / "initial.safetensors"
        run("train", "pixelcnn", *OPTIONS, "--data", data.spec, "--steps", 0, "--save", start)
        peer = Trainer(*read_safetensors(start))
        # PyTorch is spared the making of its batches: ours draws them in the step.
        batches = [data.batch(0, step, peer.batch) for step in range(8)]
        sides = {f"ours, LP_NUM_THREADS={threads}": lambda n, t=threads: ours(folder, data, n, t) for threads in (0, 2)}
        for threads in sorted({1, 2, default_threads}):
            label = f"PyTorch, {threads} thread{'s' if threads > 1 else ''}"
            sides[label] = lambda n, t=threads: theirs(peer, batches, n, t)
        ours(folder, data, 1, 0)  # the shaders' compiler, once
        print(f"{arguments.rounds} rounds of {arguments.steps} steps each; before: {load()}", flush=True)
        times = {label: [] for label in sides}
        for turn in range(arguments.rounds):
            for label, side in sides.items():
                times[label].append(np.asarray(side(arguments.steps)))
            print(f"  round {turn + 1}: " + ", ".join(f"{label} {np.median(t[-1]):.1f} ms" for label, t in times.items()),
                  flush=True)
    medians = {label: np.median(np.concatenate(t)) for label, t in times.items()}
    for label, median in medians.items():
        print(f"{label:<24} median {median:7.1f} ms, fastest {np.concatenate(times[label]).min():7.1f} ms")
    best = {who: min((m, label) for label, m in medians.items() if label.startswith(who)) for who in ("ours", "PyTorch")}
    ratio = best["ours"][0] / best["PyTorch"][0]
    passed = ratio <= BAR
    print(f"PyTorch's threads unless told: {default_threads}; after: {load()}")
    print(f"{best['ours'][1]} / {best['PyTorch'][1]}: {ratio:.2f}, bar {BAR}: {'ok' if passed else 'FAILED'}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
