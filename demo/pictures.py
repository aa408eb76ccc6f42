"""Takes pictures of examples on an offscreen panel, and puts them on one sheet."""

from pathlib import Path

from PIL import Image
from PySide6.QtWidgets import QApplication

from demo.gallery import Example
from kiosk.flows.contract import Handle
from kiosk.screens.resting import REST_SECONDS
from kiosk.screens.shell import Shell
from kiosk.screens.theme import PANEL_10, PANEL_15, PANEL_21, Panel

PANELS = {
    "10": PANEL_10,
    "15": PANEL_15,
    "21": PANEL_21,
    "portrait": Panel(1080, 1920, 268.1, 476.6),
}
THUMBNAIL_WIDTH = 640
COLUMNS = 4


class Photographer:
    """A shell without a person before it."""

    def __init__(self, panel: Panel) -> None:
        """Makes a QApplication if there is none."""
        instance = QApplication.instance()
        self.application = instance if isinstance(instance, QApplication) else QApplication(["gallery"])
        self.seconds = 0.0
        self.shell = Shell(
            panel, lambda _pin: Handle("pin"), lambda _event: None, windowed=True, clock=lambda: self.seconds
        )
        self.shell.show()

    def show(self, example: Example) -> None:
        """Put an example on the panel and let Qt finish."""
        self.shell.present(example.view)
        if example.dim:
            self.seconds += REST_SECONDS
            self.shell.resting.look()
        self.application.processEvents()

    def take(self, example: Example, folder: Path) -> Path:
        """Write the example's picture as PNG."""
        self.show(example)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{example.name}.png"
        if not self.shell.grab().save(str(path)):
            raise OSError(f"{path} cannot be written")
        return path

    def sheet(self, pictures: list[Path], folder: Path) -> Path:
        """All pictures, small, on one sheet."""
        thumbnails = []
        for path in pictures:
            with Image.open(path) as picture:
                height = round(picture.height * THUMBNAIL_WIDTH / picture.width)
                thumbnails.append(picture.convert("RGB").resize((THUMBNAIL_WIDTH, height)))
        gap = 12
        rows = -(-len(thumbnails) // COLUMNS)
        tall = max(thumbnail.height for thumbnail in thumbnails)
        sheet = Image.new("RGB", (COLUMNS * (THUMBNAIL_WIDTH + gap) + gap, rows * (tall + gap) + gap), "#808890")
        for index, thumbnail in enumerate(thumbnails):
            row, column = divmod(index, COLUMNS)
            sheet.paste(thumbnail, (gap + column * (THUMBNAIL_WIDTH + gap), gap + row * (tall + gap)))
        path = folder / "sheet.png"
        sheet.save(path)
        return path
