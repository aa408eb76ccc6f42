"""How long to wait before the next attempt: a pure function of the attempts so far and one random number."""

BASE_SECONDS = 1.0
CEILING_SECONDS = 300.0


def delay(attempts: int, random: float, base: float = BASE_SECONDS, ceiling: float = CEILING_SECONDS) -> float:
    """Seconds to wait after `attempts` failed attempts in a row (1 or more); `random` is drawn from [0, 1).

    Doubles from `base` up to `ceiling`, and takes between a half and the whole of that, so that the terminals of
    a district do not all come back in the same second after a cut.
    """
    if attempts < 1 or not 0.0 <= random <= 1.0:
        raise ValueError("attempts count from 1, random lies between 0 and 1")
    # 2 ** 64 is beyond any ceiling; more doublings would only overflow after days without a network.
    longest = min(ceiling, base * 2.0 ** min(attempts - 1, 64))
    return longest * (0.5 + random / 2)
