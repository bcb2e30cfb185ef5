"""A multilayer perceptron in NumPy: leaky ReLU layers, softmax, cross-entropy, and three optimizers."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Labels: TypeAlias = npt.NDArray[np.int64]

LEAK = np.float32(0.1)
"""The slope below zero: units cannot die, so a learning rate that is far too large ends in NaN, as in real networks."""


class Network:
    """Layers of `sizes` units, the first of them the inputs and the last the classes. He initialisation."""

    def __init__(self, sizes: list[int], seed: int) -> None:
        random = np.random.default_rng(seed)
        self.weights: list[Floats] = []
        for fan_in, fan_out in pairwise(sizes):
            scale = np.sqrt(2.0 / fan_in)
            self.weights.append((random.standard_normal((fan_in, fan_out)) * scale).astype(np.float32))
            self.weights.append(np.zeros(fan_out, dtype=np.float32))

    @property
    def parameter_count(self) -> int:
        return sum(weight.size for weight in self.weights)

    def activations(self, inputs: Floats) -> list[Floats]:
        """The inputs, the output of each hidden layer, and the logits. Shapes: `(rows, units)`."""
        outputs = [inputs]
        for layer in range(0, len(self.weights), 2):
            signal = outputs[-1] @ self.weights[layer] + self.weights[layer + 1]
            is_last = layer + 2 == len(self.weights)
            outputs.append(signal if is_last else np.maximum(signal, LEAK * signal))
        return outputs

    def gradients(self, inputs: Floats, labels: Labels) -> tuple[list[Floats], float, float]:
        """The gradient of each weight, the mean loss and the accuracy of one batch."""
        outputs = self.activations(inputs)
        loss, accuracy, signal = _cross_entropy(outputs[-1], labels)
        gradients: list[Floats] = []
        for layer in range(len(self.weights) - 2, -1, -2):
            below = outputs[layer // 2]
            gradients += [signal.sum(axis=0), below.T @ signal]
            signal = (signal @ self.weights[layer].T) * np.where(below > 0, np.float32(1), LEAK)
        return gradients[::-1], loss, accuracy

    def score(self, inputs: Floats, labels: Labels) -> tuple[float, float]:
        """The mean loss and the accuracy, without learning from them."""
        loss, accuracy, _ = _cross_entropy(self.activations(inputs)[-1], labels)
        return loss, accuracy


def _cross_entropy(logits: Floats, labels: Labels) -> tuple[float, float, Floats]:
    """The mean loss, the accuracy, and the gradient of the logits."""
    rows = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    gradient = np.exp(log_shares)
    gradient[rows, labels] -= 1
    loss = -float(log_shares[rows, labels].mean())
    return loss, float((logits.argmax(axis=1) == labels).mean()), gradient / np.float32(len(labels))


class Optimizer:
    """Moves the weights of a network along a gradient: `sgd`, `momentum` or `adam`."""

    def __init__(self, kind: str, lr: float, momentum: float, weights: list[Floats]) -> None:
        if kind not in ("sgd", "momentum", "adam"):
            raise ValueError(f"no optimizer {kind!r}; there are sgd, momentum and adam")
        self._kind, self._lr, self._momentum = kind, np.float32(lr), np.float32(momentum)
        self._speed = [np.zeros_like(weight) for weight in weights]
        self._power = [np.zeros_like(weight) for weight in weights]
        self._updates = 0

    def update(self, weights: list[Floats], gradients: list[Floats]) -> None:
        self._updates += 1
        for index, gradient in enumerate(gradients):
            weights[index] -= self._lr * self._direction(index, gradient)

    def _direction(self, index: int, gradient: Floats) -> Floats:
        if self._kind == "sgd":
            return gradient
        if self._kind == "momentum":
            self._speed[index] = self._momentum * self._speed[index] + gradient
            return self._speed[index]
        self._speed[index] = np.float32(0.9) * self._speed[index] + np.float32(0.1) * gradient
        self._power[index] = np.float32(0.999) * self._power[index] + np.float32(0.001) * gradient**2
        mean = self._speed[index] / np.float32(1 - 0.9**self._updates)
        spread = self._power[index] / np.float32(1 - 0.999**self._updates)
        direction: Floats = mean / (np.sqrt(spread) + np.float32(1e-8))
        return direction
