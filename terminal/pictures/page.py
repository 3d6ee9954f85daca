"""One HTML file with everything that it needs: style, script and data; nothing else may be loaded by it."""

from __future__ import annotations

import base64
import hashlib
import html
from importlib import resources

from terminal.json_output import dump
from terminal.safe_text import safe_text

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""
_IN_A_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def page(title: str, body: str, *, name: str, data: object) -> str:
    """Put `body`, which is HTML, into a page with the style and the script called `name` and with `data`.

    The page's policy lets its own style and script through, by their digests, and no request at all.
    """
    style = _resource("page.css") + _resource(f"{name}.css")
    script = _resource(f"{name}.js")
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return _PAGE.format(
        policy=policy,
        title=shown(title),
        style=style,
        body=body,
        # Nothing in the data can end the element that holds it.
        data=dump(data).translate(_IN_A_SCRIPT),
        script=script,
    )


def shown(text: str) -> str:
    """Make text from anywhere fit to stand in HTML, between tags and in quoted attributes."""
    return html.escape(safe_text(text))


def _resource(name: str) -> str:
    return (resources.files("terminal.pictures") / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
