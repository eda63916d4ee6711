"""What the texts of decks become: names, the check of their wording, and decks made from plain text."""

import pytest

from rig import FAR_AWAY, fixture_caller, fixture_daemon, fixture_person, fixture_screen  # noqa: F401
from test_daemon import prompt, row

NAMED = """theme = "humanity"; language = "en"; prompts = (
    { id = "both"; text = "{name}, what went differently today?"; nameless = "What went differently today?"; } );
"""
NEEDS_A_NAME = 'theme = "patience"; language = "en"; prompts = ( { id = "one"; text = "{name}, slow is fine."; } );\n'


# --- names ---

@pytest.mark.parametrize("name, told", [("Kim", "Kim, what went differently today?"), ("", "What went differently today?")])
def test_a_name(person, screen, name, told):
    """On the screen, in the list, and in the journal."""
    decks = person.folder / "decks"
    decks.mkdir()
    (decks / "named.conf").write_text(NAMED, encoding="utf-8")
    (decks / "needs.conf").write_text(NEEDS_A_NAME, encoding="utf-8")
    person.schedule(FAR_AWAY + 'name = "%s";\n' % name)
    person.start("--decks", str(decks))
    caller = person.caller()
    card, asked = prompt(caller, screen)
    assert asked["body"] == told == row(caller, card)["text"]
    assert [one["text"] for one in caller.entries()] == [told]
    if name:
        assert prompt(caller, screen, "patience")[1]["body"] == "Kim, slow is fine."
    else:
        assert caller.refused("Prompt", "patience")[0] == "NoPrompt"
