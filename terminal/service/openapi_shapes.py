"""The shapes of answers that are not our own to choose, or too small for a file."""

from __future__ import annotations

from typing import Any

HEALTH: dict[str, Any] = {
    "description": "The server answers.",
    "type": "object",
    "required": ["status", "encoder"],
    "properties": {
        "status": {"const": "ok"},
        "encoder": {
            "description": "The first question by meaning waits for it to load.",
            "enum": ["loaded", "not loaded yet"],
        },
    },
}

READY: dict[str, Any] = {
    "description": "Requests are welcome.",
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"const": "ready"}},
}

MODELS: dict[str, Any] = {
    "description": "As OpenAI lists models; the encoder of the index is the only one.",
    "type": "object",
    "required": ["object", "data"],
    "properties": {
        "object": {"const": "list"},
        "data": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "object", "created", "owned_by", "max_model_len", "dimensions"],
                "properties": {
                    "id": {"type": "string"},
                    "object": {"const": "model"},
                    "created": {"description": "Not known.", "const": 0},
                    "owned_by": {"const": "dragoman"},
                    "max_model_len": {"description": "Tokens of one text at most.", "type": "integer"},
                    "dimensions": {"description": "Numbers of a vector.", "type": "integer"},
                },
            },
        },
    },
}

EMBEDDINGS: dict[str, Any] = {
    "description": "As OpenAI gives vectors.",
    "type": "object",
    "required": ["object", "data", "model", "usage"],
    "properties": {
        "object": {"const": "list"},
        "data": {
            "description": "In the order of the texts.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["object", "index", "embedding"],
                "properties": {
                    "object": {"const": "embedding"},
                    "index": {"description": "From 0.", "type": "integer", "minimum": 0},
                    "embedding": {
                        "description": "Of length 1; Base64 of little-endian float32 where asked for.",
                        "oneOf": [{"type": "array", "items": {"type": "number"}}, {"type": "string"}],
                    },
                },
            },
        },
        "model": {"type": "string"},
        "usage": {
            "description": "Tokens of the texts, without prompts and special tokens.",
            "type": "object",
            "required": ["prompt_tokens", "total_tokens"],
            "properties": {
                "prompt_tokens": {"type": "integer", "minimum": 0},
                "total_tokens": {"type": "integer", "minimum": 0},
            },
        },
    },
}
