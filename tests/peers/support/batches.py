"""The program's data and random numbers in numpy, bit for bit: Philox, the shuffled order, both binarizations."""
import gzip
import struct

import numpy as np

LOW = np.uint64(0xFFFFFFFF)


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011). counter: four, key: two arrays or numbers below 2^32; gives four arrays."""
    c = [np.asarray(word, np.uint64) for word in counter]
    k = [int(word) for word in key]
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]), b & LOW, (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]), a & LOW]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def words(seed):
    return seed & 0xFFFFFFFF, seed >> 32


def finalised(x):
    """MurmurHash3's finaliser on 32-bit numbers held in 64 bits."""
    x = x ^ (x >> np.uint64(16))
    x = (x * np.uint64(0x85EBCA6B)) & LOW
    x = x ^ (x >> np.uint64(13))
    x = (x * np.uint64(0xC2B2AE35)) & LOW
    return x ^ (x >> np.uint64(16))


def shuffled(seed, epoch, place, items):
    """Where `place` of `epoch` is in the data: a Feistel network walked along its cycle (engine/ops/batch.h)."""
    bits = 1
    while 1 << (2 * bits) < items:
        bits += 1
    low, shift = np.uint64((1 << bits) - 1), np.uint64(bits)
    keys = [word for half in (0, 1) for word in philox((epoch, half, 0, 0x73687566), words(seed))]
    place = np.uint64(place)
    while True:
        left, right = place >> shift, place & low
        for key in keys:
            left, right = right, left ^ (finalised(right ^ key) & low)
        place = left << shift | right
        if place < items:
            return int(place)


def batch_indices(seed, step, batch, items):
    """The numbers of the items of a step's batch."""
    positions = range(step * batch, (step + 1) * batch)
    return np.array([shuffled(seed, position // items, position % items, items) for position in positions])


def drawn(pixels, seed, step, stream=1):
    """Dynamic binarization of a batch of bytes: 1 where (word >> 8) * 255 < value * 2^24."""
    blocks = philox((np.arange((pixels.size + 3) // 4), step, stream, 0), words(seed))
    word = np.stack(blocks, axis=-1).reshape(-1)[: pixels.size].reshape(pixels.shape)
    return ((word >> np.uint64(8)) * np.uint64(255) < pixels.astype(np.uint64) << np.uint64(24)).astype(np.float32)


def normals(rows, columns, seed, step, stream):
    """Standard normals [rows, columns] by Box and Muller from Philox (engine/ops/random.h)."""
    blocks = philox((np.arange((rows * columns + 3) // 4), step, stream, 0), words(seed))
    uniform = (np.stack(blocks, axis=-1) >> np.uint64(8)).astype(np.float64) * 2.0**-24
    u, v = uniform.reshape(-1, 2).T
    radius = np.sqrt(-2 * np.log(1 - u))
    pairs = np.stack((radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v)), axis=-1)
    return pairs.reshape(-1)[: rows * columns].reshape(rows, columns).astype(np.float32)


def fixed(pixels, split):
    """The binarization that evaluation figures are quoted on (engine/data/dataset.h). pixels: [N, H, W], from item 0."""
    flat = pixels.reshape(len(pixels), -1)
    if flat.shape[1] % 4:
        raise ValueError("whole groups of four pixels are needed")
    images, groups = np.arange(len(flat))[:, None], np.arange(flat.shape[1] // 4)[None, :]
    zero = np.zeros(np.broadcast_shapes(images.shape, groups.shape), np.uint64)
    blocks = philox((images + zero, groups + zero, zero, zero), (0, split))
    word = np.stack(blocks, axis=-1).reshape(flat.shape)
    uniform = (word >> np.uint64(8)).astype(np.float32) * np.float32(2.0**-24)
    return (uniform < flat.astype(np.float32) / np.float32(255)).astype(np.float32).reshape(pixels.shape)


def read_idx(path):
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rb") as file:
        raw = file.read()
    rank = raw[3]
    shape = struct.unpack(f">{rank}I", raw[4 : 4 + 4 * rank])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


class Digits:
    """A folder of IDX files, as `--data idx:FOLDER` reads it."""

    def __init__(self, folder):
        self.spec = f"idx:{folder}"
        found = lambda part: next(folder.glob(part + "*"))
        self.train, self.train_labels = read_idx(found("train-images")), read_idx(found("train-labels"))
        self.test, self.test_labels = read_idx(found("t10k-images")), read_idx(found("t10k-labels"))

    def batch(self, seed, step, size):
        """Pictures [N, H, W] of 0 and 1, and labels, of a training step."""
        indices = batch_indices(seed, step, size, len(self.train))
        return drawn(self.train[indices], seed, step), self.train_labels[indices].astype(np.int64)


def write_idx(path, values):
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    path.write_bytes(header + values.astype(np.uint8).tobytes())


def strokes(count, random):
    """Pictures [count, 28, 28] of one curved stroke each, and labels by the way it bends."""
    y, x = np.mgrid[0:28, 0:28][:, None, :, :]
    pictures = np.zeros((count, 28, 28))
    bend, turn = random.uniform(-4, 4, count), random.uniform(0, 2 * np.pi, count)
    for t in np.linspace(-1, 1, 25):
        angle = turn + bend * t / 2
        centre_y, centre_x = (14 + 9 * t * f(angle) for f in (np.sin, np.cos))
        distance = (y - centre_y[:, None, None]) ** 2 + (x - centre_x[:, None, None]) ** 2
        pictures = np.maximum(pictures, 255 * np.exp(-distance / 3))
    return pictures, np.digitize(bend, np.linspace(-4, 4, 11)[1:-1])


def digits(shared, scratch):
    """MNIST where the shared data are, else strokes made here."""
    if (shared / "data" / "mnist").is_dir():
        return Digits(shared / "data" / "mnist")
    print(f"{shared / 'data' / 'mnist'} is missing: strokes made here stand in for it")
    random = np.random.default_rng(0)
    for name, count in (("train", 6000), ("t10k", 2000)):
        pictures, labels = strokes(count, random)
        write_idx(scratch / f"{name}-images-idx3-ubyte", pictures)
        write_idx(scratch / f"{name}-labels-idx1-ubyte", labels)
    return Digits(scratch)
