"""The slot for media: what is in it, when it comes and goes, the simulated one and a real mount point."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.media.api import MediaEvent, MediaSilent
from drivers.media.mounted import MountedMedia
from drivers.media.simulated import media
from drivers.media.simulated.media import SimulatedMedia
from drivers.simulation.control import DeviceRefused
from drivers.simulation.start import DeviceProcess, start_device

WAIT = 10.0


@pytest.fixture
def device(tmp_path: Path) -> Iterator[DeviceProcess]:
    with start_device("drivers.media.simulated", tmp_path / "m", tmp_path / "m.s") as device:
        yield device


@pytest.fixture
def slot(device: DeviceProcess) -> Iterator[SimulatedMedia]:
    slot = SimulatedMedia(device.path)
    yield slot
    slot.close()


def test_a_medium_comes_goes_and_keeps_what_is_on_it(device: DeviceProcess, slot: SimulatedMedia) -> None:
    assert slot.look() is None
    device.control.put_in("a")
    assert slot.wait_event(WAIT) is MediaEvent.APPEARED
    first = slot.look()
    assert first is not None
    assert not first.read_only
    assert first.free_bytes > 0
    (first.folder / "kept").write_text("1")
    device.control.pull_out()
    assert slot.wait_event(WAIT) is MediaEvent.GONE
    assert slot.look() is None
    assert not first.folder.exists()
    device.control.put_in("b")
    second = slot.look()
    assert second is not None
    assert not (second.folder / "kept").exists()
    device.control.pull_out()
    device.control.put_in("a")
    again = slot.look()
    assert again is not None
    assert (again.folder / "kept").read_text() == "1"


def test_full_and_write_protected_are_told(device: DeviceProcess, slot: SimulatedMedia) -> None:
    device.control.put_in("a")
    device.control.do("fill", free_bytes=12)
    device.control.do("write_protect", on=True)
    found = slot.look()
    assert found is not None
    assert (found.free_bytes, found.read_only) == (12, True)


def test_a_slot_that_says_nothing_is_not_an_empty_one(
    device: DeviceProcess, slot: SimulatedMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.control.put_in("a")
    device.control.do("slow", seconds=60)
    monkeypatch.setattr(media, "ANSWER_SECONDS", 0.05)
    with pytest.raises(MediaSilent):
        slot.look()


def test_a_slot_without_its_cable_is_empty(device: DeviceProcess, slot: SimulatedMedia) -> None:
    device.control.put_in("a")
    assert slot.wait_event(WAIT) is MediaEvent.APPEARED
    device.control.unplug()
    assert slot.wait_event(WAIT) is MediaEvent.GONE
    assert slot.look() is None
    device.control.plug()
    assert slot.wait_event(WAIT) is MediaEvent.APPEARED


def test_hands_cannot_do_what_cannot_be_done(device: DeviceProcess) -> None:
    with pytest.raises(DeviceRefused, match="no medium"):
        device.control.pull_out()
    device.control.put_in("a")
    with pytest.raises(DeviceRefused, match="“a” is in the slot"):
        device.control.put_in("b")
    with pytest.raises(DeviceRefused):
        device.control.put_in("../outside")


# --- a real mount point ---------------------------------------------------------------------------------------


def listed(place: Path, options: str = "rw,relatime", file_system: str = "ext4") -> str:
    escaped = str(place).replace(" ", "\\040")
    return f"90 25 8:17 / {escaped} {options} shared:3 - {file_system} /dev/sdb1 rw\n"


def test_only_what_is_mounted_at_the_place_is_a_medium(tmp_path: Path) -> None:
    """An empty mount point is a folder of the primary's disk: a second copy there would be none."""
    place, mounts = tmp_path / "the medium", tmp_path / "mountinfo"
    place.mkdir()
    mounts.write_text(listed(tmp_path))
    slot = MountedMedia(place, mounts)
    assert slot.look() is None
    mounts.write_text(listed(tmp_path) + listed(place))
    found = slot.look()
    assert found is not None
    assert (found.folder, found.file_system, found.read_only) == (place, "ext4", False)
    mounts.write_text(listed(place) + listed(place, "ro,relatime", "vfat"))
    newest = slot.look()
    assert newest is not None
    assert (newest.file_system, newest.read_only) == ("vfat", True)
    slot.close()
    slot.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs the rights of root")
def test_the_kernel_tells_of_a_mount_at_once(tmp_path: Path) -> None:
    """A real mount of this machine, in memory; undone at the end."""
    place = tmp_path / "slot"
    place.mkdir()
    slot = MountedMedia(place)
    assert slot.wait_event(0.01) is None
    mounted = subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "-o", "size=64k", "none", place], check=False)
    if mounted.returncode:
        slot.close()
        pytest.skip("this machine does not let anything be mounted")
    try:
        assert slot.wait_event(WAIT) is MediaEvent.APPEARED
        found = slot.look()
        assert found is not None
        assert found.file_system == "tmpfs"
        assert 0 < found.free_bytes <= 65536
    finally:
        subprocess.run(["/usr/bin/umount", place], check=True)
    assert slot.wait_event(WAIT) is MediaEvent.GONE
    assert slot.look() is None
    slot.close()
