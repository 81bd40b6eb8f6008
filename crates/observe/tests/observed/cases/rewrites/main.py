"""Changes a module of its own before it imports it."""
from pathlib import Path

path = Path(__file__).with_name("part.py")
path.write_text(path.read_text().replace("old", "new"))

import part

for word in part.words(3):
    print(word, part.words.__code__.co_filename == str(path))
