"""Restore the file of one picture, outside of any volume."""

from __future__ import annotations

from mangagan.images.atomic import write_atomically
from mangagan.images.encode import Quality
from mangagan.images.limits import Limits
from mangagan.infer.restore.picture_jobs import PictureJob
from mangagan.infer.volume.page_stages import Keep, PageInput, VolumeProcessor


def restore_file(processor: VolumeProcessor, job: PictureJob) -> str | None:
    """Restore a picture, write its result, and return a remark on it if there is one.

    Args:
        processor: A restorer that has begun a volume without a title.
        job: The picture's file and that of the result; missing folders are made.

    Raises:
        UnusableFile: The picture cannot be decoded, or its hole is not known.
        OSError: A file cannot be read or written.
    """
    data = job.source.read_bytes()
    pixels, picture = processor.decode(data, Limits(), Quality())
    result = processor.process(PageInput("", job.inside, pixels, picture))
    job.target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(result, Keep):
        write_atomically(job.target, data)
        return "had no hole: copied as they are"
    write_atomically(job.target, processor.encode(result, picture))
    return None if picture.lossless else f"{picture.format}: encoded anew, at a high quality"
