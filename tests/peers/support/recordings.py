"""Recordings as `--data wav:FOLDER` reads files called {digit}_{speaker}_{index}.wav at 8 kHz, and CPC's windows of them."""
import wave

import numpy as np

from .batches import batch_indices

RATE, HELD_OUT_BELOW, WINDOW_STEP = 8000, 5, 509


def read_wav(path):
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise ValueError(f"{path}: 16-bit mono at {RATE} Hz is expected")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / np.float32(32768)


class Windows:
    """Training recordings speaker by speaker, each at root mean square 1, and where windows begin."""

    def __init__(self, folder, samples):
        self.samples = samples
        speakers = {}
        for path in sorted(folder.glob("*.wav")):
            _, speaker, index = path.stem.split("_")
            if int(index) >= HELD_OUT_BELOW:
                speakers.setdefault(speaker, []).append(path)
        parts, self.starts, begin = [], [], 0
        for speaker in sorted(speakers):
            clips = [read_wav(path) for path in speakers[speaker]]
            stretch = np.concatenate([clip / np.sqrt(np.mean(clip.astype(np.float64) ** 2)) for clip in clips])
            self.starts += range(begin, begin + len(stretch) - samples + 1, WINDOW_STEP)
            begin += len(stretch)
            parts.append(stretch.astype(np.float32))
        self.signal = np.concatenate(parts)

    def batch(self, seed, step, size):
        starts = [self.starts[i] for i in batch_indices(seed, step, size, len(self.starts))]
        return np.stack([self.signal[start : start + self.samples] for start in starts])


def hum(folder):
    """Stands in where there are no spoken digits: hums of three voices."""
    random = np.random.default_rng(0)
    for speaker, pitch in enumerate((110, 150, 210)):
        for index in range(20):
            t = np.arange(4000) / RATE
            phase = 2 * np.pi * pitch * (1 + 0.1 * np.sin(2 * np.pi * 3 * t + index)) * t
            sound = sum(np.sin(k * phase) / (k + speaker) for k in range(1, 8)) + 0.1 * random.standard_normal(4000)
            with wave.open(str(folder / f"0_voice{speaker}_{index}.wav"), "wb") as file:
                file.setnchannels(1), file.setsampwidth(2), file.setframerate(RATE)
                file.writeframes((8000 * sound / np.abs(sound).max()).astype("<i2").tobytes())


def spoken_digits(shared, scratch):
    """The folder of the Free Spoken Digit Dataset where the shared data are, else hums made here."""
    folder = shared / "data" / "fsdd"
    if folder.is_dir():
        return folder
    print(f"{folder} is missing: hums made here stand in for it")
    hum(scratch)
    return scratch
