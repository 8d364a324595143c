"""Random numbers of one net, apart from those of everybody else."""

from contextlib import contextmanager

import numpy as np
import torch
from sklearn.utils import check_random_state

# check_random_state draws 32-bit integers; torch takes any of them as a seed.
LARGEST_SEED = np.iinfo(np.int32).max


def draw_seed(random_state):
    """Return a seed for torch, drawn from torch's own generator if there is no state.

    ``torch.manual_seed`` then decides it, as in plain torch.
    """
    if random_state is None:
        return int(torch.randint(LARGEST_SEED, ()))
    return int(check_random_state(random_state).randint(LARGEST_SEED))


def get_state(device):
    """Return the states of the generators that training on a device draws from."""
    state = {"cpu": torch.get_rng_state().numpy()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device).numpy()
    return state


def set_state(device, state):
    """Put the generators into a state, which may come from a machine without CUDA."""
    torch.set_rng_state(torch.from_numpy(state["cpu"].copy()))
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(torch.from_numpy(state["cuda"].copy()), device)


@contextmanager
def own_generators(device, *, seed=None, state=None):
    """Seed the generators, or go on from a state, and put them back at the end."""
    devices = _cuda_devices(device)
    with torch.random.fork_rng(devices=devices):
        if state is not None:
            set_state(device, state)
        else:
            # torch.manual_seed would seed the devices of others, too.
            torch.default_generator.manual_seed(seed)
            for index in devices:
                with torch.cuda.device(index):
                    torch.cuda.manual_seed(seed)
        yield


def _cuda_devices(device):
    """Return the number of the CUDA device, if it is one, in a list."""
    if device.type != "cuda":
        return []
    return [torch.cuda.current_device() if device.index is None else device.index]
