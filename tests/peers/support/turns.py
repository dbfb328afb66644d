"""A training step's time beside PyTorch's: both take turns within one run, so that what else the machine does strikes both
alike; each side's figure is the median over all its steps."""
import pathlib
import tempfile
import time

import numpy as np
import torch

from support.program import load, read_log, read_safetensors, run

WARM_UP = 3
THREADS = {"ours": (0, 2), "PyTorch": (1, 2)}  # ours: of lavapipe's pool


def compare(options, make_peer, make_batches, bar, rounds, steps):
    """0 where our faster setting takes at most `bar` times as long as PyTorch's faster one, else 1. options: of `unveil
    train`; make_peer: from a checkpoint's tensors and metadata; make_batches: what its step() is given, in turns. It is
    spared the making of its batches, which are a part of our step."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        run(*options, "--steps", 0, "--save", folder / "initial.safetensors")
        peer = make_peer(*read_safetensors(folder / "initial.safetensors"))
        batches = make_batches(peer)

        def ours(threads):
            log = folder / "log.csv"
            log.unlink(missing_ok=True)
            run(*options, "--steps", WARM_UP + steps, "--log", log, "--log-every", 1, threads=threads)
            return read_log(log)["step_ms"][WARM_UP:]

        def theirs(threads):
            torch.set_num_threads(threads)
            times = []
            for step in range(WARM_UP + steps):
                begin = time.perf_counter()
                peer.step(batches[step % len(batches)])
                times.append(1000 * (time.perf_counter() - begin))
            return times[WARM_UP:]

        sides = {(who, threads): [] for who, counts in THREADS.items() for threads in counts}
        print(f"{rounds} rounds of {steps} steps each; before: {load()}", flush=True)
        for _ in range(rounds):
            for (who, threads), times in sides.items():
                times.extend((ours if who == "ours" else theirs)(threads))
    medians = {side: np.median(times) for side, times in sides.items()}
    for (who, threads), median in medians.items():
        print(f"{who}, threads {threads}: median {median:.1f} ms, fastest {min(sides[who, threads]):.1f} ms")
    best = {who: min(medians[who, threads] for threads in counts) for who, counts in THREADS.items()}
    ratio = best["ours"] / best["PyTorch"]
    print(f"after: {load()}\ntime, ours / PyTorch: {ratio:.2f}, bar {bar}: {'ok' if ratio <= bar else 'FAILED'}")
    return 0 if ratio <= bar else 1
