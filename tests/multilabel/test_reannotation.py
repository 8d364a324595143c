import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sknoisy.multilabel import reannotation_sample

rng = np.random.RandomState(0)
Y = (rng.uniform(size=(500, 3)) < [0.02, 0.2, 0.6]).astype(int)


def entries_of(sample, code):
    return sample.label_code == code


@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_matrix])
def test_strata_have_the_size_asked_for(convert):
    sample = reannotation_sample(convert(Y), n_per_stratum=(30, 50), random_state=0)
    for k in range(3):
        here = entries_of(sample, k)
        n_tagged = Y[:, k].sum()
        assert sample.tagged[here].sum() == min(30, n_tagged)
        assert (~sample.tagged[here]).sum() == 50
        assert_allclose(
            sample.sampling_proba[here & ~sample.tagged], 50 / (500 - n_tagged)
        )
        assert len(np.unique(sample.row[here])) == here.sum()
    assert_array_equal(sample.tagged, Y[sample.row, sample.label_code] == 1)
    assert len(sample) == len(sample.row)


def test_weights_count_all_rows():
    sample = reannotation_sample(Y, n_per_stratum=40, random_state=0)
    for k in range(3):
        total = (1 / sample.sampling_proba[entries_of(sample, k)]).sum()
        assert total == pytest.approx(500)


def test_every_row_has_its_chance():
    counts = np.zeros(500)
    proba = np.zeros(500)
    for seed in range(400):
        sample = reannotation_sample(Y[:, 1], n_per_stratum=50, random_state=seed)
        counts[sample.row] += 1
        proba[sample.row] = sample.sampling_proba
    error = np.sqrt(proba * (1 - proba) / 400)
    assert (np.abs(counts / 400 - proba) <= 4.5 * error).all()


def test_order_does_not_tell_the_tags():
    sample = reannotation_sample(Y[:, 2], n_per_stratum=100, random_state=0)
    assert 30 < sample.tagged[:100].sum() < 70


def test_some_labels_by_name():
    frame = pd.DataFrame(Y, columns=["a", "b", "c"])
    sample = reannotation_sample(frame, labels=["c", "a"], n_per_stratum=5)
    assert sample.label[0] == "c"
    assert set(sample.label) == {"a", "c"}
    assert_array_equal(sample.label == "c", sample.label_code == 2)
    frame = sample.to_frame()
    assert list(frame.columns) == [
        "row",
        "label",
        "label_code",
        "tagged",
        "sampling_proba",
    ]


def test_labels_never_or_always_there_have_one_stratum():
    table = np.column_stack([np.zeros(50, int), np.ones(50, int)])
    sample = reannotation_sample(table, n_per_stratum=10, random_state=0)
    assert len(sample) == 20
    assert_array_equal(sample.tagged, sample.label_code == 1)
    nothing = reannotation_sample(table, n_per_stratum=0)
    assert len(nothing) == 0


def test_seeds_decide():
    first = reannotation_sample(Y, n_per_stratum=10, random_state=0)
    again = reannotation_sample(Y, n_per_stratum=10, random_state=0)
    other = reannotation_sample(Y, n_per_stratum=10, random_state=1)
    assert_array_equal(first.row, again.row)
    assert (first.row != other.row).any()


@pytest.mark.parametrize("size", [-1, 1.5, (1, 2, 3), (1, -1), "all", None])
def test_bad_sizes(size):
    with pytest.raises(ValueError, match="n_per_stratum expected an int from 0"):
        reannotation_sample(Y, n_per_stratum=size)


@pytest.mark.parametrize("labels", [["d"], [], "rock"])
def test_unknown_labels(labels):
    with pytest.raises(ValueError, match="labels expected at least one of the names"):
        reannotation_sample(Y, labels=labels)
