"""Nets under label noise, after the last epoch and after the best one.

One and the same perceptron is trained by each method of ``sknoisy.deep``: on digits,
satimage, penbased and mnist5k with made noise (``uniform45`` draws every second of ten
labels anew from all classes), on cifar10n and ferplus with real labels. The best epoch
is one that only somebody with clean labels could choose. The rows that count are
``EarlyLearningClassifier`` and ``NoiseAdaptationClassifier`` with default constructors.
``W``, ``W + S`` and ``W + S + C`` are ``ReSupNetClassifier`` with mixture weights, with
their exchange between two nets, and with the consistency term, its default.

With ``--method`` a row is a skorch net, made with the module and the settings of all.
"""

import time
from functools import partial

import numpy as np
from sklearn.metrics import f1_score

from benchmarks.cells import CLEAN, Cell, row_cells, row_problem
from benchmarks.data import load_split
from benchmarks.methods import CORRECT, import_name
from benchmarks.noise import NONE
from benchmarks.suites.classification import detection
from sknoisy import NoisyLabelClassifier

FIGURES = (
    *("accuracy", "best", "f1", "auroc", "average_precision", "rate_error"),
    *("diagonal", "seconds"),
)
PLAIN, FLAGSHIP = "plain net", "NoisyLabelClassifier around the net"
EARLY, ADAPTATION = "EarlyLearningClassifier", "NoiseAdaptationClassifier"
OURS, REFERENCES = (EARLY, ADAPTATION), (CLEAN, CORRECT, "true T, fixed")
HIDDEN, BATCH, LEARNING_RATE = (128, 64), 64, 1e-3
EPOCHS = 20
MADE = (NONE, "uniform27", "uniform45", "uniform63", "random50", "pair40")
NAMES = ("digits", "satimage", "penbased", "mnist5k", "cifar10n", "ferplus")
METHODS = (
    *(PLAIN, CLEAN, CORRECT, "true T, fixed", "softmax, q = 0.1", ADAPTATION, "GCE"),
    *("SCE", EARLY, "EarlyLearning, strength 3", "CoTeaching", "LossHistory"),
    *("W", "W + S", "W + S + C", FLAGSHIP),
)
QUICK = (PLAIN, CLEAN, "GCE", "CoTeaching", "W + S + C", ADAPTATION, EARLY)


def cells(options):
    """Yield the cells; a quick run takes digits, once with noise and once without."""

    def noises(about):
        made = (NONE, "uniform45") if options.quick else MADE
        return [name for name, _ in about.given][:2] or made

    names = ("digits",) if options.quick and not options.sets else NAMES
    return row_cells(options, bases=("net",), noises=noises, names=names)


def prepare(cell, options):
    """Return the rows as single precision, with the matrix of the noise as it fell."""
    asked = Cell(cell.data, cell.family, cell.noise, "lr", cell.seed)
    problem = row_problem(asked, options, 5000, 2000)
    K = load_split(cell.data, cell.seed, options.folder).n_classes
    labels = problem.labels
    labels.X = labels.X.astype(np.float32)
    problem.X_test = problem.X_test.astype(np.float32)
    pairs = np.bincount(labels.clean * K + labels.noisy, minlength=K * K)
    pairs = pairs.reshape(K, K) + 1e-9 * np.eye(K)
    problem.T = pairs / pairs.sum(axis=1, keepdims=True)
    return problem


def perceptron(n_features, n_classes):
    """Return the module: two hidden layers, logits."""
    from torch import nn

    first, second = HIDDEN
    hidden = (nn.Linear(n_features, first), nn.ReLU(), nn.Linear(first, second))
    return nn.Sequential(*hidden, nn.ReLU(), nn.Linear(second, n_classes))


def makers(problem):
    """Return what makes each net from the settings of all."""
    from skorch import NeuralNetClassifier
    from torch import nn

    from sknoisy import deep

    T, adapt = problem.T, partial(deep.NoiseAdaptationClassifier, average_weights=False)
    softmax = partial(adapt, noise_layer="softmax", noise_lr=1e-3)
    plain = partial(NeuralNetClassifier, criterion=nn.CrossEntropyLoss)
    early = deep.EarlyLearningClassifier
    two, alone = deep.ReSupNetClassifier, {"consistency_weight": 0.0}
    return {
        **dict.fromkeys((PLAIN, CLEAN, CORRECT, FLAGSHIP), plain),
        "true T, fixed": partial(adapt, transition=T),
        "softmax, q = 0.1": partial(softmax, noise_layer__dropout=0.1),
        ADAPTATION: deep.NoiseAdaptationClassifier,
        "GCE": partial(plain, criterion=deep.GeneralizedCrossEntropyLoss),
        "SCE": partial(plain, criterion=deep.SymmetricCrossEntropyLoss),
        EARLY: early,
        "EarlyLearning, strength 3": partial(early, strength=3.0),
        "CoTeaching": deep.CoTeachingClassifier,
        "LossHistory": deep.LossHistoryClassifier,
        "W": partial(two, exchange=False, **alone),
        "W + S": partial(two, exchange=True, **alone),
        "W + S + C": two,
    }


def measure(problem, row):
    import torch
    from skorch.callbacks import EpochScoring

    torch.manual_seed(problem.cell.seed)
    torch.set_num_threads(1)
    labels = problem.labels
    X, y = labels.X, labels.clean if row == CLEAN else labels.noisy
    if row == CORRECT:
        X, y = X[~labels.wrong], y[~labels.wrong]
    # Training never sees the test rows, whose accuracy tells the best epoch.
    score = {"name": "test", "on_train": True, "use_caching": False}
    watch = EpochScoring(lambda net, X, y: problem.accuracy(net), **score)
    net = (makers(problem).get(row) or import_name(row))(
        module=perceptron,
        module__n_features=X.shape[1],
        module__n_classes=len(problem.T),
        optimizer=torch.optim.Adam,
        lr=LEARNING_RATE,
        max_epochs=EPOCHS,
        batch_size=BATCH,
        train_split=None,
        iterator_train__shuffle=True,
        callbacks=[] if row == FLAGSHIP else [("watch", watch)],
        verbose=0,
    )
    if row == FLAGSHIP:
        net = NoisyLabelClassifier(net, random_state=problem.cell.seed)
    start = time.process_time()
    net.fit(X, y.astype(np.int64))
    found = {"seconds": time.process_time() - start}
    predicted = net.predict(problem.X_test)
    found["accuracy"] = float(np.mean(predicted == problem.y_test))
    found["f1"] = f1_score(problem.y_test, predicted, average="macro")
    if row != FLAGSHIP:
        found["best"] = max(net.history[:, "test"])
    if hasattr(net, "noise_layer_"):
        T = net.noise_layer_.transition_matrix().detach().numpy()
        found["diagonal"] = float(np.diag(T).mean())
    return found | (detection(net, labels) if len(y) == len(labels.noisy) else {})
