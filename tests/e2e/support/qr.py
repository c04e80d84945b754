"""Reads the QR code that a page shows, as a phone would: from its drawing."""

import re

import zxingcpp
from playwright.sync_api import Locator

_SCALE = 4
_STROKE = re.compile(r"M\s*([\d.]+)[ ,]([\d.]+)\s*h\s*([\d.]+)")


def read_qr(code: Locator) -> str:
    """The text of the SVG inside `code`, whose path is one stroke for each run of dark modules."""
    path = code.locator("path").get_attribute("d") or ""
    side = round(float((code.locator("svg").get_attribute("viewBox") or "").split()[-1]))
    width = side * _SCALE
    picture = bytearray(b"\xff" * width * width)
    for left, middle, length in _STROKE.findall(path):
        for y in range(int(float(middle)) * _SCALE, (int(float(middle)) + 1) * _SCALE):
            start = y * width + int(float(left)) * _SCALE
            picture[start : start + int(length) * _SCALE] = bytes(int(length) * _SCALE)
    (found,) = zxingcpp.read_barcodes(memoryview(bytes(picture)).cast("B", shape=[width, width]))
    return str(found.text)
