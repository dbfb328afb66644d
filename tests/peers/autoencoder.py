#!/usr/bin/python3
# Needs python3-torch and python3-numpy (tests/peers/README.md).
"""The program's autoencoder (784-256-32) beside PyTorch's, from the same weights and batches: the loss of every step.

  autoencoder.py [--steps 50]
"""
import argparse
import json
import pathlib
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F

from support.batches import batch_indices, digits
from support.program import SHARED, read_log, read_safetensors, run

BAR, SEED = 1e-3, 7


class Autoencoder:
    def __init__(self, tensors, metadata):
        knobs = json.loads(metadata["knobs"])
        self.steps, self.batch = 0, int(knobs["batch_size"])
        self.values = {path: torch.tensor(value).requires_grad_() for path, value in tensors.items() if "/" not in path}
        self.adam = torch.optim.Adam(self.values.values(), lr=float(knobs["learning_rate"]))

    def dense(self, path, x):
        return F.linear(x, self.values[path + ".weight"].T, self.values[path + ".bias"])

    def step(self, pictures):
        x = torch.from_numpy(pictures.reshape(len(pictures), -1).astype(np.float32) / np.float32(255))
        code = self.dense("code", F.relu(self.dense("encoder", x)))
        back = torch.sigmoid(self.dense("picture", F.relu(self.dense("decoder", code))))
        loss = ((back - x) ** 2).sum(dim=1).mean()
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        self.steps += 1
        return loss.item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50)
    steps = parser.parse_args().steps
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        data = digits(SHARED, folder)
        for count, name in ((steps, "end"), (0, "begin")):
            run("train", "autoencoder", "--data", data.spec, "--seed", SEED, "--steps", count, "--set", "warm_up=0", "--set", "schedule_length=0",
                "--set", "learning_rate=1e-3", "--save", folder / f"{name}.safetensors", "--log", folder / f"{name}.csv", "--log-every", 1)
        ours = read_log(folder / "end.csv")["squared_error"]
        peer = Autoencoder(*read_safetensors(folder / "begin.safetensors"))
        theirs = np.array([peer.step(data.train[batch_indices(SEED, step, peer.batch, len(data.train))]) for step in range(steps)])
    if len(ours) != steps:
        sys.exit(f"the log has {len(ours)} rows, expected {steps}")
    difference = np.abs(ours - theirs) / theirs
    passed = bool(difference.max() <= BAR)
    print(f"  squared error {theirs[0]:.3f} -> {theirs[-1]:.3f}; largest relative difference {difference.max():.2e} at step "
          f"{difference.argmax() + 1}, bar {BAR}: {'ok' if passed else 'FAILED'}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
