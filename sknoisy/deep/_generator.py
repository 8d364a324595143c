"""Random numbers of one net, apart from those of everybody else."""

from contextlib import contextmanager

import numpy as np
import torch
from sklearn.utils import check_random_state


def draw_seed(random_state):
    """Return a seed for the generators of torch.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        With None the seed is drawn from torch's global generator, so that
        ``torch.manual_seed`` decides it, as in plain torch.

    Returns
    -------
    int
        The seed.
    """
    if random_state is None:
        return int(torch.randint(np.iinfo(np.int32).max, ()))
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def get_state(device):
    """Return the states of the generators that training on a device draws from.

    Parameters
    ----------
    device : torch.device
        Where the net is trained.

    Returns
    -------
    dict of ndarray
        State of the processor's generator, and of that of the CUDA device.
    """
    state = {"cpu": torch.get_rng_state().numpy()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device).numpy()
    return state


def set_state(device, state):
    """Put the generators back into a state.

    Parameters
    ----------
    device : torch.device
        Where the net is trained.

    state : dict of ndarray
        What ``get_state`` has returned, perhaps on a machine without CUDA.
    """
    torch.set_rng_state(torch.from_numpy(state["cpu"].copy()))
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(torch.from_numpy(state["cuda"].copy()), device)


@contextmanager
def own_generators(device, *, seed=None, state=None):
    """Seed the generators, or go on from a state, and put them back at the end.

    Parameters
    ----------
    device : torch.device
        Where the net is trained.

    seed : int, default=None
        Seed to start from, where there is no state.

    state : dict of ndarray, default=None
        State to go on from.
    """
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
