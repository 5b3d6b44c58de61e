"""The command line says what is missing, and its remedy, in one line."""

import pytest

from parity_tests import harness, picture
from parity_tests.__main__ import main


def test_a_picture_without_a_report_names_the_remedy(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(picture, "REPORT", picture.ROOT / "reports" / "none.html")
    assert main(["picture"]) == 1
    assert capsys.readouterr().err == "reports/none.html is missing; run `make parity`\n"


@pytest.mark.parametrize("command", [["report"], ["bench"], ["analyze", "song.mp3"]])
def test_a_report_without_models_names_the_remedy(command, monkeypatch, capsys):
    monkeypatch.setattr(harness, "MODELS", harness.ROOT / "dist" / "nowhere")
    assert main(command) == 1
    assert capsys.readouterr().err == "dist/nowhere/manifest.json is missing; run `make export`\n"


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["prove"])
    assert "invalid choice: 'prove'" in capsys.readouterr().err
