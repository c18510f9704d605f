"""A configuration as lines `key.path=value`: read from the command line, written to a run's folder, and compared.

A configuration is a tree of frozen dataclasses; Flax modules are dataclasses too. Its description is a flat
dictionary of the same keys that `override` takes, so that what a run wrote builds the same configuration again. A
field that holds one of several classes is named by the class (`task.generator=ResNet`), and plain values of the same
name are kept through such a change.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

import flax.linen as nn

T = TypeVar("T")
Plain = str | int | float | bool | None


def parse(arguments: Sequence[str]) -> dict[str, str]:
    """Splits `key.path=value` arguments; ValueError where there is no `=`."""
    for argument in arguments:
        if "=" not in argument:
            raise ValueError(f"{argument!r} is no override: write key.path=value, for example train.steps=500")
    return dict(argument.split("=", 1) for argument in arguments)  # type: ignore[misc]


def override(config: T, changes: Mapping[str, Any]) -> T:
    """The configuration with each `key.path` set to its value (text is read by the field's type).

    Raises ValueError that lists the valid names, or what the field takes, where one is wrong.
    """
    # A class before its fields: the fields of the new class are what the longer keys name.
    for key in sorted(changes, key=lambda key: key.count(".")):
        config = _set(config, key.split("."), changes[key], key)
    return config


def describe(config: Any, prefix: str = "") -> dict[str, Plain]:
    """The configuration as a flat dictionary `key.path -> value`; a nested dataclass is named by its class."""
    flat: dict[str, Plain] = {}
    for name in _names(config):
        value = getattr(config, name)
        if dataclasses.is_dataclass(value):
            flat |= {prefix + name: type(value).__name__} | describe(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def differences(old: Mapping[str, Plain], new: Mapping[str, Plain]) -> list[str]:
    """One line for each key whose value differs, or that only one of two descriptions has."""
    keys = sorted(old.keys() | new.keys())
    return [
        f"{key}: {old.get(key, 'absent')} -> {new.get(key, 'absent')}"
        for key in keys
        if old.get(key, "absent") != new.get(key, "absent")
    ]


def _names(config: Any) -> list[str]:
    hidden = ("parent", "name") if isinstance(config, nn.Module) else ()
    return [field.name for field in dataclasses.fields(config) if field.init and field.name not in hidden]


def _set(config: Any, path: Sequence[str], value: Any, key: str) -> Any:
    name, rest = path[0], path[1:]
    if name not in _names(config):
        raise ValueError(f"{key}: {type(config).__name__} has no {name!r}; it has {', '.join(_names(config))}")
    old = getattr(config, name)
    if rest and not dataclasses.is_dataclass(old):
        raise ValueError(f"{key}: {name!r} is a value, it has no parts")
    annotation = typing.get_type_hints(type(config))[name]
    new = _set(old, rest, value, key) if rest else _read(value, annotation, old, key)
    return config.clone(**{name: new}) if isinstance(config, nn.Module) else dataclasses.replace(config, **{name: new})


def _read(value: Any, annotation: Any, old: Any, key: str) -> Any:
    choices = typing.get_args(annotation) if _is_union(annotation) else (annotation,)
    if dataclasses.is_dataclass(old):
        return _switch(value, choices if _is_union(annotation) else (), old, key)
    text = str(value)
    for choice in choices:
        try:
            return _READERS[typing.get_origin(choice) or choice](text, choice)
        except ValueError:
            continue
    raise ValueError(f"{key}: {text!r} is not {' or '.join(map(_takes, choices))}")


def _switch(value: Any, choices: Sequence[Any], old: Any, key: str) -> Any:
    classes = {choice.__name__: choice for choice in (type(old), *choices)}
    if value not in classes:
        raise ValueError(f"{key}: {value!r} is none of {', '.join(sorted(classes))}")
    new = classes[value]
    if new is type(old):
        return old
    kept = {field.name for field in dataclasses.fields(new)} & set(_names(old))
    # Parts are not carried over: what a class's own norm or schedule is belongs to the class.
    return new(**{name: getattr(old, name) for name in kept if not dataclasses.is_dataclass(getattr(old, name))})


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _takes(choice: Any) -> str:
    if typing.get_origin(choice) is Literal:
        return "one of " + ", ".join(map(str, typing.get_args(choice)))
    return {int: "a whole number", float: "a number", bool: "true or false", type(None): "none"}.get(
        choice, str(choice)
    )


def _read_bool(text: str, _: Any) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


def _read_none(text: str, _: Any) -> None:
    if text.lower() != "none":
        raise ValueError


def _read_literal(text: str, choice: Any) -> Any:
    options = {str(option): option for option in typing.get_args(choice)}
    if text not in options:
        raise ValueError
    return options[text]


_READERS: dict[Any, Any] = {
    int: lambda text, _: int(text),
    float: lambda text, _: float(text),
    str: lambda text, _: text,
    bool: _read_bool,
    type(None): _read_none,
    Literal: _read_literal,
}
