// SPDX-License-Identifier: GPL-2.0
/* The first vec of the metadata, by its address. */

static dma_addr_t meta(struct dev *d, struct bio *bio, size_t len)
{
	struct bio_integrity_payload *bip = bio_integrity(bio);
	struct bio_vec *iv = &bip->bip_vec[0];	/* expect: PG09 */

	return dma_map_page(d->dev, iv->bv_page, iv->bv_offset, len, DMA_FROM_DEVICE);
}
