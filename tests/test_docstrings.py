"""Every public name is documented in full, in numpydoc's sections."""

import ast
import importlib
import inspect
import pkgutil
from importlib.util import find_spec

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc
from numpydoc.validate import validate
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

import sknoisy

# What numpydoc is asked to judge; numpydoc.validate.ERROR_MSGS says what each code is.
SECTIONS = {"GL05", "GL06", "GL07", "GL08", "GL10"}
SUMMARY = {"SS01", "SS02", "SS03", "SS04", "SS06"}
PARAMETERS = {"PR01", "PR02", "PR03", "PR04", "PR05", "PR07", "PR09", "PR10"}
RETURNS = {"RT01", "RT03", "RT05", "YD01"}
BASE_CHECKS = SECTIONS | SUMMARY
METHOD_CHECKS = BASE_CHECKS | PARAMETERS | RETURNS
CHECKS = METHOD_CHECKS | {"EX01"}


# The command line, and the hooks between our own estimators: nobody imports from them.
INNER = {"cli", "evidence"}


def public_objects():
    """Return {full name: class or function} of every ``__all__``, each object once."""
    found = {}
    for module in [sknoisy, *public_modules(sknoisy)]:
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value) and value not in found.values():
                found[f"{module.__name__}.{name}"] = value
    return found


def public_modules(package):
    """Return the rooms of a package."""
    names = [info.name for info in pkgutil.iter_modules(package.__path__)]
    names = [name for name in names if not name.startswith("_") and name not in INNER]
    names = [name for name in names if name != "deep" or find_spec("skorch")]
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def public_methods(full_name, cls):
    """Return the full names of the public methods that the package itself defines."""
    hooks = hooks_of_skorch(cls)
    return [
        f"{full_name}.{name}"
        for name, member in inspect.getmembers(cls, callable)
        if not name.startswith("_")
        and name not in hooks
        and str(getattr(member, "__module__", "")).startswith("sknoisy")
    ]


# What a user calls on a net of skorch. The rest of its methods are called by skorch.
CALLED = {"fit", "partial_fit", "predict", "predict_proba", "transform", "score"}


def hooks_of_skorch(cls):
    """Return the methods of a net that skorch calls, and documents in full."""
    skorch = [c for c in cls.__mro__ if c.__module__.startswith("skorch.")]
    return {name for c in skorch for name in vars(c)} - CALLED


def numpydoc_complaints(full_name, checks):
    """Return what numpydoc finds wrong, among the chosen checks."""
    errors = validate(full_name)["errors"]
    return [f"{full_name}: {text}" for code, text in errors if code in checks]


def default_complaints(value):
    """Return the parameters whose documented default is not the default."""
    doc = ClassDoc(value) if inspect.isclass(value) else FunctionDoc(value)
    described = {p.name: p.type for p in doc["Parameters"] + doc["Other Parameters"]}
    complaints = []
    for name, parameter in inspect.signature(value).parameters.items():
        default, text = parameter.default, described.get(name, "")
        if default is parameter.empty:
            right = "default=" not in text
        else:
            right = means(text.partition("default=")[2], default)
        if not right:
            complaints.append(f"{name} : {text}, but the signature has {parameter}")
    return complaints


def means(text, value):
    """Whether a text is one way to write a value, such as 1e-3 for 0.001."""
    if inspect.isclass(value):
        return text.rpartition(".")[2] == value.__name__
    try:
        return ast.literal_eval(text) == value
    except (SyntaxError, ValueError):
        return text == repr(value)


def attribute_complaints(estimator):
    """Return the fitted attributes that the class docstring does not name."""
    described = {
        attribute.name for attribute in ClassDoc(type(estimator))["Attributes"]
    }
    fitted = {name for name in vars(estimator) if name.endswith("_")}
    fitted = {name for name in fitted if not name.startswith("_")}
    return sorted(fitted - described - attributes_of_skorch(estimator))


def attributes_of_skorch(estimator):
    """Return the attributes that a net of skorch has for skorch's own use."""
    if not hasattr(estimator, "module_"):
        return set()
    import skorch

    plain = skorch.NeuralNetClassifier(estimator.module_).initialize()
    plain.check_data(None, np.zeros(1))
    return set(vars(plain)) | {"init_context_"}


def is_base(value):
    """Whether nobody makes one: a base waits to be filled in, an error to be seen."""
    return inspect.isabstract(value) or (
        inspect.isclass(value) and issubclass(value, BaseException)
    )


OBJECTS = public_objects()
BASES = sorted(name for name, value in OBJECTS.items() if is_base(value))
NAMES = sorted(set(OBJECTS) - set(BASES))
# Their own tests look at their attributes: they take sequences, or answers.
ELSEWHERE = {
    "sknoisy.annotators.DawidSkene",
    "sknoisy.deep.SequenceNet",
    "sknoisy.sequence.WeakSequenceLocalizer",
}
ESTIMATORS = [name for name in NAMES if hasattr(OBJECTS[name], "fit")]
ESTIMATORS = [name for name in ESTIMATORS if name not in ELSEWHERE]
METHODS = sorted(
    method
    for full_name, value in OBJECTS.items()
    if inspect.isclass(value)
    for method in public_methods(full_name, value)
)


@pytest.mark.parametrize("full_name", NAMES)
def test_name_is_documented(full_name):
    complaints = numpydoc_complaints(full_name, CHECKS)
    assert not complaints, "\n" + "\n".join(complaints)


@pytest.mark.parametrize("full_name", BASES)
def test_base_says_what_it_is(full_name):
    complaints = numpydoc_complaints(full_name, BASE_CHECKS)
    assert not complaints, "\n" + "\n".join(complaints)


@pytest.mark.parametrize("full_name", METHODS)
def test_method_is_documented(full_name):
    complaints = numpydoc_complaints(full_name, METHOD_CHECKS)
    assert not complaints, "\n" + "\n".join(complaints)


@pytest.mark.parametrize("full_name", NAMES)
def test_documented_defaults_are_the_defaults(full_name):
    complaints = default_complaints(OBJECTS[full_name])
    assert not complaints, "\n" + "\n".join(complaints)


@pytest.mark.filterwarnings("ignore:.* found no trusted label")
@pytest.mark.parametrize("full_name", ESTIMATORS)
def test_fitted_attributes_are_documented(full_name):
    X, y = load_iris(return_X_y=True)
    y = np.where(np.arange(len(y)) % 10 == 0, (y + 1) % 3, y)
    estimator = OBJECTS[full_name]().fit(scale(X), y)
    assert attribute_complaints(estimator) == []


def sloppy(a, b=1, *, c="x"):
    """Return something.

    Parameters
    ----------
    a : int, default=3
        First.

    b : int, default=2
        Second.

    c : str, default="x"
        Third.
    """
    return a, b, c


def test_numpydoc_complaints_are_seen():
    complaints = numpydoc_complaints(f"{__name__}.sloppy", CHECKS)
    assert any("No Returns section" in text for text in complaints)
    assert any("No examples section" in text for text in complaints)


def test_wrong_defaults_are_seen():
    complaints = default_complaints(sloppy)
    assert [text.split(" : ")[0] for text in complaints] == ["a", "b"]


def test_undocumented_attributes_are_seen():
    class Sloppy(BaseEstimator):
        """Summary.

        Attributes
        ----------
        named_ : int
            Named.
        """

    estimator = Sloppy()
    estimator.named_ = estimator.forgotten_ = 1
    assert attribute_complaints(estimator) == ["forgotten_"]


def test_every_kind_of_name_is_found():
    assert "sknoisy.noise.UniformNoise" in OBJECTS
    assert METHODS
    assert ESTIMATORS
