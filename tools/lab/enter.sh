#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs a command in the lab's root: enter.sh LAB SRC COMMAND...
# Called by in_root() in a mount namespace of its own, so that all mounts
# vanish with the command. The root is the lower layer of an overlay: the
# changes that a command makes in it are dropped. The headers of each kernel are a further
# lower layer.
#
# The checkout is at $lab/src, too: ccache finds what was compiled for another checkout if
# the paths, which it takes relative to the compiler's directory, are the same. Where -MMD
# leaves out the system's headers, ccache sees by the packages that these have changed.
#
# VTL0_LAB: a lab that the command runs would look for the cache below HOME, which is the root's.
set -eu
lab=$1
src=$2
shift 2
dir=$PWD

lower=$lab/root
for tree in "$lab"/kernels/*/tree; do
	case $tree in
	*.new/tree | *'*'*) ;;
	*) lower=$tree:$lower ;;
	esac
done
mnt=$lab/mnt
mkdir -p "$mnt"
mount -t tmpfs lab "$mnt"
mkdir "$mnt/upper" "$mnt/work" "$mnt/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$mnt/upper,workdir=$mnt/work" lab "$mnt/root"
for d in /proc /sys /dev /tmp; do
	mount --rbind "$d" "$mnt/root$d"
done
for d in "$src" "$lab" "$dir"; do
	mkdir -p "$mnt/root$d"
	mount --bind "$d" "$mnt/root$d"
done
mkdir -p "$lab/src"
mount --bind "$src" "$mnt/root$lab/src"
# The source trees of kernels that "setup --source" built: a build in O= reads its tree.
for link in "$lab"/sources/*; do
	[ -d "$link" ] || continue
	d=$(readlink "$link")
	mkdir -p "$mnt/root$d"
	mount --bind "$d" "$mnt/root$d"
done
cp /etc/resolv.conf "$mnt/root/etc/resolv.conf" 2>/dev/null || :

# shellcheck disable=SC2016 # expanded by the inner shell
exec chroot "$mnt/root" /usr/bin/env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES \
	PATH=/usr/lib/ccache:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin \
	CCACHE_DIR="$lab/ccache" CCACHE_BASEDIR=/ CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 \
	CCACHE_EXTRAFILES=/var/lib/dpkg/status CCACHE_MAXSIZE=2G \
	HOME=/root VTL0_LAB="$lab" LANG=C.UTF-8 LC_ALL=C.UTF-8 \
	/bin/sh -c 'cd "$0" && exec "$@"' "$dir" "$@"
