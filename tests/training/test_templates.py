"""The reader of debconf templates, on two questions."""

from pathlib import Path

from training.sources.templates import template_pages
from training.sources.units import Unit

TEMPLATES = """Template: demo/port
Type: string
Default: 80
Description: Port of ${service}:
 Choose a port
 that is free.
 .
 It must be a number.
Description-fr.UTF-8: Port de ${service} :
 Choisissez un port libre.
 .
 C'est un nombre.
Description-de.UTF-8: Port von ${service}:
 Ein Absatz fehlt.

Template: demo/name
Type: string
Description: Name
Description-pt_BR.UTF-8: Nome
Description-nl.UTF-8: Name
"""


def test_templates_align_paragraph_by_paragraph(tmp_path: Path) -> None:
    """As many paragraphs as the English, or nothing; variables and what is equal in both go."""
    folder = tmp_path / "templates" / "demo"
    folder.mkdir(parents=True)
    (folder / "templates").write_text(TEMPLATES, encoding="utf-8")
    french, brazilian, dutch = template_pages(tmp_path)
    assert french == (
        "fr",
        [
            Unit(True, "Port of :", "Port de :"),
            Unit(False, "Choose a port that is free.", "Choisissez un port libre."),
            Unit(False, "It must be a number.", "C'est un nombre."),
        ],
    )
    assert brazilian == ("pt", [Unit(True, "Name", "Nome")])
    assert dutch == ("nl", [])
