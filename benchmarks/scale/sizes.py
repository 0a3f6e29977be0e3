"""What rows weigh on the disk, with their indexes."""

import psycopg

_SIZES = """
SELECT coalesce(sum(pg_table_size(relid)), 0)::bigint, coalesce(sum(pg_indexes_size(relid)), 0)::bigint
FROM pg_partition_tree(%s) WHERE isleaf
"""


def of(url: str, table: str) -> dict[str, float]:
    """Bytes a row: `heap` and `indexes`; `rows`. A partitioned table is all its partitions."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"VACUUM ANALYZE {table}")
        heap, indexes = connection.execute(_SIZES, [table]).fetchone() or (0, 0)
        if not heap:
            heap, indexes = connection.execute(
                "SELECT pg_table_size(%s), pg_indexes_size(%s)", [table, table]
            ).fetchone()
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return {"heap": heap / max(rows, 1), "indexes": indexes / max(rows, 1), "rows": rows}


def a_row(url: str, table: str) -> float:
    told = of(url, table)
    return told["heap"] + told["indexes"]
