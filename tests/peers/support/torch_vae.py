"""The fully connected Bernoulli VAE in PyTorch, with the program's noise."""
import json

import torch
import torch.nn.functional as F

from .batches import normals

NOISE_STREAM, SCORE_STREAM, SCORE_SEED, SCORE_BATCH = 2, 0, 0x656C626F, 200


class Trainer:
    """Adam at a constant rate, from a checkpoint's weights, which lie [in][out]."""

    def __init__(self, tensors, metadata):
        knobs = json.loads(metadata["knobs"])
        for name in ("warm_up", "schedule_length", "gradient_clip", "kl_warm_up", "free_bits"):
            if float(knobs[name]) != 0:
                raise ValueError(f"{name} is not part of this comparison")
        self.seed, self.steps, self.batch = int(metadata["seed"]), int(metadata["step"]), int(knobs["batch_size"])
        self.values = {path: torch.tensor(value).requires_grad_() for path, value in tensors.items() if "/" not in path}
        self.adam = torch.optim.Adam(self.values.values(), lr=float(knobs["learning_rate"]))

    def dense(self, path, x):
        return F.linear(x, self.values[path + ".weight"].T, self.values[path + ".bias"])

    def nats(self, x, noise):
        """-ELBO of pictures [N, H*W], one draw each: [N]."""
        hidden = F.relu(self.dense("encoder.0", x))
        mean, log_variance = self.dense("encoder.mean", hidden), self.dense("encoder.log_variance", hidden)
        z = mean + torch.exp(log_variance / 2) * noise
        logits = self.dense("decoder.pixels", F.relu(self.dense("decoder.0", z)))
        kl = 0.5 * (mean**2 + torch.exp(log_variance) - 1 - log_variance).sum(dim=1)
        return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1) + kl

    def step(self, pictures):
        """One update; gives the loss before it, nats per picture."""
        noise = normals(len(pictures), self.values["encoder.mean.bias"].numel(), self.seed, self.steps, NOISE_STREAM)
        loss = self.nats(torch.from_numpy(pictures.reshape(len(pictures), -1)), torch.from_numpy(noise)).mean()
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        self.steps += 1
        return loss.item()

    def score(self, pictures):
        """-ELBO with the noise that `evaluate vae` draws."""
        flat, total = pictures.reshape(len(pictures), -1), 0.0
        with torch.no_grad():
            for draw, first in enumerate(range(0, len(flat), SCORE_BATCH)):
                noise = normals(SCORE_BATCH, self.values["encoder.mean.bias"].numel(), SCORE_SEED, draw, SCORE_STREAM)
                x = torch.from_numpy(flat[first : first + SCORE_BATCH])
                total += self.nats(x, torch.from_numpy(noise[: len(x)])).double().sum().item()
        return total / len(flat)
