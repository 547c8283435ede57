#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The commands of the CI wrappers and of "make install", run in repositories made for it.

With the real spatch. What would install packages is noted and not run.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True

OLD = "static void old(struct bio *bio)\n{\n\tbio_add_page(bio, a, 1, 0);\n}\n"
NEW = OLD.replace("old(", "new(")
GOOD = "static int good(struct bio *bio)\n{\n\treturn bio_add_page(bio, a, 1, 0);\n}\n"


def read(*names):
    with open(os.path.join(TOP, *names), encoding="utf-8") as file:
        return file.read()


def blocks(text, key):
    """The scripts below a key of a YAML file: a list of lines, or a "|" or ">-" block."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        found = re.match(r"( *)(- )?%s: *(\||>-|)$" % key, line)
        if not found:
            continue
        margin = len(found.group(1)) + len(found.group(2) or "")
        inner = []
        for follow in lines[number + 1:]:
            if follow.strip() and len(follow) - len(follow.lstrip()) <= margin:
                break
            inner.append(follow.strip())
        inner = [re.sub(r"^- ", "", item) if not found.group(3) else item
                 for item in inner if item]
        inner = [item for item in inner if item != "|"]     # a block within a list
        yield (" " if found.group(3) == ">-" else "\n").join(inner)


class Wrapper(unittest.TestCase):
    """A user's repository with a known finding, and pgcheck's in another place."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.top = holder.name
        self.user = os.path.join(self.top, "user")
        self.tool = os.path.join(self.top, "tool")
        os.mkdir(self.user)
        for name in ("tools/pgcheck", "Documentation/checks", "Documentation/man", "include",
                     ".pre-commit-hooks.yaml"):
            source, copy = os.path.join(TOP, name), os.path.join(self.tool, name)
            if os.path.isdir(source):
                shutil.copytree(source, copy)
            else:
                shutil.copy(source, copy)
        self.bin = os.path.join(self.top, "bin")
        os.mkdir(self.bin)
        for name in ("sudo", "apt-get"):
            self.write(os.path.join(self.bin, name),
                       "#!/bin/sh\necho \"$0 $*\" >>%s/called\n" % self.top)
            os.chmod(os.path.join(self.bin, name), 0o755)
        self.write("old.c", OLD)
        self.commit(self.user)

    def write(self, name, text):
        with open(os.path.join(self.user, name), "w", encoding="utf-8") as file:
            file.write(text)

    def git(self, folder, *words):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words],
                       cwd=folder, check=True, capture_output=True)

    def commit(self, folder):
        self.git(folder, "init", "-q")
        self.git(folder, "add", ".")
        self.git(folder, "commit", "-qm", "x")

    def shell(self, script, **variables):
        """As CI runs it: ends with the first command that fails."""
        env = dict(os.environ, PATH=self.bin + ":" + os.environ["PATH"], **variables)
        return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
                              cwd=self.user, env=env, capture_output=True, text=True, check=False)

    def called(self):
        with open(os.path.join(self.top, "called"), encoding="utf-8") as file:
            return file.read()


class GitHub(Wrapper):
    def action(self, paths=".", options="", fail_on=""):
        """Runs the steps that are scripts, each with what the ones before it left."""
        path = os.path.join(self.tool, "tools", "pgcheck", "ci")
        steps = list(blocks(read("tools/pgcheck/ci/action.yml"), "run"))
        self.assertEqual(len(steps), 2)
        out = os.path.join(self.top, "output")
        for step in steps:
            done = self.shell(step, GITHUB_ACTION_PATH=path, PATHS=paths, OPTIONS=options,
                              FAIL_ON=fail_on, SARIF="pgcheck.sarif", PAGES="https://x.example/y",
                              GITHUB_OUTPUT=out,
                              GITHUB_STEP_SUMMARY=os.path.join(self.top, "summary"))
            self.assertEqual(done.returncode, 0, done.stderr)
        with open(out, encoding="utf-8") as file:
            return int(file.read().split("status=")[-1]), done.stdout

    def test_action(self):
        self.write("new file.c", NEW)
        status, out = self.action()
        self.assertEqual(status, 1)
        self.assertIn("::error file=new file.c,line=3", out)
        self.assertIn("::error file=old.c,line=3", out)
        with open(os.path.join(self.user, "pgcheck.sarif"), encoding="utf-8") as file:
            run = json.load(file)["runs"][0]
        self.assertEqual(len(run["results"]), 2)
        self.assertEqual(run["tool"]["driver"]["rules"][1]["helpUri"], "https://x.example/y/PG01.rst")
        with open(os.path.join(self.top, "summary"), encoding="utf-8") as file:
            self.assertIn("| new file.c:3 | error | PG03 |", file.read())
        self.assertIn("coccinelle", self.called())

    def test_inputs(self):
        self.write("a good.c", GOOD)
        self.assertEqual(self.action("a good.c\nold.c", "--since=HEAD\n-j1")[0], 0)
        self.assertEqual(self.action("a good.c\nold.c\n")[0], 1)
        self.assertEqual(self.action("missing one.c")[0], 2)
        self.write("old.c", GOOD.replace("bio_add_page", "x->bv_len = bio_add_page"))
        self.assertEqual([self.action("old.c", fail_on=level)[0] for level in
                          ("", "note", "error")], [0, 1, 0])

    def test_paths_of_the_configuration(self):
        self.write("new.c", NEW)
        self.write(".pgcheck", 'paths = ["new.c"]\n')
        self.assertNotIn("old.c", self.action("")[1])
        os.unlink(os.path.join(self.user, ".pgcheck"))
        self.assertIn("old.c", self.action("")[1])

    def test_others_are_pinned(self):
        uses = re.findall(r"uses: (?!OWNER)(\S+)", read("tools/pgcheck/ci/action.yml"))
        self.assertTrue(uses)
        for name in uses:
            self.assertRegex(name, r"@[0-9a-f]{40}$")

    def test_inputs_are_those_of_the_steps(self):
        text = read("tools/pgcheck/ci/action.yml")
        for name in re.findall(r"inputs\.([\w-]+)", text):
            self.assertRegex(text, r"(?m)^  %s:$" % name)


def variables(text, margin):
    """The variables of a GitLab file (margin "") or of a job in it ("  ")."""
    found = re.search(r"(?m)^%svariables:\n((?:%s  .*\n)*)" % (margin, margin), text)
    return {name: value.strip('"') for name, value in
            re.findall(r"(?m)^ *(\w+): (.*)$", found.group(1) if found else "")}


class GitLab(Wrapper):
    def job(self, **given):
        """Runs the job as it is for a file that includes this one and gives variables."""
        text = read("tools/pgcheck/ci/gitlab.yml")
        script = "\n".join(list(blocks(text, "before_script")) + list(blocks(text, "script")))
        # The later setting wins: GitLab asks the job last.
        together = dict(variables(text, ""), **given)
        together.update(variables(text, "  "))
        return self.shell(script.replace("/opt/pgcheck", self.top + "/opt"), **together)

    def test_pgcheck_in_the_checkout(self):
        self.git(self.user, "mv", "old.c", "moved.c")
        done = self.job(PGCHECK=self.tool + "/tools/pgcheck/pgcheck")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("moved.c:3:", done.stdout)
        with open(os.path.join(self.user, "pgcheck.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)[0]["location"]["path"], "moved.c")
        self.assertTrue(os.path.exists(os.path.join(self.user, "pgcheck.xml")))
        self.assertIn("coccinelle", self.called())

    def test_nothing_that_a_user_cannot_replace(self):
        text = read("tools/pgcheck/ci/gitlab.yml")
        self.assertEqual(set(variables(text, "")), set(re.findall(r"\bPGCHECK(?:_\w+)?\b", text)))
        self.assertEqual(variables(text, "  "), {})

    def test_pgcheck_from_elsewhere(self):
        self.commit(self.tool)
        self.git(self.tool, "tag", "v1")
        self.write("a file.c", NEW)
        for given, status in (({}, 1), ({"PGCHECK_REF": "v1"}, 1), ({"PGCHECK_REF": "v2"}, 128),
                              ({"PGCHECK_OPTIONS": "--since=HEAD\n-j1",
                                "PGCHECK_PATHS": "old.c"}, 0),
                              ({"PGCHECK_PATHS": "old.c\na file.c"}, 1)):
            done = self.job(PGCHECK_URL="file://" + self.tool, **given)
            self.assertEqual(done.returncode, status, done.stderr)
            shutil.rmtree(self.top + "/opt")

    def test_artifacts_are_the_files_written(self):
        text = read("tools/pgcheck/ci/gitlab.yml")
        for name, path in re.findall(r"^      (codequality|junit): (\S+)$", text, re.MULTILINE):
            self.assertIn("=" + path, text.replace("--format=gitlab", "codequality")
                          .replace("--format=junit", "junit"), name)


class PreCommit(Wrapper):
    def hook(self, *names, hook="pgcheck"):
        text = read(".pre-commit-hooks.yaml")
        keys = dict(re.findall(r"(?m)^  (\w+): (.*)$",
                               re.search(r"(?m)^- id: %s\n((?:  .*\n)*)" % hook, text).group(1)))
        program, *words = keys["entry"].split()
        self.assertEqual(keys["language"], "script")
        return subprocess.run([os.path.join(self.tool, program), *words, *names], cwd=self.user,
                              capture_output=True, text=True, check=False)

    def test_only_changes_of_the_commit(self):
        self.write("old.c", OLD + NEW)
        self.git(self.user, "add", ".")
        done = self.hook("old.c")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual([line.split(" ")[0] for line in done.stdout.splitlines()], ["old.c:7:2:"])

    def test_nothing_new(self):
        self.write("old.c", OLD + GOOD)
        self.write("good.h", GOOD)
        self.git(self.user, "add", ".")
        done = self.hook("old.c", "good.h")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_all_files(self):
        self.assertEqual(self.hook("old.c").stdout, "")
        done = self.hook("old.c", hook="pgcheck-all")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("old.c:3:2:", done.stdout)
        self.write("good.c", GOOD)
        self.assertEqual(self.hook("good.c", hook="pgcheck-all").returncode, 0)

    def test_very_first_commit(self):
        shutil.rmtree(os.path.join(self.user, ".git"))
        self.git(self.user, "init", "-q")
        self.git(self.user, "add", ".")
        done = self.hook("old.c")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("old.c:3:2:", done.stdout)


class Fix(Wrapper):
    """--fix and --diff with the real spatch, on what the patch modes are tested with."""

    PATCHES = os.path.join(HERE, "patch")

    def words(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read().split()

    def test_as_the_patch_modes(self):
        names = sorted(name for name in os.listdir(self.PATCHES) if name.endswith(".c"))
        self.assertGreater(len(names), 2)
        for name in names:
            path = os.path.join(self.user, name)
            shutil.copy(os.path.join(self.PATCHES, name), path)
            before = self.words(path)
            command = [os.path.join(self.tool, "tools/pgcheck/pgcheck"), "--quiet",
                       "--rules=" + name[:4], name]
            diff = subprocess.run(command + ["--diff"], cwd=self.user, capture_output=True,
                                  text=True, check=False).stdout
            self.assertEqual(self.words(path), before)
            subprocess.run(command + ["--fix"], cwd=self.user, capture_output=True, check=False)
            after = self.words(path)
            self.assertEqual(after, self.words(os.path.join(self.PATCHES, name[:-1] + "fixed")))
            shutil.copy(os.path.join(self.PATCHES, name), path)
            subprocess.run(["patch", "-sp1"], input=diff, text=True, cwd=self.user, check=True)
            self.assertEqual(self.words(path), after)


class Install(Wrapper):
    def make(self, target):
        done = subprocess.run(["make", "-s", "-C", os.path.join(TOP, "tools", "pgcheck"), target,
                               "PREFIX=/usr", "DESTDIR=" + os.path.join(self.top, "dest")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def run_installed(self, *words):
        return subprocess.run([os.path.join(self.top, "dest", "usr", "bin", "pgcheck"), *words],
                              cwd=self.user, capture_output=True, text=True, check=False)

    def test_installed_one_works(self):
        self.make("install")
        done = self.run_installed(".")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("old.c:3:2: error", done.stdout)
        self.assertEqual(len(self.run_installed("--list-rules").stdout.splitlines()), 10)
        self.assertEqual(self.run_installed("--explain=PG01").stdout,
                         read("Documentation/checks/PG01.rst"))
        self.write("old.c", GOOD)
        self.assertEqual(self.run_installed(".").returncode, 0)

    def test_the_page_names_every_option(self):
        self.make("install")
        with open(os.path.join(self.top, "dest/usr/share/man/man1/pgcheck.1"),
                  encoding="utf-8") as file:
            page = file.read()
        words = set(re.findall(r"(--[a-z-]+)", self.run_installed("--help").stdout))
        self.assertEqual({word for word in words
                          if not re.search(r"Fl -%s\b" % word[2:], page)}, set())
        with open(os.path.join(self.tool, "tools/pgcheck/pgchecklib/config.py"),
                  encoding="utf-8") as file:
            settings = re.findall(r"^    (\S+) = ", file.read().split('"""')[1], re.MULTILINE)
        self.assertGreater(len(settings), 10)
        for name in settings:
            self.assertIn(".It Ic " + name + "\n", page)

    def test_wheel(self):
        """As pip makes and uses it, without a network."""
        try:
            import setuptools  # noqa: F401
        except ImportError:
            self.skipTest("no setuptools")
        out = os.path.join(self.top, "wheel")
        os.mkdir(out)
        done = subprocess.run([sys.executable, "-c", "import sys\n"
                               "from setuptools import build_meta\n"
                               "print(build_meta.build_wheel(sys.argv[1]))", out],
                              cwd=os.path.join(self.tool, "tools", "pgcheck"),
                              capture_output=True, text=True, check=False)
        if "wheel" in done.stderr.strip().split("\n")[-1] and done.returncode:
            self.skipTest("setuptools without wheel")
        self.assertEqual(done.returncode, 0, done.stderr)
        shutil.unpack_archive(os.path.join(out, done.stdout.split()[-1]), out, "zip")
        for words, status in ((["."], 1), (["--explain=PG01"], 0), (["--list-rules"], 0)):
            done = subprocess.run([sys.executable, "-c", "from pgchecklib.cli import script\n"
                                   "script()", *words], cwd=self.user, capture_output=True,
                                  text=True, check=False, env=dict(os.environ, PYTHONPATH=out))
            self.assertEqual(done.returncode, status, done.stderr)

    def test_uninstall_removes_it_all(self):
        self.make("install")
        self.run_installed(".")
        self.make("uninstall")
        left = [name for _, _, names in os.walk(os.path.join(self.top, "dest")) for name in names]
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
