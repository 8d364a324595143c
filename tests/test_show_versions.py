"""The report of versions names what is installed, and what is not."""

import sklearn

import sknoisy
from sknoisy import _show_versions


def test_it_names_the_installed_versions(capsys):
    sknoisy.show_versions()
    printed = capsys.readouterr().out
    assert f"  scikit-learn: {sklearn.__version__}\n" in printed
    assert (
        printed.index("System") < printed.index("Required") < printed.index("Optional")
    )


def test_a_library_that_is_missing_is_named_as_such(capsys, monkeypatch):
    monkeypatch.setattr(_show_versions, "OPTIONAL", ["no-such-library"])
    sknoisy.show_versions()
    assert "  no-such-library: not installed\n" in capsys.readouterr().out
