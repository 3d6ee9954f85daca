"""Heads on the built-in encoder, trained for a few steps on rows written for this test."""

import json
import logging
from pathlib import Path

import pytest

from training.heads import labels_of, main, tags_of

pytest.importorskip("accelerate")

ENCODER = Path(__file__).parents[2] / "encoder/builtin"
KITCHEN = """Fry the onions until they are brown.
Season the soup with salt and pepper.
Knead the dough and let it rest.
Den Teig eine Stunde ruhen lassen.
Die Kartoffeln schälen und kochen.
Mit Salz und Pfeffer abschmecken.
Faites cuire les pâtes dix minutes.
Battez les œufs avec le sucre.
Coupez les carottes en rondelles.
Bate los huevos con la harina.
Pela las patatas y córtalas.
Añade sal y aceite de oliva.
Cuocere il riso a fuoco basso.
Tagliare le cipolle molto sottili.
Нарежьте морковь и лук кубиками.
Варите суп на медленном огне.
Добавьте соль и чёрный перец.
Roast the chicken for an hour.
Melt the butter in a small pan.
Peel the apples for the cake."""
WEATHER = """Rain is expected in the evening.
Strong winds along the coast tomorrow.
It will be sunny but cold.
Morgen fällt im Norden Schnee.
Am Abend ziehen Gewitter auf.
Im Süden bleibt es sonnig und warm.
Il pleuvra demain dans tout le pays.
Un vent froid soufflera du nord.
Le brouillard se lèvera dans la matinée.
Mañana lloverá en toda la costa.
Hará mucho calor por la tarde.
Se esperan tormentas por la noche.
Domani nevicherà sulle montagne.
Nel pomeriggio il cielo sarà sereno.
Завтра ожидается сильный снег.
Вечером возможна гроза и дождь.
Днём будет солнечно и тепло.
Fog in the valleys until noon.
Frost is likely during the night.
Clouds and showers in the west."""
NAMES = ["Anna", "Peter", "Maria", "Ivan", "Julia", "Ahmed", "Sophie", "Karl", "Elena", "Thomas"]
SAID = [
    "{} lives near the old bridge.",
    "Yesterday {} came home late.",
    "The letter was sent to {}.",
    "We met {} in town.",
]


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def measured(task: str, data: Path, out: Path, caplog: pytest.LogCaptureFixture) -> float:
    with caplog.at_level(logging.INFO, logger="training.heads"):
        main(
            [
                task,
                "--data",
                str(data),
                "--model",
                str(ENCODER),
                "--out",
                str(out),
                "--epochs",
                "8",
                "--rate",
                "3e-4",
            ]
        )
    return float(caplog.messages[-1].split()[-1])


@pytest.mark.slow
def test_texts_get_labels(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from transformers import pipeline

    rows: list[dict[str, object]] = [
        {"text": text, "label": label}
        for label, texts in (("kitchen", KITCHEN), ("weather", WEATHER))
        for text in texts.splitlines()
    ]
    data = written(tmp_path / "rows.jsonl", rows)
    assert measured("classify", data, tmp_path / "out", caplog) >= 0.75
    classifier = pipeline("text-classification", str(tmp_path / "out"))
    assert classifier("Stir the sauce and add some salt.")[0]["label"] == "kitchen"


@pytest.mark.slow
def test_names_in_texts_are_found(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows: list[dict[str, object]] = []
    for said in SAID:
        start = said.index("{")
        rows += [
            {"text": said.format(name), "spans": [[start, start + len(name), "person"]]} for name in NAMES
        ]
    assert measured("tag", written(tmp_path / "rows.jsonl", rows), tmp_path / "out", caplog) >= 0.7


def test_the_first_token_of_a_stretch_begins_it() -> None:
    offsets = [(0, 0), (0, 4), (4, 6), (6, 9), (9, 14), (14, 20), (0, 0)]
    spans = [(0, 6, "person"), (10, 14, "place"), (15, 20, "place")]
    tags = [None, "B-person", "I-person", "O", "B-place", "B-place", None]
    assert tags_of(offsets, spans) == tags
    rows = [{"text": "", "spans": spans}]
    assert labels_of(rows, "tag") == ["O", "B-person", "I-person", "B-place", "I-place"]
