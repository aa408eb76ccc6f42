"""QR codes drawn so that they scan back from thermal paper: whole dots a module, a true quiet zone."""

from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode

QUIET_MODULES = 4
LEAST_DOTS = 3
MOST_DOTS = 6


class DoesNotFit(ValueError):  # noqa: N818 - says what happened, as the other refusals of layouts do
    """A content that this paper cannot carry; the words say which and what its limit is."""


def qr_modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """The modules of `text` without a quiet zone, rows from the top, True is black; error correction M.

    Raises DoesNotFit for a text that no QR code holds, or that is not ASCII (readers guess the alphabet of others).
    """
    if not text.isascii() or not text:
        raise DoesNotFit("QR code: the text must be ASCII and not empty")
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as overflow:
        raise DoesNotFit(f"QR code: {len(text)} characters are too many for any QR code") from overflow
    return tuple(tuple(bool(black) for black in row) for row in code.get_matrix())


def qr_image(text: str, width_dots: int, preferred_dots: int) -> Image.Image:
    """A one-bit picture of `text` with its quiet zone, at most `width_dots` wide.

    Modules are as large as the `preferred_dots` (of the whole picture) allow, 6 dots at most and never under 3; a
    text that needs it goes up to the full width. Raises DoesNotFit as `qr_modules` does, and for a text that does not
    fit at 3 dots a module.
    """
    matrix = qr_modules(text)
    modules = len(matrix) + 2 * QUIET_MODULES
    dots = max(LEAST_DOTS, min(MOST_DOTS, preferred_dots // modules, width_dots // modules))
    if modules * dots > width_dots:
        raise DoesNotFit(
            f"QR code: {len(text)} characters need {modules * dots} dots of width, the paper has {width_dots}"
        )
    picture = Image.new("1", (modules, modules), 255)
    for y, row in enumerate(matrix):
        for x, black in enumerate(row):
            if black:
                picture.putpixel((x + QUIET_MODULES, y + QUIET_MODULES), 0)
    return picture.resize((modules * dots, modules * dots), Image.Resampling.NEAREST)
