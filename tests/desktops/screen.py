"""What stands on a screen, as a person reads it: a picture, the words on it and their places. Tesseract reads; small
mistakes of its are forgiven. Only what is not there on the empty screen is looked at."""

import csv
import difflib
import io
import os
import subprocess

from PIL import Image, ImageChops, ImageOps

ENLARGED = 3  # Tesseract wants letters of about 30 pixels
ALIKE = 0.85  # of a text's letters, that it counts as read
DIFFERENT = 12  # of 255: less is the screen's own noise


def letters(text):
    return "".join(character for character in text.casefold() if character.isalnum())


def start_of(text, words=4):
    """Enough of a text to know it by, where a server draws only its beginning."""
    return " ".join(text.split()[:words])


def difference(one, other):
    """The box that holds all that differs, or None."""
    return ImageChops.difference(one.convert("L"), other.convert("L")).point(
        lambda value: 255 * (value > DIFFERENT)).getbbox()


def around(boxes):
    lefts, tops, rights, bottoms = zip(*boxes)
    return min(lefts), min(tops), max(rights), max(bottoms)


def read(picture, box):
    """The words in a part of a picture, with their places. What surrounds a notification would spoil the reading."""
    part = picture.crop(box).convert("L")
    file = io.BytesIO()
    ImageOps.autocontrast(part.resize([ENLARGED * size for size in part.size], Image.LANCZOS)).save(file, "PNG")
    done = subprocess.run(["tesseract", "-", "-", "--psm", "11", "tsv"], input=file.getvalue(), check=True,
                          env=dict(os.environ, OMP_THREAD_LIMIT="1"), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    for row in csv.DictReader(io.StringIO(done.stdout.decode()), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == "5" and letters(row["text"]):
            x, y, width, height = (int(row[name]) / ENLARGED for name in ("left", "top", "width", "height"))
            yield row["text"], (box[0] + x, box[1] + y, box[0] + x + width, box[1] + y + height)


class Reading:
    """The words of a picture that are not on the empty one, in the order of reading."""

    def __init__(self, picture, empty):
        self.picture, self.empty = picture, empty
        box = difference(picture, empty)
        self.words = list(read(picture, box)) if box else []

    def _likeness(self, wanted, piece):
        return difflib.SequenceMatcher(None, wanted, letters("".join(word for word, _ in piece)), False).ratio()

    def find(self, text):
        """The boxes where that text stands, from top to bottom."""
        wanted, count = letters(text), len(text.split())
        pieces = [(start, start + length) for start in range(len(self.words)) for length in range(1, count + 3)]
        likeness = {piece: self._likeness(wanted, self.words[slice(*piece)]) for piece in pieces}
        found = []
        for start, end in sorted(pieces, key=lambda piece: -likeness[piece]):
            if likeness[start, end] >= ALIKE and not any(start < other[1] and end > other[0] for other in found):
                found.append((start, min(end, len(self.words))))
        return sorted((around([box for _, box in self.words[slice(*piece)]]) for piece in found),
                      key=lambda box: box[1])

    def text(self):
        return " ".join(word for word, _ in self.words)

    def is_empty_at(self, box):
        """Whether the empty screen is seen there again."""
        box = [int(side) for side in box]
        return difference(self.picture.crop(box), self.empty.crop(box)) is None
