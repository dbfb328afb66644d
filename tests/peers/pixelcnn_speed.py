#!/usr/bin/python3
# Needs python3-torch and python3-numpy (tests/peers/README.md).
"""The training step of PixelCNN's preset `study` (32 channels, 5 blocks, batches of 32) beside PyTorch's.

  pixelcnn_speed.py [--rounds 5] [--steps 20]

All sides take turns within one run, so that what else the machine does strikes them alike; each side's figure is the
median over all its steps. Bar: our faster setting takes at most 2.3 times as long as PyTorch's faster one. On a busy
machine the processor time of the sides with one thread says more, and is printed beside it.
"""
import argparse
import pathlib
import resource
import sys
import tempfile
import time

import numpy as np
import torch

from support.batches import digits
from support.program import SHARED, load, read_log, read_safetensors, run
from support.torch_pixelcnn import Trainer

BAR = 2.3
WARM_UP = 3
FORMATS = {"": torch.contiguous_format, ", channels last": torch.channels_last}


def processor_seconds(of):
    usage = resource.getrusage(of)
    return usage.ru_utime + usage.ru_stime


class Ours:
    def __init__(self, folder, data, threads):
        self.label, self.threads, self.log = f"ours, LP_NUM_THREADS={threads}", threads, folder / "log.csv"
        self.options = ["pixelcnn", "--preset", "study", "--data", data.spec]
        self.measure(1)  # the shaders' compiler, once

    def train(self, steps):
        self.log.unlink(missing_ok=True)
        before = processor_seconds(resource.RUSAGE_CHILDREN)
        run("train", *self.options, "--steps", steps, "--log", self.log, "--log-every", 1, threads=self.threads)
        return processor_seconds(resource.RUSAGE_CHILDREN) - before

    def measure(self, steps):
        """Milliseconds of every step; and processor milliseconds a step, what a run of no such step takes left out."""
        start = self.train(WARM_UP)
        whole = self.train(WARM_UP + steps)
        return read_log(self.log)["step_ms"][WARM_UP:], 1000 * (whole - start) / steps


class PyTorch:
    def __init__(self, start, batches, threads, format):
        self.label = f"PyTorch, {threads} thread{'s' if threads > 1 else ''}{format}"
        self.threads, self.batches = threads, batches
        self.peer = Trainer(*start, FORMATS[format])

    def measure(self, steps):
        torch.set_num_threads(self.threads)
        times = []
        for step in range(WARM_UP + steps):
            if step == WARM_UP:
                before = processor_seconds(resource.RUSAGE_SELF)
            begin = time.perf_counter()
            # It is spared the making of its batches; ours draws them in the step.
            self.peer.step(*self.batches[step % len(self.batches)])
            times.append(1000 * (time.perf_counter() - begin))
        return times[WARM_UP:], 1000 * (processor_seconds(resource.RUSAGE_SELF) - before) / steps


def best(medians, who):
    return min((median, label) for label, median in medians.items() if label.startswith(who))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    default_threads = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        data = digits(SHARED, folder)
        path = folder / "initial.safetensors"
        run("train", "pixelcnn", "--preset", "study", "--data", data.spec, "--steps", 0, "--save", path)
        start = read_safetensors(path)
        batches = [data.batch(0, step, 32) for step in range(8)]
        threads = sorted({1, 2, default_threads})
        sides = [Ours(folder, data, count) for count in (0, 2)]
        sides += [PyTorch(start, batches, count, format) for count in threads for format in FORMATS]
        print(f"{arguments.rounds} rounds of {arguments.steps} steps each; before: {load()}", flush=True)
        times, processor = {side.label: [] for side in sides}, {side.label: [] for side in sides}
        for turn in range(arguments.rounds):
            for side in sides:
                milliseconds, used = side.measure(arguments.steps)
                times[side.label].append(np.asarray(milliseconds))
                processor[side.label].append(used)
            print(f"  round {turn + 1}: " + "; ".join(f"{label}: {np.median(t[-1]):.1f} ms" for label, t in times.items()),
                  flush=True)
    medians = {label: np.median(np.concatenate(t)) for label, t in times.items()}
    used = {label: np.median(t) for label, t in processor.items()}
    for label, median in medians.items():
        print(f"{label:<34} median {median:7.1f} ms, fastest {np.concatenate(times[label]).min():7.1f} ms, "
              f"processor time {used[label]:7.1f} ms")
    print(f"PyTorch's threads unless told: {default_threads}; after: {load()}")
    single = {label: value for label, value in used.items() if "THREADS=0" in label or "1 thread" in label}
    (ours, our_label), (theirs, their_label) = best(single, "ours"), best(single, "PyTorch")
    print(f"processor time, {our_label} / {their_label}: {ours / theirs:.2f}")
    (ours, our_label), (theirs, their_label) = best(medians, "ours"), best(medians, "PyTorch")
    passed = ours <= BAR * theirs
    print(f"time, {our_label} / {their_label}: {ours / theirs:.2f}, bar {BAR}: {'ok' if passed else 'FAILED'}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
