# SPDX-License-Identifier: GPL-2.0
"""Data flow over C sources: what no pattern of single statements can see.

A function is read into a tree (parser.py) and a graph of its control flow (graph.py). The
checks ask where a value comes from and which ways lead from one place to another. What a
name of the kernel means stands in facts.py, what a function of the analysed files means
is worked out from its body (summary.py).
"""
