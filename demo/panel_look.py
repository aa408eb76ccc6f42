"""How the panel looks: the terminal's colours and letters, at a desk's reading distance."""

from kiosk.domain.settings import Theme
from kiosk.screens.theme import COLOURS, Role

GAP = 8
MARGIN = 14


def stylesheet() -> str:
    """Qt's style sheet for the panel's window."""
    colour = COLOURS[Theme.STANDARD]
    ink, quiet, line = colour[Role.INK], colour[Role.QUIET], "#ccd5de"
    primary, on_primary, chosen = colour[Role.PRIMARY], colour[Role.ON_PRIMARY], colour[Role.CHOSEN]
    return f"""
        * {{ font-family: "PT Sans"; font-size: 15px; color: {ink}; }}
        #panel, #page, #groups, QScrollArea {{ background: {colour[Role.GROUND]}; border: none; }}
        QLabel {{ background: transparent; }}
        QLabel[kind="title"] {{ font-size: 22px; font-weight: bold; }}
        QLabel[kind="quiet"] {{ color: {quiet}; font-size: 14px; }}
        QLabel[kind="small"] {{ color: {quiet}; font-size: 13px; }}
        QLabel[kind="heading"] {{ font-size: 15px; font-weight: bold; }}
        QLabel[kind="state"] {{ font-weight: bold; color: {colour[Role.DONE]}; }}
        QLabel[kind="state"][trouble="true"] {{ color: {colour[Role.STOP]}; }}
        QLabel[kind="clock"] {{ font-size: 26px; font-weight: bold; }}
        QLabel[kind="advice"] {{ font-size: 17px; }}
        QLabel[kind="stage"] {{ color: {quiet}; font-size: 14px; padding: 2px 10px; border-radius: 11px; }}
        QLabel[kind="stage"][current="true"] {{
            background: {primary}; color: {on_primary}; font-weight: bold; }}
        QLabel[kind="refused"] {{
            background: {colour[Role.ATTENTION]}; color: {colour[Role.ON_ATTENTION]};
            padding: 6px 10px; border-radius: 6px; }}
        QFrame[kind="group"] {{ background: {colour[Role.CARD]}; border: 1px solid {line}; border-radius: 8px; }}
        QFrame[kind="guide"] {{ background: {chosen}; border: 1px solid {primary}; border-radius: 8px; }}
        QFrame[kind="slot"] {{ background: {ink}; border-radius: 3px; }}
        #paper, #paper_ground {{ background: #dfe5eb; border: none; }}
        QPushButton {{
            background: {colour[Role.CARD]}; border: 1px solid {colour[Role.LINE]}; border-radius: 6px;
            padding: 5px 10px; min-height: 20px; }}
        QPushButton:hover {{ background: {chosen}; }}
        QPushButton:pressed {{ background: {line}; }}
        QPushButton:disabled {{ color: #8593a1; border-color: {line}; background: {colour[Role.GROUND]}; }}
        QPushButton:focus {{ border: 2px solid {colour[Role.FOCUS]}; padding: 4px 9px; }}
        QPushButton[kind="primary"] {{
            background: {primary}; color: {on_primary}; border: 1px solid {primary}; font-weight: bold;
            padding: 8px 16px; }}
        QPushButton[kind="primary"]:hover {{ background: #0d4793; }}
        QPushButton[kind="primary"]:focus {{ border: 2px solid {colour[Role.FOCUS]}; padding: 7px 15px; }}
        QPushButton[kind="fault"] {{ color: {colour[Role.STOP]}; }}
        QPushButton[kind="fault"]:disabled {{ color: #8593a1; }}
        QComboBox {{
            background: {colour[Role.CARD]}; border: 1px solid {colour[Role.LINE]}; border-radius: 6px;
            padding: 4px 8px; min-height: 20px; }}
        QComboBox:disabled {{ color: #8593a1; border-color: {line}; background: {colour[Role.GROUND]}; }}
        QComboBox:focus {{ border: 2px solid {colour[Role.FOCUS]}; padding: 3px 7px; }}
        QComboBox QAbstractItemView {{
            background: {colour[Role.CARD]}; selection-background-color: {chosen}; selection-color: {ink}; }}
        QComboBox::drop-down {{ border: none; width: 26px; }}
        QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
        QScrollBar::handle:vertical {{ background: {colour[Role.LINE]}; border-radius: 4px;
            min-height: 30px; margin: 1px; }}
        QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical {{ height: 0; }}
        QScrollBar::add-page:vertical, QScrollBar::sub-page:vertical {{ background: transparent; }}
        QProgressBar {{ background: {chosen}; border: none; border-radius: 3px; max-height: 6px; }}
        QProgressBar::chunk {{ background: {primary}; border-radius: 3px; }}
    """
