"""The pages of docs/reference/, made from the commands, the JSON schemas and the OpenAPI description."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from terminal.cli import cli

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = ROOT / "terminal" / "schema"
WIDTH = 100
"""Columns of a help text."""

Schema = Mapping[str, Any]


def command_page() -> str:
    """Write the help of every command."""
    parts = ["# Commands", "", "What `--help` prints, by `scripts/docs`.", "", _help(cli, "dragoman"), ""]
    for name, command in _commands(cli, "dragoman"):
        parts += [f"## {name}", "", _help(command, name), ""]
    return "\n".join(parts)


def _commands(group: click.Group, above: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        yield f"{above} {name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{above} {name}")


def _help(command: click.Command, name: str) -> str:
    context = click.Context(
        command,
        info_name=name,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        help_option_names=cli.context_settings["help_option_names"],
    )
    lines = (line.rstrip() for line in command.get_help(context).splitlines())
    return "\n".join(["```text", *lines, "```"])


def json_page() -> str:
    """Write the fields of every JSON shape."""
    parts = [
        "# JSON shapes",
        "",
        "What Dragoman writes as JSON, made from the JSON Schemas in `terminal/schema` by `scripts/docs`.",
        "[JSON output](../json-output.md) says what the fields mean for a reader of results. A field may be",
        "left out where it is not required. `[]` stands for each item of a list.",
        "",
    ]
    for path in sorted(SCHEMAS.glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        parts += [f"## {schema['$id']}", "", f"`{schema.get('title', schema['$id'])}`", ""]
        parts += [schema["description"], ""] if "description" in schema else []
        parts += _fields_table(schema, schema)
    return "\n".join(parts)


def _fields_table(schema: Schema, root: Schema) -> list[str]:
    rows = [
        f"| `{name}` | {kind} | {'yes' if required else ''} | {_cell(about)} |"
        for name, kind, required, about in _fields(schema, root, "", ())
    ]
    return ["| field | type | required | |", "|---|---|---|---|", *rows, ""] if rows else []


def _fields(
    schema: Schema, root: Schema, above: str, seen: tuple[str, ...]
) -> Iterator[tuple[str, str, bool, str]]:
    """Walk properties and items; a shape within itself is named and not repeated."""
    required = set(schema.get("required", ()))
    for name, given in schema.get("properties", {}).items():
        field, _ = _resolved(given, root)
        about = str(given.get("description", field.get("description", "")))
        inner = list(_inner(given, root))
        again = any(set(references) & set(seen) for _, _, references in inner)
        yield f"{above}{name}", _kind(field, root), name in required, about + (" As above." if again else "")
        for shape, suffix, references in [] if again else inner:
            yield from _fields(shape, root, f"{above}{name}{suffix}.", (*seen, *references))


def _inner(given: Schema, root: Schema) -> Iterator[tuple[Schema, str, tuple[str, ...]]]:
    """Find the objects inside a field, each with what its names follow, and the references that led there."""
    field, references = _resolved(given, root)
    if "properties" in field:
        yield field, "", references
    if isinstance(field.get("items"), dict):
        for shape, suffix, further in _inner(field["items"], root):
            yield shape, f"[]{suffix}", (*references, *further)
    for choice in (*field.get("anyOf", ()), *field.get("oneOf", ())):
        for shape, suffix, further in _inner(choice, root):
            yield shape, suffix, (*references, *further)


def _resolved(schema: Schema, root: Schema) -> tuple[Schema, tuple[str, ...]]:
    """Follow references, and name them."""
    names: tuple[str, ...] = ()
    while "$ref" in schema:
        names += (reference := schema["$ref"],)
        target: Any = root
        for step in reference.removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        schema = target
    return schema, names


def _kind(field: Schema, root: Schema) -> str:
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if "enum" in field:
        return ", ".join(f"`{json.dumps(value, ensure_ascii=False)}`" for value in field["enum"])
    if choices := field.get("anyOf", field.get("oneOf")):
        return " or ".join(dict.fromkeys(_kind(_resolved(choice, root)[0], root) for choice in choices))
    kinds = field.get("type", "object" if "properties" in field else "any")
    named = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    items = field.get("items")
    if "array" in named and isinstance(items, dict):
        return named.replace("array", f"array of {_kind(_resolved(items, root)[0], root)}")
    return named


def http_page() -> str | None:
    """Write the requests that the HTTP API takes; None where there is no such API."""
    if find_spec("terminal.service.openapi") is None:
        return None
    from terminal.service.openapi import openapi  # type: ignore[import-not-found, unused-ignore]

    return http_page_of(openapi())


def http_page_of(api: Schema) -> str:
    """Write the requests that an OpenAPI description holds."""
    parts = ["# HTTP", "", str(api["info"].get("description", "")), ""]
    parts += ["This page is made from the OpenAPI description by `scripts/docs`.", ""]
    for path, methods in api["paths"].items():
        for method, request in methods.items():
            if method not in {"get", "put", "post", "delete", "patch"}:
                continue
            parts += [f"## {method.upper()} {path}", "", str(request.get("summary", "")), ""]
            parts += [str(request["description"]), ""] if request.get("description") else []
            parts += _parameters(request, api) + _body(request, api) + _answers(request, api)
    return "\n".join(parts)


def _parameters(request: Schema, api: Schema) -> list[str]:
    given = [_resolved(one, api)[0] for one in request.get("parameters", ())]
    rows = [
        f"| `{one['name']}` | {one['in']} | {_kind(_resolved(one.get('schema', {}), api)[0], api)} | "
        f"{'yes' if one.get('required') else ''} | "
        f"{_cell(one.get('description', one.get('schema', {}).get('description', '')))} |"
        for one in given
    ]
    return ["| parameter | in | type | required | |", "|---|---|---|---|---|", *rows, ""] if rows else []


def _body(request: Schema, api: Schema) -> list[str]:
    parts: list[str] = []
    body, _ = _resolved(request.get("requestBody", {}), api)
    for media_type, content in body.get("content", {}).items():
        schema, _ = _resolved(content.get("schema", {}), api)
        parts += [f"Takes `{media_type}`:", "", *_fields_table(schema, api)]
    return parts


def _answers(request: Schema, api: Schema) -> list[str]:
    rows = []
    for code, given in request.get("responses", {}).items():
        answer, _ = _resolved(given, api)
        shapes = [
            f"`{content.get('schema', {}).get('$ref', media_type).rsplit('/', 1)[-1]}`"
            if "$ref" in content.get("schema", {})
            else f"`{media_type}`"
            for media_type, content in answer.get("content", {}).items()
        ]
        rows.append(
            f"| {code} | {_cell(answer.get('description', ''))} | {', '.join(dict.fromkeys(shapes))} |"
        )
    return ["| answer | | shape |", "|---|---|---|", *rows, ""] if rows else []


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
