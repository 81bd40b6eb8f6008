"""Gives files another text: to imports, to runpy (and so to multiprocessing's workers), to tracebacks.

Nothing of it is written where the file lies. What is compiled goes to the race's folder, unless it
is there already; what has another text is never cached.
"""

import io
import os
import sys


def install(home, texts):
    """`texts`: path -> the file that has its text in this variant."""
    found = {}

    def where(path):
        """The file with the text of `path` in this variant, or None."""
        if not texts:
            return None
        try:
            path = os.fsdecode(path)
        except TypeError:
            return None
        return texts.get(path) or texts.get(os.path.abspath(path))

    def find(path):
        """The text of `path` in this variant, or None."""
        file = where(path)
        if file is not None and file not in found:
            with open(file, "rb") as opened:
                found[file] = opened.read()
        return found.get(file)

    patch_loader(home, find)
    if texts:
        patch_opening(where)
        show_lines(texts, find)


def patch_loader(home, find):
    external = sys.modules["_frozen_importlib_external"]
    loader = external.SourceFileLoader
    get_code, get_data, set_data = loader.get_code, loader.get_data, loader.set_data
    usual_cache = external.cache_from_source

    def code_of(self, fullname):
        path = self.get_filename(fullname)
        if find(path) is None:
            return get_code(self, fullname)
        return self.source_to_code(self.get_data(path), path)

    def data_of(self, path):
        text = find(path)
        return get_data(self, path) if text is None else text

    def keep_data(self, path, data, **options):
        if path.startswith(home):
            set_data(self, path, data, **options)

    def cache(path, debug_override=None, *, optimization=None):
        if debug_override is None:
            usual = usual_cache(path, optimization=optimization)
        else:
            usual = usual_cache(path, debug_override, optimization=optimization)
        if usual.startswith(home + "/pyc") or os.path.exists(usual):
            return usual
        return f"{home}/pyc{os.path.abspath(usual)}"

    loader.get_code, loader.get_data, loader.set_data = code_of, data_of, keep_data
    external.cache_from_source = cache


def patch_opening(where):
    """What runpy reads programs with and, before 3.13, the interpreter the lines of tracebacks."""
    open_code, plain = io.open_code, io.open

    def code(path):
        return open_code(where(path) or path)

    def opened(file, mode="r", *arguments, **options):
        return plain((where(file) if mode == "rb" else None) or file, mode, *arguments, **options)

    io.open_code = code
    if sys.version_info < (3, 13):
        io.open = opened


def show_lines(texts, find):
    """Fills linecache, from which tracebacks and inspect have their lines, when it is there."""

    def fill(module):
        for path in texts:
            text = find(path)
            lines = text.decode("utf-8", "replace").splitlines(True)
            # An entry without a time of change is not checked against the disk.
            module.cache[path] = (len(text), None, lines, path)

    class Lines:
        """Finds linecache, once."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name != "linecache":
                return None
            sys.meta_path.remove(Lines)
            spec = sys.modules["_frozen_importlib_external"].PathFinder.find_spec(name, path)
            if spec is not None and spec.loader is not None:
                execute = spec.loader.exec_module

                def exec_module(module):
                    execute(module)
                    fill(module)

                spec.loader.exec_module = exec_module
            return spec

    if "linecache" in sys.modules:
        fill(sys.modules["linecache"])
    else:
        sys.meta_path.insert(0, Lines)
