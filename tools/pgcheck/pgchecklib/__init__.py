# SPDX-License-Identifier: GPL-2.0
"""The runner behind pgcheck: sources in, findings out. Each module says what it is for."""

VERSION = "1.0.0"


class CannotAnalyse(Exception):
    """Something could not be analysed; the program ends with status 2."""
