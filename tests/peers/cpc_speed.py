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

from support.program import SHARED
from support.recordings import Windows, spoken_digits
from support.torch_cpc import Trainer
from support.turns import compare

BAR, SEED = 0.75, 7


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=12)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = spoken_digits(SHARED, pathlib.Path(scratch))
        options = ["train", "cpc", "--data", f"wav:{data}", "--seed", SEED]

        def batches(peer):
            windows = Windows(data, peer.samples)
            return [windows.batch(SEED, step, peer.batch) for step in range(4)]

        return compare(options, Trainer, batches, BAR, arguments.rounds, arguments.steps)


if __name__ == "__main__":
    sys.exit(main())
