#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Metadata in two pages that happen to be neighbours: is all of it transferred?
#
#	lab run --kernel 7.3 --smp 1 --nvme pi --append swiotlb=force -- upstream/nvme-metadata-vecs/reproduce.sh

exec reproduce-nvme-metadata-vecs /dev/nvme0n1
