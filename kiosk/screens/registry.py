"""Which class shows which screen of the contract. A test holds that none is missing."""

from kiosk.flows.views import Screen
from kiosk.screens.frame import Frame
from kiosk.screens.staff.checklist import StaffChecklistScreen
from kiosk.screens.staff.close import StaffCloseScreen
from kiosk.screens.staff.done import StaffDoneScreen
from kiosk.screens.staff.home import StaffHomeScreen
from kiosk.screens.staff.pause import StaffPauseScreen
from kiosk.screens.staff.pin import StaffPinScreen
from kiosk.screens.staff.quorum import StaffQuorumScreen
from kiosk.screens.staff.reset import StaffResetEndedScreen, StaffResetScreen
from kiosk.screens.staff.takeover import StaffTakeoverScreen
from kiosk.screens.voter.about import AboutScreen
from kiosk.screens.voter.ballots import BallotsScreen, DeclineScreen
from kiosk.screens.voter.card import CardPulledScreen, CardTroubleScreen, ReadingScreen, TakeCardScreen
from kiosk.screens.voter.cast import CastScreen
from kiosk.screens.voter.checked import CheckedScreen
from kiosk.screens.voter.choose_check import ChooseCheckScreen
from kiosk.screens.voter.contest import ContestScreen
from kiosk.screens.voter.decide import DecideScreen
from kiosk.screens.voter.interruptions import HelpScreen, LeaveScreen, StillHereScreen
from kiosk.screens.voter.ordered_stop import OrderedStopScreen, StopNoticeScreen
from kiosk.screens.voter.review import ReviewScreen, UndecidedScreen
from kiosk.screens.voter.troubles import (
    AfterPowerScreen,
    NotStoredScreen,
    OutOfOrderScreen,
    PrinterWaitsScreen,
)
from kiosk.screens.voter.waiting import ClosedScreen, StartingScreen, WelcomeScreen
from kiosk.screens.voter.working import CastingScreen, EncryptingScreen

SCREENS: dict[Screen, type[Frame]] = {
    Screen.STARTING: StartingScreen,
    Screen.CLOSED: ClosedScreen,
    Screen.WELCOME: WelcomeScreen,
    Screen.READING: ReadingScreen,
    Screen.CARD_TROUBLE: CardTroubleScreen,
    Screen.BALLOTS: BallotsScreen,
    Screen.DECLINE: DeclineScreen,
    Screen.CONTEST: ContestScreen,
    Screen.ABOUT: AboutScreen,
    Screen.REVIEW: ReviewScreen,
    Screen.UNDECIDED: UndecidedScreen,
    Screen.ENCRYPTING: EncryptingScreen,
    Screen.DECIDE: DecideScreen,
    Screen.CHOOSE_CHECK: ChooseCheckScreen,
    Screen.CASTING: CastingScreen,
    Screen.CAST: CastScreen,
    Screen.CHECKED: CheckedScreen,
    Screen.TAKE_CARD: TakeCardScreen,
    Screen.STILL_HERE: StillHereScreen,
    Screen.CARD_PULLED: CardPulledScreen,
    Screen.PRINTER_WAITS: PrinterWaitsScreen,
    Screen.AFTER_POWER: AfterPowerScreen,
    Screen.NOT_STORED: NotStoredScreen,
    Screen.HELP: HelpScreen,
    Screen.LEAVE: LeaveScreen,
    Screen.STOP_NOTICE: StopNoticeScreen,
    Screen.ORDERED_STOP: OrderedStopScreen,
    Screen.STAFF_PIN: StaffPinScreen,
    Screen.STAFF_HOME: StaffHomeScreen,
    Screen.STAFF_CHECKLIST: StaffChecklistScreen,
    Screen.STAFF_CLOSE: StaffCloseScreen,
    Screen.STAFF_DONE: StaffDoneScreen,
    Screen.STAFF_QUORUM: StaffQuorumScreen,
    Screen.STAFF_PAUSE: StaffPauseScreen,
    Screen.STAFF_RESET: StaffResetScreen,
    Screen.STAFF_RESET_ENDED: StaffResetEndedScreen,
    Screen.STAFF_TAKEOVER: StaffTakeoverScreen,
    Screen.OUT_OF_ORDER: OutOfOrderScreen,
}
