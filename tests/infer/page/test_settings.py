from dataclasses import FrozenInstanceError, fields, replace

import pytest

from mangagan.infer.page.settings import PAGE, PageSettings


def test_equal_values_have_one_digest():
    assert PageSettings().digest == PAGE.digest and len(PAGE.digest) == 64


@pytest.mark.parametrize("group", [field.name for field in fields(PageSettings)])
def test_every_value_is_in_the_digest(group):
    settings = getattr(PAGE, group)
    for field in fields(settings):
        value = getattr(settings, field.name)
        other = (*value, 1) if isinstance(value, tuple) else value + 1
        assert replace(PAGE, **{group: replace(settings, **{field.name: other})}).digest != PAGE.digest


def test_values_cannot_be_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        PAGE.ink.black = 0.5
