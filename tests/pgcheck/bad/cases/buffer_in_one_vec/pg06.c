// SPDX-License-Identifier: GPL-2.0
/* The pages of one folio are one vec. */

static void buf_unmap(struct imu *imu)
{
	unsigned int i;

	for (i = 0; i < imu->nr_bvecs; i++)
		unpin_user_page(imu->bvec[i].bv_page);	/* expect: PG06 */
	kvfree(imu);
}

static int buf_coalesce(struct imu *imu, struct page **pages, int nr)
{
	struct folio *folio = page_folio(pages[0]);
	int i;

	for (i = 1; i < nr; i++)
		if (page_folio(pages[i]) != folio)
			return 0;
	bvec_set_page(&imu->bvec[0], pages[0], (size_t)nr << PAGE_SHIFT, 0);
	imu->nr_bvecs = 1;
	return 1;
}
