# SPDX-License-Identifier: GPL-2.0
"""Finds out how spatch has to be started here so that its Python rules run."""
import glob
import os
import re
import shutil
import subprocess
import sys
import sysconfig

from . import CannotAnalyse

# spatch brings a list of macros of an old kernel. In other code these names are functions:
# "TRACE_EXIT();" does not mean "return ();" there.
_MISREAD = ("TRACE_EXIT",)


def version(program):
    """First line of spatch --version, and which versions are known to work."""
    try:
        out = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise CannotAnalyse("%s: %s (Debian: apt install coccinelle)"
                            % (program, error.strerror)) from None
    found = re.match(r"spatch version (\S+)", out.stdout)
    if not found:
        raise CannotAnalyse("%s --version says nothing of a version" % program)
    if "Python scripting support: yes" not in out.stdout:
        raise CannotAnalyse("%s was built without Python scripting" % program)
    return found.group(1)


def identity(program):
    """A string that changes if another spatch is installed under the same name."""
    path = shutil.which(program) or program
    info = os.stat(path)
    return "%s %d %d" % (os.path.realpath(path), info.st_size, info.st_mtime_ns)


def _libpython():
    """The shared library of this Python, which spatch loads by a name that only
    the development package provides."""
    wanted = sysconfig.get_config_var("INSTSONAME") or ""
    base = sysconfig.get_config_var("LIBDIR") or "/usr/lib"
    multi = sysconfig.get_config_var("MULTIARCH") or ""
    for folder in (base, os.path.join(base, multi), os.path.join("/usr/lib", multi)):
        for path in sorted(glob.glob(os.path.join(folder, wanted + "*"))):
            if wanted and os.path.exists(path):
                return path
    return None


class Setup:
    """The environment and the options of each run."""

    def __init__(self, tmp):
        self.tmp = tmp
        self.env = dict(os.environ)
        # The Python of the rules is in our own package.
        self._before("PYTHONPATH", os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        self.env["PYTHONDONTWRITEBYTECODE"] = "1"
        self.options = []

    def _before(self, name, folder):
        old = self.env.get(name)
        self.env[name] = folder + (":" + old if old else "")

    def use_library(self, path):
        """Makes spatch find a libpython under the name that it asks for."""
        folder = os.path.join(self.tmp, "lib")
        os.makedirs(folder, exist_ok=True)
        name = os.path.basename(path).split(".so")[0] + ".so"
        os.symlink(path, os.path.join(folder, name))
        self._before("LD_LIBRARY_PATH", folder)

    def use_builtins(self, path):
        """spatch's own list of macros, less those that it misreads."""
        copy = os.path.join(self.tmp, "builtins.h")
        with open(path, encoding="utf-8", errors="replace") as file, \
             open(copy, "w", encoding="utf-8") as out:
            out.writelines(line for line in file
                           if not re.match(r"#\s*define\s+(%s)\b" % "|".join(_MISREAD), line))
        self.options = ["--macro-file-builtins", copy]

    def recall(self, known):
        """Takes over what probe() returned in an earlier run; False if it is of no use."""
        if not known or not all(os.path.exists(path) for path in known.values() if path):
            return False
        if known["library"]:
            self.use_library(known["library"])
        if known["builtins"]:
            self.use_builtins(known["builtins"])
        return True

    def probe(self, program, run):
        """run() is a run with a Python rule that prints; returns (standard output,
        standard error). If it does not, once more with a library path."""
        out, err = run()
        library = ""
        if "pgcheck-function" not in out:
            library = _libpython() or ""
            if library:
                self.use_library(library)
                out, err = run()
        if "pgcheck-function" not in out:
            hint = " (install libpython%d.%d)" % sys.version_info[:2] if "libpython" in err else ""
            raise CannotAnalyse("%s cannot run Python rules%s: %s"
                                % (program, hint, err.strip()[-300:]))
        found = re.search(r"^init_defs_builtins: (.+)$", err, re.MULTILINE)
        builtins = found.group(1) if found and os.path.isfile(found.group(1)) else ""
        if builtins:
            self.use_builtins(builtins)
        return {"library": library, "builtins": builtins}
