import sys

if sys.version_info >= (3, 11):
    errors = []
    for x in range(3):
        try:
            1 / 0
        except ZeroDivisionError as error:
            error.add_note(f"note {x}")
            errors.append(error)
    raise ExceptionGroup("several", errors)
raise ValueError("old")
