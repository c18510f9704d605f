"""The packages of the wheel: all of `mangagan`, and `experiments/` of the checkout as `mangagan.experiments`."""

from setuptools import find_packages, setup

setup(
    # pyproject.toml can either find packages or map folders, not both.
    packages=[*find_packages(include=["mangagan", "mangagan.*"]), "mangagan.experiments"],
    package_dir={"mangagan.experiments": "experiments"},
)
