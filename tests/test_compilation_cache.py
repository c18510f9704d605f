import platformdirs
import pytest

from mangagan.compilation_cache import keep_compiled
from mangagan.data.archive.archive import cache_folder


@pytest.fixture(params=["an error", "a path with ~"])
def homeless(request, monkeypatch):
    """A user without a home folder, as versions of platformdirs report it."""

    def no_home(_):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.delenv("MANGAGAN_CACHE")
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    found = no_home if request.param == "an error" else lambda _: "~no-such-user/.cache/mangagan"
    monkeypatch.setattr(platformdirs, "user_cache_dir", found)


def test_without_a_home_folder_the_remedy_is_named_and_nothing_is_kept(homeless, caplog):
    with pytest.raises(ValueError, match="set MANGAGAN_CACHE to a folder, or HOME"):
        cache_folder()
    keep_compiled()
    assert "compiled programs are not kept" in caplog.text
