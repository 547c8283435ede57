# SPDX-License-Identifier: GPL-2.0
"""What the semantic patches ask of an expression.

SmPL finds statements and the ways between them, and hands over texts; whether a text is
one that a rule is about is decided here, from the names in flow/facts.py. One module for
each rule that has a semantic patch.
"""
