"""How many work on a cluster, by what it has."""

from __future__ import annotations

import pytest

from index_data.errors import UsageError
from ingest.cluster.staff import Staff, Wishes, staff

TWO_CORES = {"CPU": 2.0}
GPUS = {"CPU": 32.0, "GPU": 8.0}


@pytest.mark.parametrize(
    ("nodes", "wishes", "expected"),
    [
        ([TWO_CORES], Wishes(), Staff(1, 1, 2, 0.0, 0)),
        ([TWO_CORES, TWO_CORES], Wishes(), Staff(2, 2, 2, 0.0, 0)),
        ([{"CPU": 64.0}, {"CPU": 0.0}], Wishes(), Staff(32, 16, 4, 0.0, 0)),
        ([TWO_CORES], Wishes(encoders=2, readers=3), Staff(3, 2, 1, 0.0, 0)),
        ([GPUS, {"CPU": 4.0}], Wishes(), Staff(28, 8, 1, 1.0, 1)),
        ([GPUS], Wishes(gpus=0.25, encoders=4), Staff(16, 4, 1, 0.25, 1)),
        ([{"CPU": 4.0, "GPU": 4.0}], Wishes(), Staff(1, 4, 1, 1.0, 0)),
    ],
    ids=["two cores", "two nodes", "many cores", "as asked", "gpus", "part of a gpu", "few cores"],
)
def test_a_cluster_gets_what_fits(nodes: list[dict[str, float]], wishes: Wishes, expected: Staff) -> None:
    assert staff(nodes, wishes, on_gpus=True) == expected


def test_gpus_are_left_alone_where_the_cpu_is_asked_for() -> None:
    assert staff([GPUS], Wishes(), on_gpus=False) == Staff(16, 8, 4, 0.0, 0)


@pytest.mark.parametrize(
    ("nodes", "wishes"),
    [
        ([TWO_CORES], Wishes(encoders=3)),
        ([TWO_CORES], Wishes(gpus=0.5)),
        ([GPUS], Wishes(gpus=0.5, encoders=17)),
        ([], Wishes()),
    ],
    ids=["cores", "no gpu", "gpus", "nothing"],
)
def test_what_does_not_fit_is_refused(nodes: list[dict[str, float]], wishes: Wishes) -> None:
    with pytest.raises(UsageError):
        staff(nodes, wishes, on_gpus=True)
