"""Do the analyses see in tags of known truth what is there to be seen?"""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from sknoisy.multilabel import (
    compare_label_similarity,
    estimate_label_quality,
    label_cooccurrence,
    label_vectors,
    reannotation_sample,
)
from sknoisy.noise import MultilabelNoise

SEEDS = range(5)
GROUPS = [
    (0, 2, 4, 6, 8),
    (1, 3, 5, 7, 9),
    (2, 3, 5, 7),
    (0, 6, 8, 9),
    (8,),
    (5, 6, 7, 8, 9),
    (1, 2, 4, 8),
    (0, 1, 2),
    (0, 3, 6, 8, 9),
    (1, 4, 7),
]
X, y = load_digits(return_X_y=True)
TRUTH = np.column_stack([np.isin(y, g) for g in [*[(d,) for d in range(10)], *GROUPS]])
# Taggers from poor to good: the same model on more and more of the picture.
N_COMPONENTS = (1, 2, 6)
VIEWS = PCA(40, random_state=0).fit_transform(X) / 8
# The squares of the first components let a linear model draw curves.
VIEWS = np.hstack([VIEWS, VIEWS[:, :14] ** 2 / 2])


class Tagged:
    """Digits with noisy tags, and what taggers trained on them score."""

    def __init__(self, seed):
        rng = np.random.RandomState(seed)
        recall = rng.uniform(0.1, 0.95, TRUTH.shape[1])
        noise = MultilabelNoise(1 - recall, 0.01, random_state=seed)
        self.tags = noise.corrupt(TRUTH)
        rows = rng.permutation(len(y))
        self.train, self.test = rows[:1078], rows[1078:]
        columns = [np.arange(n) for n in (*N_COMPONENTS, VIEWS.shape[1])]
        self.scores = [self.score(self.tags, which) for which in columns]
        self.best_on_truth = self.score(TRUTH, columns[-1])
        self.quality = estimate_label_quality(self.tags, TRUTH)

    def score(self, labels, columns):
        model = Ridge(1.0).fit(VIEWS[self.train][:, columns], labels[self.train])
        return model.predict(VIEWS[self.test][:, columns])

    def aucs(self, labels, score):
        return roc_auc_score(labels[self.test], score, average=None)


@pytest.fixture(scope="module", params=SEEDS)
def tagged(request):
    return Tagged(request.param)


def test_training_on_tags_stays_useful_and_testing_on_them_underestimates(tagged):
    best = tagged.scores[-1]
    ideal = tagged.aucs(TRUTH, tagged.best_on_truth).mean()
    on_truth, on_tags = (tagged.aucs(one, best).mean() for one in (TRUTH, tagged.tags))
    assert 0.85 < on_truth < ideal
    assert on_tags < on_truth - 0.05


def test_taggers_keep_their_order(tagged):
    on_truth = [tagged.aucs(TRUTH, score).mean() for score in tagged.scores]
    on_tags = [tagged.aucs(tagged.tags, score).mean() for score in tagged.scores]
    assert spearmanr(on_truth, on_tags).statistic == 1


def test_scores_of_tags_follow_tagability_more_than_occurrence(tagged):
    auc = tagged.aucs(tagged.tags, tagged.scores[-1])
    tagability, occurrence = tagged.quality.tagability, tagged.quality.occurrence
    with_tagability = spearmanr(tagability, auc).statistic
    assert with_tagability > 0.4
    assert with_tagability > spearmanr(occurrence, auc).statistic
    loss = tagged.aucs(TRUTH, tagged.best_on_truth)
    loss = loss - tagged.aucs(TRUTH, tagged.scores[-1])
    assert spearmanr(tagability, loss).statistic < -0.3


def test_equation_of_the_auc():
    errors = []
    for seed in SEEDS:
        tagged = Tagged(seed)
        quality = estimate_label_quality(tagged.tags[tagged.test], TRUTH[tagged.test])
        clean = tagged.aucs(TRUTH, tagged.scores[-1])
        noisy = tagged.aucs(tagged.tags, tagged.scores[-1])
        shrunk = 0.5 + quality.auc_shrinkage * (clean - 0.5)
        assert np.abs(shrunk - noisy).mean() <= 0.02
        corrected = np.clip(0.5 + (noisy - 0.5) / quality.auc_shrinkage, 0, 1)
        # Of a tag on a handful of test rows the AUC itself is little more than chance,
        # and dividing by the shrinkage makes more of it.
        known = quality.n_tagged >= 30
        errors.extend(np.abs(corrected - clean)[known])
    assert len(errors) > 60
    assert np.mean(errors) <= 0.02


def test_checked_entries_tell_precision_and_recall():
    errors = []
    for seed in SEEDS:
        tagged = Tagged(seed)
        sample = reannotation_sample(tagged.tags, n_per_stratum=100, random_state=seed)
        answers = TRUTH[sample.row, sample.label_code]
        found = estimate_label_quality(tagged.tags, answers, sample=sample)
        errors.append(
            [
                np.abs(found.tagability - tagged.quality.tagability).mean(),
                np.abs(found.precision - tagged.quality.precision).mean(),
            ]
        )
    recall, precision = np.mean(errors, axis=0)
    assert recall <= 0.06
    assert precision <= 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_vectors_of_labels_see_through_the_noise(seed):
    rng = np.random.RandomState(seed)
    factors = rng.normal(size=(3000, 6))
    features = factors @ rng.normal(size=(6, 30)) + rng.normal(size=(3000, 30))
    directions = rng.normal(size=(6, 16))
    directions[:, 1] = directions[:, 0] + 0.1 * rng.normal(size=6)
    strength = factors @ directions
    truth = strength > np.quantile(strength, 0.85, axis=0)
    noise = MultilabelNoise(1 - rng.uniform(0.1, 0.95, 16), 0.01, random_state=seed)
    tags = noise.corrupt(truth)
    # The first two labels mean the same, and nobody uses both.
    both = np.flatnonzero(tags[:, 0] & tags[:, 1])
    tags[both, rng.randint(2, size=len(both))] = False

    net = MLPClassifier(
        12, max_iter=20, learning_rate_init=0.005, batch_size=64, random_state=0
    )
    with pytest.warns(UserWarning, match="Maximum iterations"):
        net.fit(scale(features), tags)
    report = compare_label_similarity(label_vectors(net), tags)
    true = label_cooccurrence(truth, normalize="cosine").matrix
    with_truth = np.corrcoef(report.similarity, true[report.first, report.second])
    assert with_truth[0, 1] > max(report.pearson, 0.4)
    assert (report.first[0], report.second[0]) == (0, 1)
    assert report.similarity_percentile[0] > 90
