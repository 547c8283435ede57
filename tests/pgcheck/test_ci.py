#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The CI wrappers and the SARIF output, as foreign programs run and read them.

Each is skipped unless the environment says where its program is:

    ACTIONS_MODULES=DIR     a node_modules with @actions/workflow-parser and @actions/expressions;
                            node 22.15 or later is in PATH
    GITLAB_CI_LOCAL=FILE    gitlab-ci-local; rsync is in PATH
    PRE_COMMIT=FILE         pre-commit
    SARIF_MULTITOOL=FILE    Sarif.Multitool
"""
import json
import os
import re
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)

from test_wrappers import GOOD, NEW, TOP, Wrapper, read  # noqa: E402

# Prints the errors of the parser, or the steps of a composite action with the expressions
# in their environments worked out. argv: kind, file, contexts as JSON.
NODE = r'''
import {readFileSync} from "fs";
import {registerHooks} from "module";
registerHooks({load: (url, context, next) => next(url, url.endsWith(".json") ?
    {...context, importAttributes: {type: "json"}} : context)});
const [modules, kind, file, given] = process.argv.slice(2);
const parser = await import(modules + "/@actions/workflow-parser/dist/index.js");
const actions = await import(modules + "/@actions/workflow-parser/dist/actions/index.js");
const {Lexer, Parser, Evaluator, data} = await import(modules + "/@actions/expressions/dist/index.js");
const trace = {error() {}, verbose() {}, info() {}};
const parse = kind == "action" ? actions.parseAction : parser.parseWorkflow;
const result = parse({name: file, content: readFileSync(file, "utf-8")}, trace);
const errors = result.context.errors.getErrors().map(error => error.message);
const contexts = JSON.parse(given);
const make = value => typeof value == "object" ? new data.Dictionary(
    ...Object.entries(value).map(([key, inner]) => ({key, value: make(inner)}))) :
    new data.StringData(String(value));
const plain = token => {
    if (token.templateTokenType == 2) {
        const found = {};
        for (let n = 0; n < token.count; n++)
            found[token.get(n).key.toString()] = plain(token.get(n).value);
        return found;
    }
    if (token.templateTokenType == 1) {
        const found = [];
        for (let n = 0; n < token.count; n++)
            found.push(plain(token.get(n)));
        return found;
    }
    if (token.templateTokenType == 3) {
        const lexed = new Lexer(token.expression).lex();
        const tree = new Parser(lexed.tokens, Object.keys(contexts), [
            {name: "format", minArgs: 1, maxArgs: 255}]).parse();
        return new Evaluator(tree, make(contexts)).evaluate().coerceString();
    }
    return token.toString();
};
const steps = kind == "action" && !errors.length ? plain(result.value).runs.steps : [];
console.log(JSON.stringify({errors, steps}));
'''
WORKFLOW = """
on: [push]
permissions: {contents: read, security-events: write}
jobs:
  pgcheck:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: OWNER/REPOSITORY/tools/pgcheck/ci@REVISION
        with:
          paths: |
            drivers/foo
            a name with blanks.c
          options: --since=origin/main
"""


class Foreign(Wrapper):
    """A wrapper test that needs a program."""

    VARIABLE = ""

    def setUp(self):
        self.program = os.environ.get(self.VARIABLE)
        if not self.program:
            self.skipTest(self.VARIABLE + " is not set")
        super().setUp()
        self.write("a file.c", NEW)
        self.write("good.c", GOOD)
        self.commit(self.user)

    def call(self, words, **variables):
        """Runs a program in the user's repository."""
        env = dict(os.environ, PATH=self.bin + ":" + os.environ["PATH"], **variables)
        return subprocess.run(words, cwd=self.user, env=env, capture_output=True, text=True,
                              check=False)

    def artifact(self, name):
        with open(os.path.join(self.user, name), encoding="utf-8") as file:
            return file.read()


class Action(Foreign):
    VARIABLE = "ACTIONS_MODULES"

    def parsed(self, kind, path, **contexts):
        script = os.path.join(self.top, "parse.mjs")
        with open(script, "w", encoding="utf-8") as file:
            file.write(NODE)
        done = self.call(["node", script, self.program, kind, path, json.dumps(contexts)])
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_workflow_of_the_documents(self):
        path = os.path.join(self.top, "workflow.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(WORKFLOW)
        self.assertEqual(self.parsed("workflow", path)["errors"], [])
        with open(path, "w", encoding="utf-8") as file:
            file.write(WORKFLOW.replace("runs-on", "runs-where"))
        self.assertNotEqual(self.parsed("workflow", path)["errors"], [])

    def run_action(self, **inputs):
        """The steps with what the parser and the evaluator of the runner make of them."""
        path = os.path.join(self.tool, "tools", "pgcheck", "ci", "action.yml")
        defaults = {"paths": "", "options": "", "fail-on": "", "sarif": "pgcheck.sarif",
                    "upload": "true"}
        out, status = os.path.join(self.top, "out"), 0
        contexts = {"inputs": dict(defaults, **inputs), "steps": {"run": {"outputs": {
            "status": "0"}}}, "github": {"server_url": "https://h.example", "action_ref": "v1",
                                         "action_repository": "o/r"}}
        parsed = self.parsed("action", path, **contexts)
        self.assertEqual(parsed["errors"], [])
        for number in range(len(parsed["steps"])):
            step = self.parsed("action", path, **contexts)["steps"][number]
            if "uses" in step:
                self.assertEqual(step["with"]["sarif_file"], "pgcheck.sarif")
                continue
            done = self.shell(step["run"], GITHUB_ACTION_PATH=os.path.dirname(path),
                              GITHUB_OUTPUT=out, GITHUB_STEP_SUMMARY=self.top + "/summary",
                              **step.get("env", {}))
            status = done.returncode
            if os.path.exists(out):
                with open(out, encoding="utf-8") as file:
                    contexts["steps"]["run"]["outputs"]["status"] = \
                        re.search(r"status=(\d+)", file.read()).group(1)
        return status

    def test_action(self):
        self.assertEqual(self.run_action(paths="a file.c\ngood.c"), 1)
        run = json.loads(self.artifact("pgcheck.sarif"))["runs"][0]
        place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        self.assertEqual(place["uri"], "a%20file.c")
        self.assertEqual(run["tool"]["driver"]["rules"][0]["helpUri"],
                         "https://h.example/o/r/blob/v1/Documentation/checks/PG00.rst")
        os.unlink(os.path.join(self.top, "out"))
        self.assertEqual(self.run_action(paths="good.c"), 0)


class GitLab(Foreign):
    VARIABLE = "GITLAB_CI_LOCAL"

    def job(self, **given):
        """The job in a project that includes the file."""
        text = read("tools/pgcheck/ci/gitlab.yml").replace("/opt/pgcheck", self.top + "/opt")
        self.write("gitlab.yml", text)
        self.write(".gitlab-ci.yml", "include: {local: gitlab.yml}\nvariables: %s\n"
                   % json.dumps(given))
        self.commit(self.user)
        self.git(self.user, "remote", "add", "origin", "git@h.example:o/r.git")
        return self.call([self.program, "--force-shell-executor", "pgcheck"])

    def test_job(self):
        self.commit(self.tool)
        done = self.job(PGCHECK_URL="file://" + self.tool, PGCHECK_PATHS="a file.c\ngood.c")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("a file.c:3:2: error", done.stdout)
        self.assertIn("coccinelle", self.called())

    def test_nothing_found(self):
        self.commit(self.tool)
        done = self.job(PGCHECK_URL="file://" + self.tool, PGCHECK_PATHS="good.c")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class PreCommit(Foreign):
    VARIABLE = "PRE_COMMIT"

    def hook(self, name, *words):
        self.write(".pre-commit-config.yaml", "repos:\n- repo: file://%s\n  rev: v1\n  hooks:\n"
                   "  - id: %s\n" % (self.tool, name))
        self.git(self.user, "add", ".")
        return self.call([self.program, "run", *words], PRE_COMMIT_HOME=self.top + "/home")

    def setUp(self):
        super().setUp()
        self.commit(self.tool)
        self.git(self.tool, "tag", "v1")

    def test_only_changes_of_the_commit(self):
        self.write("old.c", GOOD)
        done = self.hook("pgcheck")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Passed", done.stdout)
        self.write("old file.c", NEW)
        done = self.hook("pgcheck")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("old file.c:3:2: error", done.stdout)
        self.assertNotIn("a file.c", done.stdout)

    def test_all_files(self):
        done = self.hook("pgcheck-all", "--all-files")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("a file.c:3:2: error", done.stdout)


class Sarif(Foreign):
    VARIABLE = "SARIF_MULTITOOL"

    def validated(self, status, *words):
        """What the rules of SARIF and of GitHub's code scanning find wrong in a run's file."""
        self.call([os.path.join(self.tool, "tools/pgcheck/pgcheck"), "--format=sarif=x.sarif",
                   *words])
        with open(os.path.join(self.user, "x.sarif"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["runs"][0]["invocations"][0]["executionSuccessful"],
                             status)
        done = self.call([self.program, "validate", "x.sarif", "--rule-kind", "Sarif;Ghas",
                          "--level", "Error;Warning"])
        self.assertEqual(done.returncode, 0, done.stdout)
        return re.findall(r": (?:error|warning) .*", done.stdout)

    def test_findings(self):
        self.write("old.c", "/* \u00fc */ " + NEW + "/* pgcheck: allow PG03 nothing */\n")
        for words in ((".",), ("good.c",), (os.path.join(self.user, "old.c"),)):
            self.assertEqual(self.validated(True, *words), [])

    def test_no_verdict(self):
        self.write("old.c", "\0")
        self.assertEqual(self.validated(False, "."), [])
        self.assertEqual(self.validated(False, "missing.c"), [])

    def test_the_tool_finds_something(self):
        self.write("pgcheck.sarif", json.dumps({"version": "2.1.0", "runs": [{"tool": {
            "driver": {"name": "x"}}, "results": [{"ruleIndex": 3, "message": {"text": "x"}}]}]}))
        done = self.call([self.program, "validate", "pgcheck.sarif", "--rule-kind", "Sarif;Ghas"])
        self.assertIn("error", done.stdout)


if __name__ == "__main__":
    assert os.path.isdir(TOP)
    unittest.main()
