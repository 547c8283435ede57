# SPDX-License-Identifier: GPL-2.0
"""Sphinx configuration: "make htmldocs" sets KSRC to a kernel source tree.

The kernel-doc directive is the kernel's own; it looks for its parser below the
directory that the environment calls srctree.
"""
import os
import re
import sys

here = os.path.dirname(os.path.abspath(__file__))
top = os.path.dirname(here)
os.environ["srctree"] = os.environ["KSRC"]
sys.path.insert(0, os.path.join(os.environ["KSRC"], "Documentation", "sphinx"))

extensions = ["kerneldoc"]
kerneldoc_srctree = top

project = "vtl0"
author = "vtl0 contributors"
with open(os.path.join(top, "dkms.conf"), encoding="utf-8") as conf:
    release = re.search(r'^PACKAGE_VERSION="(.*)"$', conf.read(), re.M).group(1)
version = release

exclude_patterns = ["output"]
html_theme = "alabaster"
html_theme_options = {"page_width": "70em", "sidebar_width": "16em"}
html_show_copyright = False
html_copy_source = False
primary_domain = "c"
# Annotations that stand in prototypes.
c_id_attributes = ["__pgmap", "__user"]
highlight_language = "none"
