import warnings
s = "\d"
if s is "x":
    pass
for x in range(3):
    assert (x, "always true")
    warnings.warn(f"number {x}")
warnings.warn("from here", FutureWarning)
