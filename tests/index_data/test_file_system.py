from __future__ import annotations

import logging
from pathlib import Path

import pytest

from index_data import file_system as module
from index_data.errors import IndexProblem
from index_data.file_system import file_system, is_on_network, refuse_network
from index_data.index import Index
from index_data.records import Fingerprint

MOUNTS = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:21 / {0}/server rw,relatime shared:7 master:1 - nfs4 host:/export rw
31 27 0:22 / {0}/server/local rw - tmpfs tmpfs rw
32 27 0:23 / {0}/with\\040space rw - cifs //host/share rw
33 27 0:24 / {0}/twice rw - 9p share rw
34 27 0:25 / {0}/twice rw - ext4 /dev/vdb rw
35 27 0:26 / {0}/user rw - fuse.sshfs host: rw
"""


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS.format(tmp_path))
    return table


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("index", "ext4"),
        ("server", "nfs4"),
        ("server/deep/index", "nfs4"),
        ("servers", "ext4"),
        ("server/local/index", "tmpfs"),
        ("with space/index", "cifs"),
        ("twice", "ext4"),
        ("user/index", "fuse.sshfs"),
        ("server/../index", "ext4"),
    ],
)
def test_the_longest_mount_point_counts(mounts: Path, tmp_path: Path, folder: str, kind: str) -> None:
    assert file_system(tmp_path / folder, mounts) == kind


def test_a_link_leads_to_the_server(mounts: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "server")
    assert is_on_network(tmp_path / "link" / "index", mounts)


def test_where_nobody_can_tell_nothing_is_said(tmp_path: Path) -> None:
    assert file_system(tmp_path, tmp_path / "nothing") == ""
    refuse_network(tmp_path, tmp_path / "nothing")


def test_user_space_is_only_logged(mounts: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert not is_on_network(tmp_path / "user", mounts)
    assert "fuse.sshfs" in caplog.text


def test_an_index_on_a_server_is_refused_before_anything_is_made(
    mounts: Path, tmp_path: Path, fingerprint: Fingerprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOUNTS", mounts)
    folder = tmp_path / "server" / "index"
    with pytest.raises(IndexProblem, match="nfs4") as caught:
        Index.create_or_open(folder, fingerprint)
    assert "--any-file-system" in caught.value.remedy
    assert not folder.exists()


def test_whoever_insists_gets_an_index_without_a_log(
    mounts: Path, tmp_path: Path, fingerprint: Fingerprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index_data.checking import check
    from index_data.findings import Invariant
    from index_data.garbage import collect_garbage

    monkeypatch.setattr(module, "MOUNTS", mounts)
    folder = tmp_path / "server" / "index"
    with Index.create_or_open(folder, fingerprint, any_file_system=True):
        assert not (folder / "meta.sqlite3-wal").exists()
    assert [finding.invariant for finding in check(folder, full=True)] == [Invariant.LOGGED]
    collect_garbage(folder)
    monkeypatch.setattr(module, "MOUNTS", tmp_path / "nothing")
    with Index.create_or_open(folder, fingerprint):
        assert (folder / "meta.sqlite3-wal").exists()
    assert check(folder, full=True) == []
