#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A hook of dracut, which reads it when the device of the root is there and before it is
# mounted: makes the root's bounce disk.

modprobe -q bounce_blk
[ -d /sys/kernel/config/bounce_blk ] || mount -t configfs configfs /sys/kernel/config
bouncectl --initramfs --wait=30 restore || warn 'a bounce disk is missing'
