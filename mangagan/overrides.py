"""A configuration as lines `key.path=value`: read from the command line, written to a run's folder, and compared.

A configuration is a tree of frozen dataclasses; Flax modules are dataclasses, too. Its description is a flat
dictionary of the same keys that `override` takes, so that the description of a run builds the same configuration
again. A field that holds one of several classes is named by the class (`task.generator=ResNet`; a class of a user's
own file by FILE.py:CLASS), and plain values of the same name survive such a change.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

import flax.linen as nn

from mangagan.renames import renamed
from mangagan.user_code import is_reference, reference, resolve

T = TypeVar("T")
Plain = str | int | float | bool | None


def parse(arguments: Sequence[str]) -> dict[str, str]:
    """Split `key.path=value` arguments into a dictionary.

    Raises:
        ValueError: An argument has no `=`.
    """
    for argument in arguments:
        if "=" not in argument:
            raise ValueError(f"{argument!r} is no override: write key.path=value, for example train.steps=500")
    return dict(argument.split("=", 1) for argument in arguments)  # type: ignore[misc]


def override(config: T, changes: Mapping[str, Any]) -> T:
    """Return the configuration with each `key.path` set to its value.

    Args:
        config: A frozen dataclass, for example an `Experiment`.
        changes: Values by their keys; text is read by the type of the field. Former names are read as the present
            ones (see `mangagan.renames`).

    Raises:
        ValueError: A key or a value is wrong; the message lists the valid names, or what the field takes.
    """
    changes = renamed(changes)
    # A class before its fields: the longer keys name the fields of the new class.
    for key in sorted(changes, key=lambda key: key.count(".")):
        config = _set(config, key.split("."), changes[key], key)
    return config


def describe(config: Any, prefix: str = "") -> dict[str, Plain]:
    """Return the configuration as a flat dictionary `key.path -> value`.

    Args:
        config: A frozen dataclass.
        prefix: What the keys begin with.

    Returns:
        Plain values; a nested dataclass is named by its class.
    """
    flat: dict[str, Plain] = {}
    for name in _names(config):
        value = getattr(config, name)
        if dataclasses.is_dataclass(value):
            flat |= {prefix + name: _class_name(type(value))} | describe(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def differences(old: Mapping[str, Plain], new: Mapping[str, Plain]) -> list[str]:
    """Return one line for each key whose value differs, or that only one of two descriptions has."""
    keys = sorted(old.keys() | new.keys())
    return [
        f"{key}: {old.get(key, 'absent')} -> {new.get(key, 'absent')}"
        for key in keys
        if old.get(key, "absent") != new.get(key, "absent")
    ]


def _names(config: Any) -> list[str]:
    hidden = ("parent", "name") if isinstance(config, nn.Module) else ()
    return [field.name for field in dataclasses.fields(config) if field.init and field.name not in hidden]


def _class_name(cls: Any) -> str:
    return reference(cls) or cls.__name__


def _set(config: Any, path: Sequence[str], value: Any, key: str) -> Any:
    name, rest = path[0], path[1:]
    if name not in _names(config):
        known = ", ".join(_names(config))
        raise ValueError(f"{_short(key)}: {type(config).__name__} has no {_short(repr(name))}; it has {known}")
    old = getattr(config, name)
    if rest and not dataclasses.is_dataclass(old):
        raise ValueError(f"{_short(key)}: {name!r} is a value, it has no parts")
    annotation = typing.get_type_hints(type(config))[name]
    new = _set(old, rest, value, key) if rest else _read(value, annotation, old, key)
    return config.clone(**{name: new}) if isinstance(config, nn.Module) else dataclasses.replace(config, **{name: new})


def _read(value: Any, annotation: Any, old: Any, key: str) -> Any:
    choices = typing.get_args(annotation) if _is_union(annotation) else (annotation,)
    if dataclasses.is_dataclass(old):
        # A field of one class takes that class and those derived from it (`Experiment.task`: every task).
        return _switch(value, choices if _is_union(annotation) else [*_derived(annotation)], old, key)
    text = str(value)
    for choice in choices:
        try:
            return _READERS[typing.get_origin(choice) or choice](text, choice)
        except ValueError:
            continue
    raise ValueError(f"{key}: {_short(repr(text))} is not {' or '.join(map(_takes, choices))}")


def _short(text: str) -> str:
    """Return a text of a file as a message can show it."""
    return text if len(text) <= 100 else f"{text[:100]}..."


def _derived(cls: Any) -> Iterator[Any]:
    yield cls
    subclasses: list[Any] = cls.__subclasses__() if isinstance(cls, type) else []
    for subclass in subclasses:
        yield from _derived(subclass)


def _switch(value: Any, choices: Sequence[Any], old: Any, key: str) -> Any:
    classes = {_class_name(choice): choice for choice in (type(old), *choices)}
    new = resolve(value) if is_reference(value) else classes.get(value)
    if new is None:
        raise ValueError(f"{key}: {_short(repr(value))} is none of {', '.join(sorted(classes))}")
    if new is type(old):
        return old
    kept = {field.name for field in dataclasses.fields(new)} & set(_names(old))
    # Parts are not carried over: a class has a norm or a schedule of its own.
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
