NAME = "tool"
for part in ("a", "b"):
    print(__name__, __path__ is not None, part)
