"""What the judges of tuned and of measured loops share: the simulator's times, and systems under a hold."""

import math

import numpy as np
from scipy.linalg import expm

STEP = 250e-6
CYCLE = 1e-3
TRACKING = 2 * math.pi * 400


def held(system, inputs, time):
    """What a time does to a state, and what inputs do that are held over it."""
    size, width = system.shape[0], inputs.shape[1]
    whole = np.zeros((size + width, size + width))
    whole[:size, :size] = system * time
    whole[:size, size:] = inputs * time
    power = expm(whole)
    return power[:size, :size], power[:size, size:]


def quantiles(values):
    values = sorted(abs(v) for v in values)
    if not values:
        return "none"
    at = [values[min(len(values) - 1, int(q * len(values)))] for q in (0.5, 0.9, 0.99)]
    return "median {:.4g}, 90 % {:.4g}, 99 % {:.4g}, worst {:.4g}".format(*at, values[-1])
