"""Tags with a known truth: properties of digits, and directions of hidden factors."""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sknoisy.noise import MultilabelNoise

PROPERTIES = {
    **{f"is {digit}": (digit,) for digit in range(10)},
    "even": (0, 2, 4, 6, 8),
    "odd": (1, 3, 5, 7, 9),
    "prime": (2, 3, 5, 7),
    "loop": (0, 6, 8, 9),
    "two loops": (8,),
    "five or more": (5, 6, 7, 8, 9),
    "power of two": (1, 2, 4, 8),
    "below three": (0, 1, 2),
    "curvy": (0, 3, 6, 8, 9),
    "straight": (1, 4, 7),
}
N_FACTORS, N_FEATURES, N_TAGS = 6, 30, 20


@dataclass
class Tagged:
    """Rows with true and given tags; ``recall`` is what the noise was asked for."""

    X: np.ndarray
    truth: np.ndarray
    tags: np.ndarray
    recall: np.ndarray
    names: list


def tagged_digits(seed, striking=0.0):
    """Return the digits with 20 properties as tags, each of its own recall."""
    X, y = load_digits(return_X_y=True)
    truth = np.column_stack([np.isin(y, digits) for digits in PROPERTIES.values()])
    return _tagged(StandardScaler().fit_transform(X), truth, seed, striking)


def _tagged(X, truth, seed, striking):
    rng = np.random.RandomState(seed)
    recall = rng.uniform(0.1, 0.95, size=truth.shape[1])
    noise = MultilabelNoise(1 - recall, 0.01, striking=striking, random_state=seed)
    tags = noise.corrupt(truth, X if striking else None)
    return Tagged(X, truth, tags, recall, list(PROPERTIES))


def halves(tagged, seed):
    """Return the rows for training, 60 in 100, and for testing."""
    rows = np.arange(len(tagged.X))
    return train_test_split(rows, test_size=0.4, random_state=seed)


def tagged_factors(seed, n_samples=6000):
    """Return tags on hidden factors; the first two mean the same, and never meet."""
    rng = np.random.RandomState(seed)
    factors = rng.normal(size=(n_samples, N_FACTORS))
    mixing = rng.normal(size=(N_FACTORS, N_FEATURES))
    X = factors @ mixing + rng.normal(size=(n_samples, N_FEATURES))
    directions = rng.normal(size=(N_FACTORS, N_TAGS))
    directions /= np.linalg.norm(directions, axis=0)
    directions[:, 1] = directions[:, 0] + 0.1 * rng.normal(size=N_FACTORS)
    strength = factors @ directions
    share = rng.uniform(0.05, 0.3, size=N_TAGS)
    share[1] = share[0]
    levels = [np.quantile(strength[:, k], 1 - share[k]) for k in range(N_TAGS)]
    tagged = _tagged(StandardScaler().fit_transform(X), strength > levels, seed, 0.0)
    both = np.flatnonzero(tagged.tags[:, 0] & tagged.tags[:, 1])
    tagged.tags[both, rng.randint(2, size=len(both))] = False
    tagged.names = [f"tag {k}" for k in range(N_TAGS)]
    return tagged
