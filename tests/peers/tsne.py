#!/usr/bin/python3
# Needs python3-sklearn and python3-numpy (tests/peers/README.md).
"""t-SNE of digits (PCA-50) by the program and by scikit-learn's Barnes-Hut, by turns within one run. Both layouts are
scored by the exact P of the perplexity and the exact Q.

  tsne.py [--points 2000] [--large 5000] [--repeats 2] [--threads 0 2] [--peer-threads 1 2] [--iterations 1000]

--large 0 leaves the larger set out, which is laid out by the program alone.
"""
import argparse
import pathlib
import sys
import tempfile
import time

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from support.batches import digits
from support.program import SHARED, load, run

PERPLEXITY, NEIGHBOURS, COMPONENTS = 30, 10, 50
KL_SHARE, KL_BAR, TRUST_BAR = 1.02, 1.46, 0.98


def squared(x):
    norms = (x * x).sum(1)
    return np.maximum(norms[:, None] + norms[None] - 2 * x @ x.T, 0)


def exact_p(x):
    """Over all pairs, double precision; van der Maaten & Hinton 2008, eq. 1."""
    d = squared(x.astype(float))
    np.fill_diagonal(d, np.inf)
    d -= d.min(1, keepdims=True)
    low, high = np.zeros(len(d)), np.full(len(d), np.inf)
    beta = 1 / d[np.isfinite(d)].mean() * np.ones(len(d))
    finite = np.where(np.isinf(d), 0, d)
    for _ in range(100):
        w = np.exp(-beta[:, None] * d)
        total = w.sum(1)
        above = np.log(total) + beta * (w * finite).sum(1) / total > np.log(PERPLEXITY)
        low, high = np.where(above, beta, low), np.where(above, high, beta)
        beta = np.where(np.isinf(high), 2 * beta, (low + np.where(np.isinf(high), low, high)) / 2)
    p = w / total[:, None]
    return (p + p.T) / (2 * len(p))


def divergence(p, y):
    q = 1 / (1 + squared(y.astype(float)))
    np.fill_diagonal(q, 0)
    q /= q.sum()
    some = p > 0
    return float((p[some] * np.log(p[some] / np.maximum(q[some], 1e-300))).sum())


def preservation(x, y):
    near = [NearestNeighbors(n_neighbors=NEIGHBOURS).fit(z).kneighbors(return_distance=False) for z in (x, y)]
    return float(np.mean([len(np.intersect1d(a, b)) / NEIGHBOURS for a, b in zip(*near)]))


def ours(folder, x, iterations, threads):
    np.save(folder / "codes.npy", x)
    result = run("embed", "--codes", folder / "codes.npy", "--perplexity", PERPLEXITY, "--iterations", iterations,
                 "--out", folder / "layout.npy", threads=threads)
    return result["seconds"], np.load(folder / "layout.npy"), result["metrics"]


def theirs(x, iterations, threads):
    tsne = TSNE(perplexity=PERPLEXITY, n_iter=iterations, init="pca", learning_rate="auto", random_state=0)
    with threadpool_limits(threads):
        begin = time.perf_counter()
        y = tsne.fit_transform(x)
        return time.perf_counter() - begin, y


def reduced(data, count):
    pixels = data.train[:count].reshape(count, -1) / 255.0
    return np.ascontiguousarray(PCA(COMPONENTS, svd_solver="full").fit_transform(pixels), dtype="f4")


def compare(folder, x, arguments):
    p = exact_p(x)
    ours(folder, x, 20, arguments.threads[0])  # compiles the kernels, as scikit-learn's are
    times, layouts = {}, {}
    for _ in range(arguments.repeats):
        for threads in arguments.threads:
            seconds, layouts["ours"], metrics = ours(folder, x, arguments.iterations, threads)
            times.setdefault(("ours", threads), []).append(seconds)
        for threads in arguments.peer_threads:
            seconds, layouts["scikit-learn"] = theirs(x, arguments.iterations, threads)
            times.setdefault(("scikit-learn", threads), []).append(seconds)
    scores = {name: (divergence(p, y), preservation(x, y)) for name, y in layouts.items()}
    for name, (kl, kept) in scores.items():
        print(f"  {name}: KL {kl:.4f}, kNN preservation {kept:.4f}")
    print(f"  the program's own figures: KL {metrics['kl_divergence']:.4f}, kNN preservation "
          f"{metrics['knn_preservation']:.4f}, trustworthiness {metrics['trustworthiness']:.4f} "
          f"(scikit-learn's function: {trustworthiness(x, layouts['ours'], n_neighbors=NEIGHBOURS):.4f})")
    for (name, threads), seconds in times.items():
        print(f"  {name}, {threads} threads: best {min(seconds):.2f} s of {', '.join(f'{s:.2f}' for s in seconds)}")
    best = {who: min(min(seconds) for (name, _), seconds in times.items() if name == who) for who in layouts}
    ratio = best["scikit-learn"] / best["ours"]
    passed = [ratio > 1, scores["ours"][0] <= KL_SHARE * scores["scikit-learn"][0],
              scores["ours"][1] >= scores["scikit-learn"][1]]
    print(f"  scikit-learn takes {ratio:.2f} times as long: {'ok' if passed[0] else 'FAILED'}; KL "
          f"{'ok' if passed[1] else 'FAILED'}; kNN preservation {'ok' if passed[2] else 'FAILED'}; {load()}")
    return all(passed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--large", type=int, default=5000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--threads", type=int, nargs="+", default=[0, 2], help="of lavapipe's pool")
    parser.add_argument("--peer-threads", type=int, nargs="+", default=[1, 2], help="of scikit-learn")
    parser.add_argument("--iterations", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        data = digits(SHARED, folder)
        print(f"{arguments.points} digits, {arguments.iterations} iterations, perplexity {PERPLEXITY}", flush=True)
        passed = [compare(folder, reduced(data, arguments.points), arguments)]
        if arguments.large:
            seconds, _, metrics = ours(folder, reduced(data, arguments.large), arguments.iterations,
                                       arguments.threads[-1])
            passed.append(metrics["kl_divergence"] <= KL_BAR and metrics["trustworthiness"] >= TRUST_BAR)
            print(f"{arguments.large} digits: {seconds:.1f} s, KL {metrics['kl_divergence']:.4f} (bar {KL_BAR}), "
                  f"trustworthiness {metrics['trustworthiness']:.4f} (bar {TRUST_BAR}): "
                  f"{'ok' if passed[-1] else 'FAILED'}; {load()}")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
