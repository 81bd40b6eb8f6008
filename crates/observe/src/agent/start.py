# What the interpreter is told to run: everything that matters is in `launch.py`. No docstring,
# because the program's `__main__` starts from this module's namespace.
_namespace = dict(globals())
_here = __file__.rpartition("/")[0]
_scope = {"__name__": "rightlane.launch", "__builtins__": dict(vars(__builtins__))}
with open(_here.rpartition("/")[0] + "/launch.py", "rb") as _file:
    exec(compile(_file.read(), "<rightlane>", "exec", 0, True), _scope)
_scope["launch"](_namespace, _here)
raise _scope["Plain"]
