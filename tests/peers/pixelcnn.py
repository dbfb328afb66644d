#!/usr/bin/python3
# Needs python3-torch and python3-numpy (tests/peers/README.md).
"""The program's PixelCNN beside the same network in PyTorch, from the same weights, batches and drawn pixels.

  pixelcnn.py [--steps 50] [--long 1000] [--seeds 3] [--images 10000]

Every network: the loss of each of 50 steps within 1e-3 relative. Preset `classroom`: held-out nats after 1,000 steps
within 0.5, mean of three seeds.
"""
import argparse
import pathlib
import sys
import tempfile
import time

import numpy as np

from support.batches import digits, fixed
from support.program import SHARED, load, read_log, read_safetensors, run
from support.torch_pixelcnn import Trainer

STEP_BAR, NATS_BAR = 1e-3, 0.5
# Without the average of past weights, what is scored is what was trained.
CURRENT = ["--set", "weight_average=0"]
NETWORKS = {
    "classroom": ["--preset", "classroom"],
    "study": ["--preset", "study"],
    "classroom, conditional": ["--preset", "classroom", "--set", "class_conditional=true"],
    "gated": ["--preset", "gated"],
    "gated, conditional": ["--preset", "gated", "--set", "class_conditional=true", "--set", "hidden=9"],
}


def initial(folder, data, options, seed):
    """A PyTorch trainer that begins where the program would."""
    path = folder / "initial.safetensors"
    run("train", "pixelcnn", *options, "--data", data.spec, "--seed", seed, "--steps", 0, "--save", path)
    return Trainer(*read_safetensors(path))


def compare_steps(folder, data, name, options, steps, seed):
    log = folder / f"{name}.csv"
    run("train", "pixelcnn", *options, "--data", data.spec, "--seed", seed, "--steps", steps, "--log", log, "--log-every", 1)
    ours = read_log(log)["nats_per_image"]
    peer = initial(folder, data, options, seed)
    theirs = np.array([peer.step(*data.batch(seed, step, peer.batch)) for step in range(steps)])
    if len(ours) != steps:
        sys.exit(f"{log} has {len(ours)} rows, expected {steps}")
    difference = np.abs(ours - theirs) / theirs
    passed = bool(difference.max() <= STEP_BAR)
    print(f"  {name:<24} loss {theirs[0]:8.3f} -> {theirs[-1]:8.3f}; largest relative difference {difference.max():.2e} "
          f"at step {difference.argmax() + 1}, first step {difference[0]:.1e}: {'ok' if passed else 'FAILED'}", flush=True)
    return passed


def compare_held_out(folder, data, options, steps, seeds, images):
    pictures = fixed(data.test[:images], 1)
    labels = data.test_labels[: len(pictures)].astype(np.int64)
    nats = []
    for seed in range(1, seeds + 1):
        path = folder / "trained.safetensors"
        begin = time.time()
        run("train", "pixelcnn", *options, "--data", data.spec, "--seed", seed, "--steps", steps, "--save", path)
        ours_seconds = time.time() - begin
        tensors, _ = read_safetensors(path)
        for name in [name for name in tensors if "/" not in name]:
            if not np.array_equal(tensors[name], tensors["average/" + name]):
                sys.exit(f"weight_average=0, and yet the average of {name} is not its value")
        metrics = run("evaluate", "pixelcnn", "--load", path, "--limit", len(pictures))["metrics"]
        begin = time.time()
        peer = initial(folder, data, options, seed)
        for step in range(steps):
            peer.step(*data.batch(seed, step, peer.batch))
        theirs_seconds = time.time() - begin
        nats.append((metrics["nats_per_image"], peer.nats(pictures, labels)))
        # The same weights under both: what is left is the evaluation's own rounding.
        same = Trainer(*read_safetensors(path)).nats(pictures, labels)
        print(f"  seed {seed}: ours {nats[-1][0]:.3f} nats ({ours_seconds:.0f} s), PyTorch {nats[-1][1]:.3f} "
              f"({theirs_seconds:.0f} s); our weights in PyTorch {same:.4f}", flush=True)
        if abs(same - nats[-1][0]) > 1e-3 * same:
            sys.exit("the same weights score differently in PyTorch")
    ours, theirs = np.mean(nats, axis=0)
    passed = bool(abs(ours - theirs) <= NATS_BAR)
    print(f"  mean of {seeds} seeds: ours {ours:.3f}, PyTorch {theirs:.3f}, difference {ours - theirs:+.3f} nats "
          f"on {len(pictures)} held-out pictures: {'ok' if passed else 'FAILED'}")
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--long", type=int, default=1000, help="steps before the held-out comparison; 0 leaves it out")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=10000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        data = digits(SHARED, folder)
        print(f"losses of {arguments.steps} steps, bar {STEP_BAR}")
        passed = [compare_steps(folder, data, name, options, arguments.steps, 7) for name, options in NETWORKS.items()]
        if arguments.long:
            print(f"held-out nats after {arguments.long} steps of preset classroom, bar {NATS_BAR}; {load()}")
            options = NETWORKS["classroom"] + CURRENT
            passed.append(compare_held_out(folder, data, options, arguments.long, arguments.seeds, arguments.images))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
