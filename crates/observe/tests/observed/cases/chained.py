class Trouble(Exception):
    pass


def load(name):
    try:
        return {}[name]
    except KeyError as error:
        raise Trouble(f"no {name}") from error


for name in ["a"]:
    try:
        load(name)
    except Trouble:
        int("x")
