#!/usr/bin/python3
# Needs python3-torch and python3-numpy (tests/peers/README.md).
"""The training step of CPC's preset `waveform` beside PyTorch's, by turns within one run.

  cpc_speed.py [--rounds 4] [--steps 12]

Bar: the median of our faster setting is at most 0.75 times that of PyTorch's faster one.
"""
import argparse
import pathlib
import sys
import tempfile
import time

import numpy as np
import torch

from support.program import SHARED, load, read_log, read_safetensors, run
from support.recordings import Windows, spoken_digits
from support.torch_cpc import Trainer

BAR, WARM_UP, SEED = 0.75, 3, 7


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=12)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        data = spoken_digits(SHARED, folder)
        options = ["train", "cpc", "--data", f"wav:{data}", "--seed", SEED]
        run(*options, "--steps", 0, "--save", folder / "initial.safetensors")
        peer = Trainer(*read_safetensors(folder / "initial.safetensors"))
        windows = Windows(data, peer.samples)
        batches = [windows.batch(SEED, step, peer.batch) for step in range(4)]

        def ours(threads):
            log = folder / "log.csv"
            log.unlink(missing_ok=True)
            run(*options, "--steps", WARM_UP + arguments.steps, "--log", log, "--log-every", 1, threads=threads)
            return read_log(log)["step_ms"][WARM_UP:]

        def theirs(threads):
            torch.set_num_threads(threads)
            times = []
            for step in range(WARM_UP + arguments.steps):
                begin = time.perf_counter()
                peer.step(batches[step % len(batches)])  # it is spared the cutting of its windows
                times.append(1000 * (time.perf_counter() - begin))
            return times[WARM_UP:]

        sides = {(who, threads): [] for who, counts in (("ours", (0, 2)), ("PyTorch", (1, 2))) for threads in counts}
        print(f"{arguments.rounds} rounds of {arguments.steps} steps each; before: {load()}", flush=True)
        for _ in range(arguments.rounds):
            for (who, threads), times in sides.items():
                times.extend((ours if who == "ours" else theirs)(threads))
    medians = {side: np.median(times) for side, times in sides.items()}
    for (who, threads), median in medians.items():
        print(f"{who}, threads {threads}: median {median:.1f} ms, fastest {min(sides[who, threads]):.1f} ms")
    ratio = min(medians["ours", n] for n in (0, 2)) / min(medians["PyTorch", n] for n in (1, 2))
    print(f"after: {load()}\ntime, ours / PyTorch: {ratio:.2f}, bar {BAR}: {'ok' if ratio <= BAR else 'FAILED'}")
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
