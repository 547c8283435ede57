// SPDX-License-Identifier: GPL-2.0
/// Mark the places where pages come into a driver that exists, for sparse.
///
/// sg_page(), bv_page and the functions that pin may return a page of a pgmap. In the
/// files that are named they return "struct page __pgmap *" after this patch, so that
/// sparse reports each place that takes such a page without the mark. Add the
/// include of linux/pgmap_pages.h by hand.
// Confidence: High
// Comments: changes no code that runs
// URL: Documentation/checks/adopt.rst
// Options: --no-includes

virtual patch

@array@
identifier f, pages;
identifier pin = {pin_user_pages_fast, pin_user_pages, get_user_pages_fast};
expression a, b, c;
@@
f(...)
{
<+...
pin(a, b, c, pages)
...+>
}

@declared@
identifier array.f, array.pages;
attribute name __pgmap;
expression E;
@@
f(...)
{
... when any
(
- struct page *pages[E];
+ struct page __pgmap *pages[E];
|
- struct page **pages;
+ struct page __pgmap **pages;
|
- struct page **pages = E;
+ struct page __pgmap **pages = E;
)
... when any
}

@pinned@
expression a, b, c, d;
@@
(
- pin_user_pages_fast
+ pgmap_pin_user_pages_fast
  (a, b, c, d)
|
- pin_user_pages
+ pgmap_pin_user_pages
  (a, b, c, d)
|
- get_user_pages_fast
+ pgmap_get_user_pages_fast
  (a, b, c, d)
|
- iov_iter_extract_pages
+ pgmap_extract_pages
  (...)
)

@entry@
expression E;
@@
- sg_page(E)
+ pgmap_sg_page(E)

@vec_pointer@
expression E, X;
@@
(
  E->bv_page = X
|
- E->bv_page
+ pgmap_bvec_page(E)
)

@vec@
expression E, X;
@@
(
  E.bv_page = X
|
- E.bv_page
+ pgmap_bvec_page(&E)
)
