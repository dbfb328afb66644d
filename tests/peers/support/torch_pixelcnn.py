"""PixelCNN and Gated PixelCNN in PyTorch, the ordinary way: whole kernels, multiplied by their masks."""
import json
import math

import torch
import torch.nn.functional as F

POINT = [(0, 0)]
MASK_B = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 0)]
VERTICAL_FIRST = [(y, x) for y in (-3, -2, -1) for x in range(-3, 4)]
HORIZONTAL_FIRST = [(0, -3), (0, -2), (0, -1)]
VERTICAL = [(y, x) for y in (-1, 0) for x in (-1, 0, 1)]
HORIZONTAL = [(0, -1), (0, 0)]


class PixelCnn(torch.nn.Module):
    """Begins with the parameters of a checkpoint: weights [taps][in][out] under the program's paths."""

    def __init__(self, tensors, metadata):
        super().__init__()
        knobs = json.loads(metadata["knobs"])
        self.gated, self.blocks = knobs["architecture"] == "gated", int(knobs["blocks"])
        self.conditional = knobs["class_conditional"] == "true"
        self.values = torch.nn.ParameterDict()
        self.masks = {}
        for path, value in tensors.items():
            if "/" in path:
                continue  # the optimiser's and the averages
            value = torch.tensor(value)
            if path.endswith(".weight"):
                value = self.whole(path, value)
            self.values[self.key(path)] = torch.nn.Parameter(value)

    @staticmethod
    def key(path):
        return path.replace(".", "_")

    def taps(self, path):
        parts = path.split(".")
        if parts[0] == "input":
            return VERTICAL_FIRST + HORIZONTAL_FIRST
        if parts[0] == "blocks" and parts[2] == "conv":
            return MASK_B
        if parts[0] == "layers" and parts[2] == "vertical":
            return VERTICAL_FIRST if parts[1] == "0" else VERTICAL
        if parts[0] == "layers" and parts[2] == "horizontal":
            return HORIZONTAL_FIRST if parts[1] == "0" else HORIZONTAL
        return POINT

    def whole(self, path, weight):
        """[taps][in][out] -> [out, in, side, side], and its mask."""
        taps = self.taps(path)
        if len(taps) != weight.shape[0]:
            raise ValueError(f"{path} has {weight.shape[0]} taps, expected {len(taps)}")
        radius = max(max(abs(y), abs(x)) for y, x in taps)
        side = 2 * radius + 1
        kernel, mask = torch.zeros(weight.shape[2], weight.shape[1], side, side), torch.zeros(side, side)
        for tap, (y, x) in enumerate(taps):
            kernel[:, :, y + radius, x + radius] = weight[tap].T
            mask[y + radius, x + radius] = 1
        self.masks[path[: -len(".weight")]] = mask
        return kernel

    def conv(self, path, x):
        weight, bias = self.values[self.key(path + ".weight")], self.values[self.key(path + ".bias")]
        return F.conv2d(x, weight * self.masks[path], bias, padding=weight.shape[2] // 2)

    def condition(self, path, x, labels):
        if not self.conditional:
            return x
        return x + self.values[self.key(path + ".classes")][labels][:, :, None, None]

    def plain(self, x, labels):
        x = self.condition("input", self.conv("input", x), labels)
        for block in range(self.blocks):
            path = f"blocks.{block}."
            inner = self.conv(path + "reduce", F.relu(x))
            inner = self.condition(path + "conv", self.conv(path + "conv", F.relu(inner)), labels)
            x = x + self.conv(path + "expand", F.relu(inner))
        return x

    def stacks(self, x, labels):
        def gate(a):
            value, opening = a.chunk(2, dim=1)
            return torch.tanh(value) * torch.sigmoid(opening)

        vertical, horizontal, skip = x, x, 0
        for layer in range(self.blocks + 1):
            path = f"layers.{layer}."
            v = self.conv(path + "vertical", vertical)
            h = self.conv(path + "horizontal", horizontal) + self.conv(path + "link", v)
            vertical = gate(self.condition(path + "vertical", v, labels))
            out = gate(self.condition(path + "horizontal", h, labels))
            residual = self.conv(path + "residual", out)
            horizontal = residual if layer == 0 else horizontal + residual
            skip = skip + self.conv(path + "skip", out)
        return skip

    def forward(self, pictures, labels):
        """pictures [N, H, W] of 0 and 1 -> nats of every picture."""
        x = pictures[:, None]
        y = self.stacks(x, labels) if self.gated else self.plain(x, labels)
        logits = self.conv("head.1", F.relu(self.conv("head.0", F.relu(y))))
        return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=(1, 2, 3))


class Trainer:
    """Adam as the program's knobs say it: linear warm-up, then a cosine down to 2 %, constant where its length is 0."""

    def __init__(self, tensors, metadata, memory_format=torch.contiguous_format):
        knobs = json.loads(metadata["knobs"])
        self.peak, self.warm_up, self.length = (float(knobs[name]) for name in ("learning_rate", "warm_up", "schedule_length"))
        if float(knobs["gradient_clip"]) != 0:
            raise ValueError("gradient_clip is not part of this comparison")
        self.batch, self.seed, self.steps = int(knobs["batch_size"]), int(metadata["seed"]), int(metadata["step"])
        self.model = PixelCnn(tensors, metadata).to(memory_format=memory_format)
        self.adam = torch.optim.Adam(self.model.parameters(), lr=self.peak)

    def rate(self):
        t = self.steps + 1
        rate = self.peak * (min(1.0, t / self.warm_up) if self.warm_up > 0 else 1.0)
        if self.length > 0:
            rate *= 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, t / self.length)))
        return rate

    def step(self, pictures, labels):
        """One update; gives the loss before it, nats per picture."""
        for group in self.adam.param_groups:
            group["lr"] = self.rate()
        loss = self.model(torch.from_numpy(pictures), torch.from_numpy(labels)).mean()
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        self.steps += 1
        return loss.item()

    def nats(self, pictures, labels):
        with torch.no_grad():
            parts = [
                self.model(torch.from_numpy(pictures[i : i + 100]), torch.from_numpy(labels[i : i + 100])).double()
                for i in range(0, len(pictures), 100)
            ]
        return torch.cat(parts).mean().item()
