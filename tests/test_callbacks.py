"""The callbacks that scikit-learn has since 1.9 see the folds."""

import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from sknoisy import LabelNoiseInjector, NoisyLabelClassifier, RefinedLabelClassifier
from sknoisy.refinement import ConfidentPruning

X, y = load_iris(return_X_y=True)
X = scale(X)
EVERY_CLASSIFIER = [
    NoisyLabelClassifier(cv=3),
    RefinedLabelClassifier(refiner=ConfidentPruning(cv=3)),
    LabelNoiseInjector(),
]
HAS_CALLBACKS = hasattr(NoisyLabelClassifier, "set_callbacks")


def test_callbacks_come_with_scikit_learn():
    version = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
    assert (version >= (1, 9)) == HAS_CALLBACKS


if HAS_CALLBACKS:
    from sklearn.callback import ProgressBar

    class Recorder:
        """A callback that writes down the names of the tasks."""

        def setup(self, estimator, context):
            self.begun, self.ended, self.open = [], [], True

        def on_fit_task_begin(self, estimator, context):
            self.begun.append((context.task_name, context.max_subtasks))

        def on_fit_task_end(self, estimator, context):
            self.ended.append((context.task_name, context.max_subtasks))

        def teardown(self, estimator, context):
            self.open = False

    FOLDS = [("out-of-fold", 3), *[("step", 0)] * 3]
    CHECK = [("checking the action", 3), *[("step", 0)] * 3]

    @pytest.mark.parametrize(
        ("clf", "tasks"),
        list(zip(EVERY_CLASSIFIER, [[FOLDS, CHECK], [FOLDS], []], strict=True)),
        ids=lambda value: type(value).__name__,
    )
    def test_callbacks_see_each_fold(clf, tasks):
        recorder = Recorder()
        clf.set_callbacks(recorder).fit(X, y)
        begun = [step for task in tasks for step in task]
        ended = [step for task in tasks for step in [*task[1:], task[0]]]
        assert recorder.begun == [("fit", None), *begun]
        assert recorder.ended == [*ended, ("fit", None)]
        assert not recorder.open

    def test_callbacks_are_closed_after_an_error():
        recorder = Recorder()
        clf = NoisyLabelClassifier(cv=3).set_callbacks(recorder)
        with pytest.raises(ValueError, match="Input X contains NaN"):
            clf.fit(X * [1, 1, 1, float("nan")], y)
        assert not recorder.open

    def test_progress_bar_shows_the_folds(capsys):
        NoisyLabelClassifier(cv=3).set_callbacks(ProgressBar()).fit(X, y)
        shown = capsys.readouterr().out
        assert "NoisyLabelClassifier - fit" in shown
        assert "out-of-fold" in shown
        assert "checking the action" in shown
        assert shown.count("100%") == 3

    def test_progress_bar_of_a_search_shows_the_folds(capsys):
        clf = RefinedLabelClassifier(LogisticRegression(), ConfidentPruning(cv=3))
        search = GridSearchCV(clf, {"estimator__C": [0.1, 1]}, cv=2)
        search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
        assert capsys.readouterr().out.count("out-of-fold") == 2 * 2 + 1
