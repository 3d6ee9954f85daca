"""How an index lies in Milvus: one collection for vectors and words, one for sparse vectors.

The second is apart because a field for vectors cannot be left empty in every version of Milvus.
"""

from __future__ import annotations

from collections.abc import Mapping

from index_data.cluster.milvus_collection import ID, MilvusCollection
from index_data.cluster.milvus_tokens import MOST_BYTES

VECTOR, WORDS, BM25, PIECES = "vector", "words", "bm25", "pieces"
"""The fields: a vector, the words, what Milvus makes of them, and a sparse vector."""
PASSAGES_INDEXES, PIECES_INDEXES = 2, 1
_ANALYSER = {"tokenizer": "standard"}
_WEIGHTS = {"bm25_k1": 1.2, "bm25_b": 0.75}
"""As in `index_data.bm25`."""


def make_passages(collection: MilvusCollection, dimension: int, properties: Mapping[str, str]) -> None:
    """Make the collection of vectors, float32 (D,), and words."""
    from pymilvus import DataType, Function, FunctionType

    schema = collection.server.client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field(ID, DataType.INT64, is_primary=True)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=dimension)
    schema.add_field(
        WORDS,
        DataType.VARCHAR,
        max_length=MOST_BYTES,
        enable_analyzer=True,
        enable_match=True,
        analyzer_params=_ANALYSER,
    )
    schema.add_field(BM25, DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(
        Function(
            name=BM25, function_type=FunctionType.BM25, input_field_names=[WORDS], output_field_names=[BM25]
        )
    )
    indexes = collection.server.client.prepare_index_params()
    indexes.add_index(VECTOR, index_type="AUTOINDEX", metric_type="IP")
    indexes.add_index(BM25, index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=_WEIGHTS)
    collection.make(schema, indexes, properties)


def make_pieces(collection: MilvusCollection, properties: Mapping[str, str]) -> None:
    """Make the collection of sparse vectors."""
    from pymilvus import DataType

    schema = collection.server.client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field(ID, DataType.INT64, is_primary=True)
    schema.add_field(PIECES, DataType.SPARSE_FLOAT_VECTOR)
    indexes = collection.server.client.prepare_index_params()
    indexes.add_index(PIECES, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    collection.make(schema, indexes, properties)
