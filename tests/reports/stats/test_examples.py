"""The examples in the docstrings print what they say."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import lawful.reports.stats as package

MODULES = [f"{package.__name__}.{one.name}" for one in pkgutil.iter_modules(package.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for example in finder.find(module, name, globs={**vars(module), "np": np}):
        runner.run(example)
    assert runner.summarize(verbose=False).failed == 0


def test_the_package_is_not_empty() -> None:
    assert len(MODULES) > 10
