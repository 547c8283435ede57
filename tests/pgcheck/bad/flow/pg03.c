// SPDX-License-Identifier: GPL-2.0
/* Results dropped by wrappers and projects' own assertions. Each marked line has to be reported. */

#define LASSERT(cond) do { if (unlikely(!(cond))) lbug(#cond); } while (0)
static void add_lnb(struct bio *bio, struct page *page, int off, int len)
{
	LASSERT(bio_add_page(bio, page, len, off) == len);	/* expect: PG03 */
}

static void vdev_fill(struct bio *bio, struct page *pg, unsigned int sz)
{
	unsigned int did = bio_add_page(bio, pg, sz, 0);	/* expect: PG03 */

	VERIFY3U(did, ==, sz);
}

static int put_page_in(struct bio *b, struct page *p)
{
	return bio_add_page(b, p, PAGE_SIZE, 0);
}
static void write_super(struct bio *b, struct page *p)
{
	put_page_in(b, p);	/* expect: PG03 */
	submit_bio(b);
}

static inline bool myfs_add(struct bio *b, struct folio *f, size_t l, size_t o)
{
	return bio_add_folio(b, f, l, o);
}
static void myfs_read(struct bio *b, struct folio *f)
{
	bool ok = myfs_add(b, f, folio_size(f), 0);	/* expect: PG03 */

	WARN_ON_ONCE(!ok);
	submit_bio(b);
}

static void queue_page(struct bio *bio, struct page __pgmap *p)
{
	BUG_ON(!pgmap_bio_add_page(bio, p, PAGE_SIZE, 0));	/* expect: PG03 */
}

static int queue_pages(struct bio *bio, struct page __pgmap **p, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (pgmap_bio_add_page(bio, p[i], PAGE_SIZE, 0) != PAGE_SIZE)	/* expect: PG03 */
			return -EIO;
	return 0;
}

static void erofs_like(struct bio *bio, struct page *page)
{
	int err;

	err = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */
	DBG_BUGON(err < PAGE_SIZE);
	submit_bio(bio);
}

static int stack_add(struct stack_io *io, struct page *p, unsigned int l)
{
	if (bio_add_page(io->bio, p, l, 0) < l)
		return -ENOSPC;
	return 0;
}
static int stack_all(struct stack_io *io, struct page **p, int n)
{
	int i, rc;

	for (i = 0; i < n; i++) {
		rc = stack_add(io, p[i], PAGE_SIZE);	/* expect: PG03 */
		if (rc)
			return rc;
	}
	return 0;
}

static struct bio *crypt_alloc(struct ctx *cc, unsigned int size)
{
	struct bio *clone = bio_alloc_bioset(cc->dev, DIV_ROUND_UP(size, PAGE_SIZE), REQ_OP_WRITE, GFP_NOIO, &cc->bs);
	unsigned int remaining = size;

	while (remaining) {
		struct page *page = mempool_alloc(&cc->page_pool, GFP_NOIO);
		unsigned int len = min_t(unsigned int, remaining, PAGE_SIZE);

		bio_add_page(clone, page, len, 0);	/* expect: PG03 */
		remaining -= len;
	}
	return clone;
}

static void ppl_add(struct bio *bio, struct page *page)
{
	int ret = bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */

	if (ret != PAGE_SIZE)
		pr_warn("short add %d\n", ret);
}

static bool rdev_add(struct rdev *r, struct page *p, int len)
{
	return bio_add_page(r->bio, p, len, 0) == len;
}
static void rdev_fill(struct rdev *r, struct page **p, int n)
{
	while (n--)
		rdev_add(r, *p++, PAGE_SIZE);	/* expect: PG03 */
}

static int submit_pages(struct block_device *bdev, sector_t s, struct page **pages, unsigned int n)
{
	struct bio *bio;
	unsigned int i;
	int err = 0;

	bio = bio_alloc(bdev, min(n, BIO_MAX_VECS), REQ_OP_READ, GFP_KERNEL);
	bio->bi_iter.bi_sector = s;
	for (i = 0; i < n; i++) {
		err = bio_add_page(bio, pages[i], PAGE_SIZE, 0);	/* expect: PG03 */
		if (err != PAGE_SIZE) {
			err = -EFAULT;
			goto put;
		}
	}
	err = submit_bio_wait(bio);
put:
	bio_put(bio);
	return err;
}

static void vbio_fill(vbio_t *vbio, struct page *page, uint_t size, uint_t offset)
{
	ASSERT3U(bio_add_page(vbio->vb_bio, page, size, offset), ==, size);	/* expect: PG03 */
}

/* By macros. */
#define ADD_PAGE(bio, page) bio_add_page(bio, page, PAGE_SIZE, 0)
#define ADD_FOLIO(bio, folio) (bio_add_folio((bio), (folio), folio_size(folio), 0))
#define ADD_BLINDLY(bio, page)						\
do {									\
	bio_add_page(bio, page, PAGE_SIZE, 0);	/* expect: PG03 */	\
} while (0)

static void by_macro(struct bio *bio, struct page *page)
{
	ADD_PAGE(bio, page);	/* expect: PG03 */
	(void)ADD_FOLIO(bio, page_folio(page));	/* expect: PG03 */
	ADD_BLINDLY(bio, page);
}
