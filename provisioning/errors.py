"""What keeps an election from being made; each is told to the person at the keyboard, with what to change."""


class ProvisioningError(Exception):
    """Nothing was made. The text says why and what to do."""


class SourceError(ProvisioningError):
    """The source file says something that cannot be."""

    def __init__(self, file: str, where: str, what: str) -> None:
        super().__init__(f"{file}: {where}: {what}" if where else f"{file}: {what}")
        self.where = where
        self.what = what
