// SPDX-License-Identifier: GPL-2.0
/// Mark the places where pages come into a driver that exists, for sparse.
///
/// What sg_page(), a bvec and pinning give may be a page of a pgmap. This makes
/// them give "struct page __pgmap *" in the files that are named; sparse then
/// reports each place to which such a page gets and where nothing has looked at
/// it. Add the include of linux/pgmap_pages.h by hand.
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
