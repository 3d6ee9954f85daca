from __future__ import annotations

from index_data.cluster.postgres_statements import translated


def test_places_become_those_of_psycopg() -> None:
    asked = translated("SELECT a FROM t WHERE b = ? AND c BETWEEN ? AND ? LIMIT ?")
    assert asked.text == b"SELECT a FROM t WHERE b = %s AND c BETWEEN %s AND %s LIMIT %s"
    assert asked.parameters((1, 2, 3, 4)) == (1, 2, 3, 4)
    named = translated("UPDATE t SET a = CASE WHEN a = :old THEN :a ELSE a END WHERE b::bigint = :b_1")
    assert named.text == (
        b"UPDATE t SET a = CASE WHEN a = %(old)s THEN %(a)s ELSE a END WHERE b::bigint = %(b_1)s"
    )
    assert named.parameters({"old": 1, "a": 2, "b_1": 3}) == {"old": 1, "a": 2, "b_1": 3}


def test_lists_become_arrays() -> None:
    asked = translated(
        "SELECT a FROM t WHERE a IN (SELECT value FROM json_each(?)) AND b > ?"
        " AND c NOT IN (SELECT value FROM json_each(?))"
    )
    assert asked.text == b"SELECT a FROM t WHERE a = ANY (%s) AND b > %s AND c <> ALL (%s)"
    assert asked.parameters(("[1, 2]", 7, '["x"]')) == [[1, 2], 7, ["x"]]
    each = translated("SELECT value FROM json_each(?)")
    assert each.text == b"SELECT value FROM unnest(%s::bigint[]) AS each (value)"
    assert each.parameters(("[]",)) == [[]]


def test_what_only_looks_like_a_place_is_none() -> None:
    assert translated("SELECT 7 % 3, a::text, b := c").text == b"SELECT 7 %% 3, a::text, b := c"
