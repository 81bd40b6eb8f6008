# What the interpreter is told to run: everything that matters is in `launch.py`. No docstring,
# because the program's `__main__` starts from this module's namespace.
_namespace = dict(globals())
_here = __file__.rpartition("/")[0]
_home = _here.rpartition("/")[0]
_scope = {"__name__": "rightlane.launch", "__builtins__": dict(vars(__builtins__))}


def _compiled():
    # Our parts, each compiled by the same build of the interpreter when it was asked what it is.
    from marshal import loads
    from sys import version

    try:
        with open(_home + "/compiled", "rb") as file:
            build, _, codes = file.read().partition(b"\n")
        return loads(codes) if build == " ".join(version.split()).encode() else {}
    except (OSError, ValueError, EOFError, TypeError):
        return {}


def _launch(codes):
    if "launch.py" in codes:
        from marshal import loads

        code = loads(codes["launch.py"])
    else:
        with open(_home + "/launch.py", "rb") as file:
            code = compile(file.read(), "<rightlane>", "exec", 0, True)
    exec(code, _scope)
    _scope["launch"](_namespace, _here, codes)


_launch(_compiled())
raise _scope["Plain"]
