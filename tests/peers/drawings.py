#!/usr/bin/python3
# Needs python3-torch and python3-numpy (tests/peers/README.md).
"""Are drawings of a class-conditional PixelCNN read as the digit that was asked for?

  drawings.py [--load FILE] [--count 2000] [--temperature 1]

A small convolutional network of PyTorch's learns to read the program's `digits`, binarized as it draws them, until it
reads 97 % of the held-out ones; then it reads what `unveil sample` draws.
"""
import argparse
import pathlib
import sys
import tempfile

import numpy as np
import torch
from torch import nn

from support.program import ROOT, run

READER_BAR, DRAWINGS_BAR = 0.97, 0.85


def arrays(folder, split):
    path = folder / f"{split}.npy"
    run("data", "digits", "--split", split, "--out", path)
    return np.load(path).astype(np.float32) / 255, np.load(path.with_suffix(".labels.npy")).astype(np.int64)


def drawn(pictures, rng):
    return torch.from_numpy((rng.random(pictures.shape) < pictures).astype(np.float32))[:, None]


def reads(reader, pictures):
    with torch.no_grad():
        return torch.cat([reader(part).argmax(1) for part in pictures.split(500)]).numpy()


def train_reader(folder, epochs=8, batch=100):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    pictures, labels = arrays(folder, "train")
    reader = nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 49, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(reader.parameters(), 1e-3)
    steps = epochs * len(pictures) // batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(steps):
        chosen = rng.integers(0, len(pictures), batch)
        loss = nn.functional.cross_entropy(reader(drawn(pictures[chosen], rng)), torch.from_numpy(labels[chosen]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    reader.eval()
    pictures, labels = arrays(folder, "test")
    return reader, float((reads(reader, drawn(pictures, rng)) == labels).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--load", type=pathlib.Path, default=ROOT / "assets/pretrained/pixelcnn-digits.safetensors")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--temperature", type=float, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        reader, right = train_reader(folder)
        print(f"  the reader reads {right:.2%} of the held-out digits (bar {READER_BAR:.0%})", flush=True)
        out = folder / "x.npy"
        run("sample", "pixelcnn", "--load", options.load, "--count", options.count, "--temperature",
            options.temperature, "--out", out)
        asked, read = np.load(folder / "x.labels.npy"), reads(reader, torch.from_numpy(np.load(out))[:, None] / 255)
    share = float((asked == read).mean())
    by_class = ", ".join(f"{c}: {(read[asked == c] == c).mean():.0%}" for c in range(10))
    passed = right >= READER_BAR and share >= DRAWINGS_BAR
    print(f"  {share:.1%} of {options.count} drawings are read as the digit asked for (bar {DRAWINGS_BAR:.0%}): "
          f"{'ok' if passed else 'FAILED'}\n  {by_class}")
    sys.exit(not passed)


if __name__ == "__main__":
    main()
