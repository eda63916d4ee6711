"""What kindly itself asks, on the screen: in the place of a prompt that is due, once, and nothing changes unless it is
chosen. How long ago things were comes from imported entries."""

import itertools
import json
import os
import sys
import uuid

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import DAY, at_second, now_usec, fixture_caller, fixture_daemon, fixture_person, fixture_screen  # noqa: E402, F401

numbers = itertools.count(1)


def remember(caller, folder, *entries):
    """Entries of the past, each days ago: what was shown, and how it was answered."""
    lines = []
    for days, choice in entries:
        time, entry = now_usec() - int(days * DAY), str(uuid.UUID(int=1 << 64 | next(numbers)))
        head = {"version": 1, "entry": entry, "device": str(uuid.UUID(int=7)), "time_usec": time}
        lines.append(head | {"id": entry, "kind": "shown", "prompt": "an-old-one", "theme": "care", "text": "Rest."})
        if choice:
            lines.append(head | {"id": str(uuid.UUID(int=1 << 65 | next(numbers))), "kind": "answered",
                                 "choice": choice})
    path = folder / "past.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with open(path, "rb") as file:
        assert caller.call("Import", file) == len(entries)
    path.unlink()


def due(person, caller):
    """Lets the schedule show one in a moment, and waits for it."""
    _, at = at_second(1)
    person.schedule('reminders = ( { name = "r%d"; at = "%s UTC"; } );\n' % (next(numbers), at))
    caller.call("Reload")
    return caller.next("Shown")[0]


def notification(screen):
    while (event := screen.next())["event"] != "notify":
        pass
    return event


def text(caller, card):
    return next(row for row in caller.open() if row["id"] == card)["text"]


def test_a_review_and_fewer(person, caller, screen, daemon, tmp_path):
    """What was chosen holds after a kill, and a reset undoes it."""
    remember(caller, tmp_path, (14, None))
    card = due(person, caller)
    shown = notification(screen)
    assert shown["body"] == "Two weeks so far. Does it suit you as it is?"
    assert shown["actions"][2::2] == ["keep-on", "fewer", "pause"]
    assert caller.get("Fewer") == 0
    screen.do("action", id=shown["id"], key="fewer")
    assert caller.next("Closed") == (card, "answered")
    assert caller.get("Fewer") == 1
    assert "of each three prompts one passes by" in person.run("kindly", "status")[1]
    daemon.kill()
    person.start()
    assert caller.get("Fewer") == 1
    assert person.run("kindly", "learning", "reset")[0] == 0
    assert caller.get("Fewer") == 0
    assert "passes by" not in person.run("kindly", "status")[1]


def test_a_line_for_a_hard_day_is_offered(person, caller, screen, tmp_path):
    """On a day with something helpful in it, and then it is there."""
    remember(caller, tmp_path, (8, None), (0, "helpful"))
    card = due(person, caller)
    shown = notification(screen)
    assert shown["summary"] == "For a hard day" and "let-go" in shown["actions"]
    assert any(line.split() == ["kindly", "answer", "okay", "--note", "Write"]
               for line in person.run("kindly")[1].splitlines())
    assert person.run("kindly", "answer", "okay", "--note=This passes, as it did before.")[0] == 0
    entry = next(row for row in caller.entries() if row["id"] == card)
    assert entry["for_hard_day"] and entry["note"] == "This passes, as it did before."
    caller.call("Prompt", "hard")
    assert "This passes, as it did before." in notification(screen)["body"]


def test_after_three_hard_moments(person, caller, screen, tmp_path):
    """One quiet question, and help a click away."""
    assert screen
    remember(caller, tmp_path, (13, "hard"), (5, "hard"), (2, "hard"))
    card = due(person, caller)
    assert "hard moments lately" in text(caller, card)
    caller.call("Answer", card, "support", "")
    assert text(caller, card) == "findahelpline.com"
    caller.call("Answer", card, "enough", "")
    assert "hard moments lately" not in text(caller, due(person, caller))


def test_less_of_a_theme(person, caller, screen, tmp_path):
    assert screen
    remember(caller, tmp_path, (6, "not-for-me"), (5, "not-for-me"))
    card = due(person, caller)
    assert text(caller, card) == 'Two prompts of the theme "care" were not for you. Less of this theme?'
    caller.call("Answer", card, "less", "")
    assert "Less of this theme" not in text(caller, due(person, caller))


@pytest.mark.parametrize("days, asks", [(13, False), (15, True)])
def test_one_a_day(person, caller, screen, tmp_path, days, asks):
    """Two are due: one comes today."""
    assert screen
    remember(caller, tmp_path, (days, "not-for-me"), (5, "not-for-me"))
    first, second = text(caller, due(person, caller)), text(caller, due(person, caller))
    assert ("Two weeks so far" in first) == asks
    assert ("Less of this theme" in first) != asks
    assert "Less of this theme" not in second and "Two weeks so far" not in second
