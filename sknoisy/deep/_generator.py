"""Random numbers of one net, apart from those of everybody else."""

from contextlib import contextmanager

import numpy as np
import torch
from sklearn.utils import check_random_state

# check_random_state draws 32-bit integers; torch takes any of them as a seed.
LARGEST_SEED = np.iinfo(np.int32).max


def draw_seed(random_state):
    """Return a seed, drawn from torch's own generator if there is no state."""
    if random_state is None:
        return int(torch.randint(LARGEST_SEED, ()))
    return int(check_random_state(random_state).randint(LARGEST_SEED))


def get_state(device):
    """Return the states of the generators that training on a device draws from."""
    state = {"cpu": torch.get_rng_state().numpy()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device).numpy()
    return state


@contextmanager
def own_generators(device, *, seed=None, state=None):
    """Seed the generators, or else go on from a state; put them back at the end."""
    devices = []
    if device.type == "cuda":
        here = torch.cuda.current_device() if device.index is None else device.index
        devices = [here]
    with torch.random.fork_rng(devices=devices):
        if seed is None:
            torch.set_rng_state(torch.from_numpy(state["cpu"].copy()))
            # The state may come from a machine without CUDA.
            if devices and "cuda" in state:
                torch.cuda.set_rng_state(torch.from_numpy(state["cuda"].copy()), device)
        else:
            # torch.manual_seed would seed the devices of others, too.
            torch.default_generator.manual_seed(seed)
            for index in devices:
                with torch.cuda.device(index):
                    torch.cuda.manual_seed(seed)
        yield
