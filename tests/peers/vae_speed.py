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

from support.batches import digits
from support.program import SHARED
from support.torch_vae import Trainer
from support.turns import compare

BAR = 1.6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = digits(SHARED, pathlib.Path(scratch))
        options = ["train", "vae", "--preset", "study", "--data", data.spec]

        def batches(peer):
            return [data.batch(0, step, peer.batch)[0] for step in range(8)]

        return compare(options, Trainer, batches, BAR, arguments.rounds, arguments.steps)


if __name__ == "__main__":
    sys.exit(main())
