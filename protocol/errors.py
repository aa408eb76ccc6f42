"""The errors of the protocol: each says where the fault is and what it is, and never holds a secret."""


class ProtocolError(Exception):
    """A fault in something that another machine made, or in what we were asked to make.

    `where` names the thing ("ballot", "entry 12 (…)"), `what` says what is wrong with it.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where, what)
        self.where = where
        self.what = what

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Malformed(ProtocolError):  # noqa: N818 - reads as a verdict where it is raised
    """The input has the wrong shape: not canonical, an unknown field, a number out of range, too long."""


class Refused(ProtocolError):  # noqa: N818 - reads as a verdict where it is raised
    """The input is well formed but false: a proof that does not hold, a hash of something else."""
