#!/usr/bin/python3
# Needs python3-torch and python3-numpy (tests/peers/README.md).
"""The program's VAE (784-400-2, preset `study`) beside PyTorch's, from the same weights, batches, pixels and noise.

  vae.py [--steps 50] [--long 2000] [--seeds 3] [--images 10000] [--quick]
"""
import argparse
import pathlib
import sys
import tempfile

import numpy as np

from support.batches import digits, fixed
from support.program import SHARED, load, read_log, read_safetensors, run
from support.torch_vae import Trainer

STEP_BAR, NATS_BAR = 1e-3, 0.5


def train(folder, data, seed, steps, *options):
    path = folder / f"{steps}.safetensors"
    run("train", "vae", "--preset", "study", "--data", data.spec, "--seed", seed, "--steps", steps, "--save", path, *options)
    return Trainer(*read_safetensors(path)), path


def compare_steps(folder, data, steps, seed):
    log = folder / "log.csv"
    train(folder, data, seed, steps, "--log", log, "--log-every", 1)
    ours = read_log(log)["neg_elbo"]
    peer, _ = train(folder, data, seed, 0)
    theirs = np.array([peer.step(data.batch(seed, step, peer.batch)[0]) for step in range(steps)])
    if len(ours) != steps:
        sys.exit(f"{log} has {len(ours)} rows, expected {steps}")
    difference = np.abs(ours - theirs) / theirs
    passed = bool(difference.max() <= STEP_BAR)
    print(f"  loss {theirs[0]:.3f} -> {theirs[-1]:.3f}; largest relative difference {difference.max():.2e} at step "
          f"{difference.argmax() + 1}, first step {difference[0]:.1e}: {'ok' if passed else 'FAILED'}", flush=True)
    return passed


def compare_held_out(folder, data, steps, seeds, images):
    pictures, nats = fixed(data.test[:images], 1), []
    for seed in range(1, seeds + 1):
        same, path = train(folder, data, seed, steps)
        ours = run("evaluate", "vae", "--load", path, "--limit", len(pictures))["metrics"]["neg_elbo"]
        peer, _ = train(folder, data, seed, 0)
        for step in range(steps):
            peer.step(data.batch(seed, step, peer.batch)[0])
        nats.append((ours, peer.score(pictures)))
        print(f"  seed {seed}: ours {ours:.3f}, PyTorch {nats[-1][1]:.3f}; our weights in PyTorch "
              f"{same.score(pictures):.3f}", flush=True)
    ours, theirs = np.mean(nats, axis=0)
    passed = bool(abs(ours - theirs) <= NATS_BAR)
    print(f"  mean of {seeds} seeds: difference {ours - theirs:+.3f} nats on {len(pictures)} held-out pictures: "
          f"{'ok' if passed else 'FAILED'}")
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--long", type=int, default=2000, help="steps before the held-out comparison; 0 leaves it out")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=10000)
    parser.add_argument("--quick", action="store_true", help="one seed, 2,000 pictures")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seeds, arguments.images = 1, 2000
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        data = digits(SHARED, folder)
        print(f"losses of {arguments.steps} steps, bar {STEP_BAR}")
        passed = [compare_steps(folder, data, arguments.steps, 7)]
        if arguments.long:
            print(f"held-out -ELBO after {arguments.long} steps, bar {NATS_BAR} nats; {load()}")
            passed.append(compare_held_out(folder, data, arguments.long, arguments.seeds, arguments.images))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
