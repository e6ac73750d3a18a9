"""Takes the place out of a photo and leaves the picture as it is, byte for byte. Only JPEG carries one here; other files stay as they are."""

from __future__ import annotations

import io

from PIL import Image, UnidentifiedImageError

GPS = 0x8825  # the tag of the EXIF directory that tells where
EXIF, XMP = b"Exif\x00\x00", b"http://ns.adobe.com/xap/"
HEADED = range(0xE0, 0xF0)  # markers of the application segments, which hold what is not the picture
SCAN = 0xDA  # the marker after which the picture itself comes


def without_place(content: bytes) -> bytes:
    """The photo without the directory that tells where it was taken; the time, the camera and which way is up stay.

    Adobe's second copy of the same facts goes as a whole. A file that is no JPEG, or that cannot be read, is given back as it came.
    """
    if content[:2] != b"\xff\xd8":
        return content
    try:
        with Image.open(io.BytesIO(content)) as photo:
            told = photo.getexif()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return content
    if GPS in told:
        del told[GPS]
    kept, at = [content[:2]], 2
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != SCAN:
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        segment = content[at:end]
        if content[at + 1] in HEADED and segment[4:].startswith(XMP):
            segment = b""
        elif content[at + 1] in HEADED and segment[4:].startswith(EXIF):
            body = told.tobytes() if len(told) else b""
            segment = b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body if body else b""
        kept.append(segment)
        at = end
    return b"".join([*kept, content[at:]])
