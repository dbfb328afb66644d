"""Contrastive predictive coding in PyTorch, the ordinary way: Conv1d, GRU, one matrix of scores for each position."""
import json
import math

import torch
import torch.nn.functional as F

STRIDES, FIRST_POSITION = (5, 4, 2, 2), 8
KERNELS = (10, 8, 4, 4)


class Cpc(torch.nn.Module):
    """Begins with the parameters of a checkpoint, which lie [in][out]."""

    def __init__(self, tensors, knobs):
        super().__init__()
        self.channels, self.units = int(knobs["channels"]), int(knobs["context"])
        self.horizons, self.negatives = int(knobs["horizons"]), knobs["negatives"]
        values = {path: torch.tensor(value) for path, value in tensors.items() if "/" not in path}
        self.convolutions = torch.nn.ModuleList()
        for layer, (kernel, stride) in enumerate(zip(KERNELS, STRIDES)):
            inputs = 1 if layer == 0 else self.channels
            convolution = torch.nn.Conv1d(inputs, self.channels, kernel, stride)
            weight = values[f"encoder.{layer}.weight"].reshape(kernel, inputs, self.channels)
            convolution.weight.data = weight.permute(2, 1, 0).contiguous()
            convolution.bias.data = values[f"encoder.{layer}.bias"]
            self.convolutions.append(convolution)
        self.gru = torch.nn.GRU(self.channels, self.units, batch_first=True)
        self.gru.weight_ih_l0.data = values["gru.input.weight"].T.contiguous()
        self.gru.bias_ih_l0.data = values["gru.input.bias"]
        self.gru.weight_hh_l0.data = values["gru.state.weight"].T.contiguous()
        self.gru.bias_hh_l0.data = values["gru.state.bias"]
        self.predictors = torch.nn.ParameterList(
            torch.nn.Parameter(values[f"predictor.{k}.weight"]) for k in range(1, self.horizons + 1)
        )

    def codes(self, windows):
        """windows [N, samples] -> z [N, T, C]."""
        x = windows[:, None]
        for layer, convolution in enumerate(self.convolutions):
            x = convolution(x if layer == 0 else F.relu(x))
        return x.transpose(1, 2)

    def forward(self, windows):
        """InfoNCE of every horizon, nats."""
        z = self.codes(windows)
        c, _ = self.gru(z)
        count, frames, _ = z.shape
        losses = []
        for k, predictor in enumerate(self.predictors, 1):
            nats = []
            for t in range(FIRST_POSITION, frames - self.horizons):
                predicted = c[:, t] @ predictor
                across = predicted @ z[:, t + k].T  # [N, N]
                within = torch.einsum("nc,nfc->nf", predicted, z)  # [N, T]
                if self.negatives == "other":
                    scores, truth = across, torch.arange(count)
                elif self.negatives == "same":
                    scores, truth = within, torch.full((count,), t + k)
                else:
                    others = torch.cat((within[:, : t + k], within[:, t + k + 1 :]), dim=1)
                    scores, truth = torch.cat((across, others), dim=1), torch.arange(count)
                nats.append(F.cross_entropy(scores, truth))
            losses.append(torch.stack(nats).mean())
        return torch.stack(losses)


class Trainer:
    """Adam as the program's knobs say it: linear warm-up, a cosine down to 2 %, the gradient's norm clipped."""

    def __init__(self, tensors, metadata):
        knobs = json.loads(metadata["knobs"])
        self.peak, self.warm_up, self.length, self.clip = (
            float(knobs[name]) for name in ("learning_rate", "warm_up", "schedule_length", "gradient_clip")
        )
        self.batch, self.samples, self.steps = int(knobs["batch_size"]), int(knobs["window"]), int(metadata["step"])
        self.model = Cpc(tensors, knobs)
        self.adam = torch.optim.Adam(self.model.parameters(), lr=self.peak)

    def rate(self):
        t = self.steps + 1
        rate = self.peak * (min(1.0, t / self.warm_up) if self.warm_up > 0 else 1.0)
        if self.length > 0:
            rate *= 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, t / self.length)))
        return rate

    def step(self, windows):
        """One update on windows [N, samples]; gives the loss before it."""
        for group in self.adam.param_groups:
            group["lr"] = self.rate()
        loss = self.model(torch.from_numpy(windows)).mean()
        self.adam.zero_grad()
        loss.backward()
        if self.clip > 0:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.adam.step()
        self.steps += 1
        return loss.item()
