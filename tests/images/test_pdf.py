from __future__ import annotations

import io
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image

from mangagan.images import pdf
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.open_volume import open_volume

pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed (pip install -e '.[pdf]')")


@pytest.fixture
def document(tmp_path):
    pages = [Image.fromarray(np.full((90, 60), 40 * n, np.uint8)) for n in range(1, 4)]
    pages[0].save(tmp_path / "b.pdf", save_all=True, append_images=pages[1:], resolution=100)
    return tmp_path / "b.pdf"


def test_pages_have_the_pixels_of_their_pictures(document):
    with open_volume(document)(Limits()) as volume:
        assert [member.name for member in volume.members] == ["001.png", "002.png", "003.png"]
        for number, member in enumerate(volume.members, 1):
            data = member.load()
            assert data == member.load()
            page = Image.open(io.BytesIO(data))
            assert page.size == (60, 90) and abs(int(np.asarray(page).mean()) - 40 * number) <= 3
            assert round(page.info["dpi"][0]) == 100


def test_pages_without_a_picture_are_drawn_at_the_default(tmp_path):
    import pypdfium2

    made = pypdfium2.PdfDocument.new()
    made.new_page(72, 144)
    made.save(tmp_path / "b.pdf")
    with open_volume(tmp_path / "b.pdf")(Limits()) as volume:
        assert Image.open(io.BytesIO(volume.members[0].load())).size == (200, 400)
    # A page of a PDF has no size of its own: it is drawn as large as it may be.
    with open_volume(tmp_path / "b.pdf")(Limits(pixels=1000)) as volume:
        width, height = Image.open(io.BytesIO(volume.members[0].load())).size
        assert 800 < width * height <= 1000 and abs(height / width - 2) < 0.1


def test_hostile_documents(document):
    with (
        pytest.raises(UnusableFile, match="3 pages, more than the limit of 2"),
        open_volume(document)(Limits(members=2)),
    ):
        pass
    document.write_bytes(b"%PDF-1.4\n" + b"nonsense " * 100)
    with pytest.raises(UnusableFile, match="not a readable PDF"), open_volume(document)(Limits()):
        pass


def written(file, content: bytes, resources: bytes = b"", objects: tuple[bytes, ...] = (), box=(216, 305)):
    """Write a PDF of one page with this content, these resources, and further objects from number 5."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R/Resources<<%s>>>>" % (*box, resources)
    stream = b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)
    parts = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream, *objects]
    data, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(data))
        data += b"%d 0 obj%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(parts) + 1,
        table,
        len(parts) + 1,
        len(data),
    )
    file.write_bytes(data)
    return file


def image(width, height):
    pixels = bytes(width * height)
    return (
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d>>"
        % (
            width,
            height,
            len(pixels),
        )
        + b"stream\n%s\nendstream" % pixels
    )


def size_of(file, **limits):
    with open_volume(file)(Limits(**limits)) as volume:
        return Image.open(io.BytesIO(volume.members[0].load())).size


SIZE = (432, 610)  # of 216 x 305 points at 144 dots per inch


def test_a_page_has_the_resolution_of_its_pictures_in_strips_layers_and_forms(tmp_path):
    whole = b"q 216 0 0 305 0 0 cm /I Do Q"
    strips = b"".join(b"q 216 0 0 30.5 0 %.1f cm /I Do Q " % (30.5 * n) for n in range(10))
    layers = b"q 216 0 0 305 0 0 cm /J Do Q q 216 0 0 305 0 0 cm /I Do Q"
    rotated = b"q 0 305 -216 0 216 0 cm /I Do Q"
    logo = b"q 216 0 0 305 0 0 cm /I Do Q q 9 0 0 9 0 0 cm /J Do Q"
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 108 152.5]/Resources<</XObject<</I 6 0 R>>>>/Length 32>>stream\n"
    form += b"q 108 0 0 152.5 0 0 cm /I Do Q  \nendstream"
    xobjects = b"/XObject<</I 5 0 R/J 6 0 R>>"
    for name, content, objects in (
        ("whole", whole, (image(432, 610), image(9, 9))),
        ("strips", strips, (image(432, 61), image(9, 9))),
        ("layers", layers, (image(432, 610), image(72, 101))),
        ("rotated", rotated, (image(610, 432), image(9, 9))),
        ("logo", logo, (image(432, 610), image(99, 99))),
        ("form", b"q 2 0 0 2 0 0 cm /I Do Q", (form, image(432, 610))),
    ):
        assert size_of(written(tmp_path / f"{name}.pdf", content, xobjects, objects)) == SIZE, name
    small = written(tmp_path / "small.pdf", b"q 50 0 0 50 0 0 cm /I Do Q", xobjects, (image(432, 610), image(9, 9)))
    assert size_of(small) == (600, 848)


def test_a_double_page_of_too_many_pixels_is_drawn_as_large_as_it_may_be(tmp_path):
    file = written(tmp_path / "b.pdf", b"q 400 0 0 200 0 0 cm /I Do Q", b"/XObject<</I 5 0 R>>", (image(800, 400),),
                   box=(400, 200))  # fmt: skip
    assert size_of(file) == (800, 400)
    width, height = size_of(file, pixels=100_000)
    assert 97_000 < width * height <= 100_000 and width / height == pytest.approx(2, abs=0.01)


def test_a_page_says_that_it_is_drawn_smaller_than_its_pictures(tmp_path):
    rotated = b"q 0 200 -400 0 400 0 cm /I Do Q"
    for content, pictures, limit, remark in (
        (b"q 400 0 0 200 0 0 cm /I Do Q", image(800, 400), 100_000, "drawn at 446 x 223: its pictures have 800 x 400"),
        (rotated, image(400, 800), 100_000, "drawn at 446 x 223: its pictures have 800 x 400"),
        (b"q 400 0 0 200 0 0 cm /I Do Q", image(800, 400), 320_801, ""),
        (b"q 40 0 0 20 0 0 cm /I Do Q", image(800, 400), 100_000, ""),  # no picture of a page
        (b"", image(1, 1), 100_000, ""),
    ):
        file = written(tmp_path / "b.pdf", content, b"/XObject<</I 5 0 R>>", (pictures,), box=(400, 200))
        with open_volume(file)(Limits(pixels=limit)) as volume:
            (page,) = volume.members
            assert page.remark() == ""
            width, height = Image.open(io.BytesIO(page.load())).size
            assert page.remark() == remark
            assert not remark or remark.startswith(f"drawn at {width} x {height}:")


def test_a_page_of_extreme_sides_is_refused(tmp_path):
    with pytest.raises(UnusableFile, match="is no page: one side is over 50 times the other"):
        size_of(written(tmp_path / "b.pdf", b"", box=(4, 14400)))


@pytest.fixture
def endless(tmp_path):
    """A page whose pattern of tiny steps takes minutes to draw."""
    pattern = b"<</Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9000 9000]/XStep .01/YStep .01"
    pattern += b"/Resources<<>>/Length 18>>stream\n0 0 9000 9000 re f\nendstream"
    content = b"/Pattern cs /P scn 0 0 216 305 re f"
    return written(tmp_path / "b.pdf", content, b"/Pattern<</P 5 0 R>>", (pattern,))


@pytest.mark.skipif(sys.platform == "win32", reason="processor time is bounded on POSIX alone")
def test_a_page_that_never_ends_is_given_up(endless, monkeypatch):
    monkeypatch.setattr(pdf, "_SECONDS", 1)
    start = time.monotonic()
    with open_volume(endless)(Limits()) as volume:
        (page,) = volume.members
        for _ in range(2):
            with pytest.raises(UnusableFile, match="takes too long or too much memory to draw"):
                page.load()
        monkeypatch.setattr(pdf, "_MOST_KILLED", 2)
        with pytest.raises(UnusableFile, match="is not drawn: 2 pages before it took too long"):
            page.load()
    assert time.monotonic() - start < 20


def test_heavy_pages_far_from_each_other_cost_no_other_page(document, monkeypatch):
    with open_volume(document)(Limits()) as volume:
        drawer = volume.members[0].load.func.__self__
        monkeypatch.setattr(pdf, "_MOST_KILLED_IN_ALL", 4)

        def lose():
            # As the system ends a process that has used up its limits, while it draws.
            drawer._process.kill()
            drawer._process.wait()
            with pytest.raises(UnusableFile, match="takes too long or too much memory to draw"):
                volume.members[1].load()

        for _ in range(4):
            assert volume.members[0].load()
            lose()
        with pytest.raises(UnusableFile, match="is not drawn: 4 pages before it took too long"):
            volume.members[2].load()


def test_drawing_can_be_stopped(endless):
    with open_volume(endless)(Limits()) as volume:
        timer = threading.Timer(0.5, volume.abort)
        timer.start()
        start = time.monotonic()
        with pytest.raises(UnusableFile):
            volume.members[0].load()
        assert time.monotonic() - start < 5


def test_memory_is_bounded(document, monkeypatch):
    monkeypatch.setattr(pdf, "_MEMORY", 150_000_000)
    with open_volume(document)(Limits()) as volume:
        assert volume.members[0].load()
    large = written(document, b"q 216 0 0 305 0 0 cm /I Do Q", b"/XObject<</I 5 0 R>>", (image(5000, 7000),))
    with open_volume(large)(Limits()) as volume:
        with pytest.raises(UnusableFile, match="memory|cannot be rendered"):
            volume.members[0].load()


def test_no_module_of_the_current_folder_is_run(document, tmp_path, monkeypatch):
    for module in ("json", "numpy", "PIL", "pypdfium2", "mangagan"):
        (tmp_path / f"{module}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'a')")
    monkeypatch.chdir(tmp_path)
    # As for a command: its first place is the folder of the script.
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place not in ("", str(tmp_path))])
    with open_volume(document)(Limits()) as volume:
        assert volume.members[0].load()
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="processor time is bounded on POSIX alone")
def test_the_reason_tells_time_from_memory(endless, monkeypatch):
    monkeypatch.setattr(pdf, "_SECONDS", 1)
    with (
        pytest.raises(UnusableFile, match="to draw: more than 1 seconds of the processor"),
        open_volume(endless)(Limits()) as volume,
    ):
        volume.members[0].load()
    monkeypatch.setattr(pdf, "_MEMORY", 10_000_000)
    with pytest.raises(UnusableFile, match="memory|cannot be loaded"), open_volume(endless)(Limits()):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of processes")
def test_lower_limits_of_the_user_stay(tmp_path):
    code = """if True:
        import resource
        from mangagan.images.child_limits import limit_memory, limit_seconds
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        resource.setrlimit(resource.RLIMIT_DATA, (10**9, 10**9))
        limit_seconds(8), limit_memory(2 * 10**9)
        first = resource.getrlimit(resource.RLIMIT_CPU)
        limit_seconds(100)
        names = resource.RLIMIT_CPU, resource.RLIMIT_DATA, resource.RLIMIT_CORE
        print(first[0] <= 10, *map(resource.getrlimit, names))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True (60, 60) (1000000000, 1000000000) (0, 0)\n"


def test_threads_that_wait_are_told_of_a_stop(endless):
    reasons = []

    def load(page):
        with pytest.raises(UnusableFile) as error:
            page.load()
        reasons.append(str(error.value))

    with open_volume(endless)(Limits()) as volume:
        threads = [threading.Thread(target=load, args=volume.members) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        volume.abort()
        for thread in threads:
            thread.join(10)
    assert reasons == ["is not drawn: the run was stopped"] * 3


def test_an_encrypted_document_says_what_to_do(tmp_path):
    file = written(tmp_path / "b.pdf", b"")
    keys = b"<</Filter/Standard/V 2/R 3/Length 128/P -44/O<%s>/U<%s>>>" % (b"ab" * 32, b"cd" * 32)
    trailer = b"trailer<</ID[<%s><%s>]/Encrypt %s" % (b"0" * 32, b"0" * 32, keys)
    file.write_bytes(file.read_bytes().replace(b"trailer<<", trailer))
    with pytest.raises(UnusableFile, match="an encrypted PDF file: save it without"), open_volume(file)(Limits()):
        pass


def test_boxes_of_any_size_keep_to_the_limit(tmp_path):
    with pytest.raises(UnusableFile, match="69.4 megapixels"):
        size_of(written(tmp_path / "b.pdf", b"", box=(600_000, 600_000)))
    with pytest.raises(UnusableFile, match="more than 100 megapixels"):
        size_of(written(tmp_path / "b.pdf", b"", box=(20_000_000, 20_000_000)))
    width, height = size_of(written(tmp_path / "b.pdf", b"", box=(6000, 6000)), pixels=100_000)
    assert 95_000 < width * height <= 100_000
