#!/usr/bin/python3
# Needs python3-torch and python3-numpy (tests/peers/README.md).
"""The training step of the VAE 784-400-2, batches of 128, beside PyTorch's, by turns within one run.

  vae_speed.py [--rounds 5] [--steps 40]

Bar: the median of our faster setting is at most 1.6 times that of PyTorch's faster one.
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
from support.torch_vae import Trainer

BAR, WARM_UP = 1.6, 3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        data = digits(SHARED, folder)
        options = ["train", "vae", "--preset", "study", "--data", data.spec]
        run(*options, "--steps", 0, "--save", folder / "initial.safetensors")
        peer = Trainer(*read_safetensors(folder / "initial.safetensors"))
        batches = [data.batch(0, step, peer.batch)[0] for step in range(8)]

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
                # It is spared the making of its batches; ours draws them in the step.
                peer.step(batches[step % len(batches)])
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
