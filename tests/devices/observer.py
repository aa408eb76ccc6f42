"""What an observer makes of a terminal's acts: the verifier's own code over the files that lie there."""

import contextlib
import io
from dataclasses import dataclass

from kiosk.effects.journal_file import exported
from protocol.documents.acts import Act, OpenedAct, open_act
from protocol.documents.certificates import MEMBERS, fingerprint
from protocol.documents.dsse import Trust
from protocol.documents.opening import OpenedStatement
from protocol.verifier import main as verify
from tests.devices.terminal_setting import PollingPlace


@dataclass(frozen=True)
class Observed:
    """An act that goes with its journal, its root and its package, and what the verifier says of it."""

    opened: OpenedAct
    said: str

    @property
    def act(self) -> Act:
        """What it says."""
        return self.opened.act

    @property
    def quorum(self) -> OpenedStatement:
        """What the cards of the quorum signed."""
        assert self.opened.statement is not None
        return self.opened.statement

    @property
    def roles(self) -> set[str]:
        """The roles, among the act's members, of those whose cards were the quorum."""
        roles = {member.card: member.role for member in self.act.members}
        return {roles[fingerprint(one.certificate)] for one in self.quorum.members}


def observed(place: PollingPlace) -> dict[str, Observed]:
    """The acts of the terminal that is switched on, by their kind, each verified with the journal as it is now."""
    election = place.folder / "e"
    journal = place.folder / "observed.json"
    journal.write_bytes(place.store(lambda store: exported(store, place.clock())))
    trust = Trust(place.opened.root, MEMBERS, place.clock())
    found: dict[str, Observed] = {}
    for path in (election / "terminals" / place.terminal / "acts").iterdir():
        arguments = ["--journal", journal, "--act", path, "--root", election / "root.pem"]
        arguments += ["--package", election / "package" / "package.dsse.json"]
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            right = verify([str(one) for one in arguments])
        assert right == 0, said.getvalue()
        opened = open_act(path.read_bytes(), trust)
        found[opened.act.kind] = Observed(opened, said.getvalue())
    return found
