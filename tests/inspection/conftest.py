import pytest


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg", force=True)
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")
