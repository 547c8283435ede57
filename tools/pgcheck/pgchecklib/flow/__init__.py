# SPDX-License-Identifier: GPL-2.0
"""Data flow over C sources, for findings that no pattern of single statements can make.

A function is parsed into a tree (parser.py) and a control-flow graph (graph.py). The checks
ask where a value comes from and which paths lead from one place to another. facts.py tells
what the kernel's functions and fields mean; for a function of the analysed files that is
derived from its body.
"""
