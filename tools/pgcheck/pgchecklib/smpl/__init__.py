# SPDX-License-Identifier: GPL-2.0
"""Python functions that the semantic patches call to examine an expression.

SmPL finds statements and the paths between them, and passes expressions as texts. These
modules, one for each rule that has a semantic patch, decide from the names in flow/facts.py
whether a text is relevant to the rule.
"""
