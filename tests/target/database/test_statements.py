from __future__ import annotations

from target_oracle.database import statements

TABLE = '"S"."T"'


def test_insert_has_a_bind_per_column() -> None:
    assert (
        statements.insert(TABLE, ["A", "b c"]) == 'INSERT INTO "S"."T" ("A", "b c") VALUES (:1, :2)'
    )


def test_update_binds_the_keys_last() -> None:
    assert (
        statements.update(TABLE, ["K", "A", "L", "B"], ["K", "L"])
        == 'UPDATE "S"."T" SET "A" = :1, "B" = :2 WHERE "K" = :3 AND "L" = :4'
    )


def test_update_of_keys_alone_changes_nothing() -> None:
    assert statements.update(TABLE, ["K"], ["K"]) == 'UPDATE "S"."T" SET "K" = "K" WHERE "K" = :1'


def test_merge_never_sets_a_column_of_its_condition() -> None:
    assert statements.merge(TABLE, '"STG"', ["K", "A"], ["K"]) == (
        'MERGE INTO "S"."T" t USING "STG" s ON (t."K" = s."K") '
        'WHEN MATCHED THEN UPDATE SET t."A" = s."A" '
        'WHEN NOT MATCHED THEN INSERT ("K", "A") VALUES (s."K", s."A")'
    )


def test_merge_of_keys_alone_only_inserts() -> None:
    assert statements.merge(TABLE, '"STG"', ["K"], ["K"]) == (
        'MERGE INTO "S"."T" t USING "STG" s ON (t."K" = s."K") '
        'WHEN NOT MATCHED THEN INSERT ("K") VALUES (s."K")'
    )


def test_the_latest_row_per_key_is_ranked_under_a_name_that_no_column_has() -> None:
    query = statements.latest('"STG"', ["K", "RN$"], ["K"], "SEQ")
    assert query == (
        'SELECT "K", "RN$" FROM (SELECT s."K", s."RN$", ROW_NUMBER() OVER (PARTITION BY s."K" '
        'ORDER BY s."SEQ" DESC) AS "RN$$" FROM "STG" s) WHERE "RN$$" = 1'
    )
