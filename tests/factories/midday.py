"""An election that is held right now, for programs that look at the machine's own clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from provisioning.source import ElectionSource, moved_to


def held_now(source: ElectionSource, now: datetime) -> ElectionSource:
    """The same election with its first day today, in places where it is noon: no test meets a midnight of theirs.

    `now` is in UTC.
    """
    zone = f"Etc/GMT{now.hour - 12:+d}"
    places = tuple(msgspec.structs.replace(place, time_zone=zone) for place in source.places)
    return moved_to(msgspec.structs.replace(source, places=places), now.astimezone(ZoneInfo(zone)).date())
