"""The test print: shows that the whole width, the letters and the QR codes of this printer are readable."""

from dataclasses import dataclass

from kiosk.domain.words import message, plain
from kiosk.papers.frame import Origin, finished, head
from kiosk.papers.layout import SMALL, STRONG, Say, Strip
from kiosk.papers.paper_image import PaperImage, Roll

LETTERS = (
    "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ абвгдеёжзийклмнопрстуфхцчшщъыьэюя "
    "ӘәҖҗӨөҮүҢңҺһ ҔҕҤҥӀӐӑӖӗҪҫӲӳ ӒӓӔӕӜӝӞӟӢӣӤӥӦӧӪӫӮӯӰӱӴӵӸӹ ҒғҚқҠҡҘҙ 0123456789"
)
"""Letters of the languages of Russia: a missing one would print as an empty box."""


@dataclass(frozen=True, slots=True)
class TestPrint:
    """`printer` is the name of the printer as staff know it."""

    __test__ = False  # the name is the paper's; it is no test of pytest's
    origin: Origin
    printer: str


def draw(content: TestPrint, roll: Roll, say: Say) -> PaperImage:
    """A line across the whole width, all letters, a code and a QR code."""
    strip = Strip(roll, say)
    head(strip, content.origin)
    strip.title(message("paper.test_print.title"))
    strip.pair(message("paper.test_print.printer"), plain(content.printer))
    strip.rule(heavy=True)
    strip.paragraph(plain(LETTERS), STRONG)
    strip.paragraph(plain(LETTERS), SMALL)
    strip.code(["0123", "4567", "89AB", "CDEF"])
    strip.band(message("paper.test_print.band"))
    strip.space(1)
    strip.qr("TEST PRINT 0123456789", message("paper.test_print.scan"))
    return finished(strip, "test-print", content.origin)
