# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # variables of the other files, both ways
# Part of lab: what is different for a kernel of arm64. The root's cross compiler builds
# modules and programs. The guest's programs and libraries are Debian's packages, unpacked
# without being configured: their scripts would run arm64 programs.

ARM64_CROSS=aarch64-linux-gnu-
# The guest's programs, and the libraries that the checkout's programs are linked with.
ARM64_PACKAGES='bash blktrace coreutils dash diffutils dmsetup e2fsprogs fdisk fio findutils
gawk grep hostname kmod libc6-dev libjson-c-dev libnuma-dev liburing-dev
linux-libc-dev mdadm mount nvme-cli parted procps psmisc sed strace udev util-linux
util-linux-extra xfsprogs'

# user_cc: prints the compiler for programs of the guest
user_cc() {
	case $arch in
	arm64) echo "${ARM64_CROSS}gcc-14 --sysroot=$LAB/arm64" ;;
	*) echo gcc ;;
	esac
}

# user_make ARGUMENT...: make for programs of the guest
user_make() {
	if [ -z "$arch" ]; then
		in_root make "$@"
		return
	fi
	in_root env PKG_CONFIG_SYSROOT_DIR="$LAB/arm64" \
		PKG_CONFIG_LIBDIR="$LAB/arm64/usr/lib/aarch64-linux-gnu/pkgconfig" \
		make CC="$(user_cc)" "$@"
}

# with_progress() runs this in a subshell, so that "native" is set for this apt only.
make_arm64_userland() {
	update_lists
	new=$LAB/arm64.new
	rm -rf "$new"
	# ccache does not see that headers there have changed.
	rm -rf "$LAB/ccache"
	mkdir -p "$new/usr"
	for dir in bin sbin lib; do
		mkdir "$new/usr/$dir"
	done
	native=arm64
	# shellcheck disable=SC2086 # a list
	lab_apt apt-get install --download-only -y --no-install-recommends $ARM64_PACKAGES
	for deb in "$LAB/apt-arm64/cache/archives"/*.deb; do
		dpkg-deb -x "$deb" "$new"
		rm "$deb"
	done
	# Packages leave the links /bin, /sbin and /lib to base-files, awk to
	# update-alternatives.
	for dir in bin sbin lib; do
		[ ! -L "$new/$dir" ] || continue
		[ ! -d "$new/$dir" ] || cp -a "$new/$dir/." "$new/usr/$dir/"
		rm -rf "${new:?}/$dir"
		ln -s "usr/$dir" "$new/$dir"
	done
	ln -sf gawk "$new/usr/bin/awk"
	[ -e "$new/usr/bin/sh" ] || ln -s dash "$new/usr/bin/sh"
	mkdir -p "$new/etc"
	cp "$LAB/root/etc/passwd" "$LAB/root/etc/group" "$new/etc/"
	rm -rf "$LAB/arm64"
	mv "$new" "$LAB/arm64"
	make_image "$LAB/arm64" "$LAB/userland-arm64.erofs" "$NOT_IN_GUEST"
}

# memory_limit: prints how much memory lies below the reserved ranges; RAM of the machine
# "virt" begins at 1 GiB. arm64 has no memmap= that reserves memory, and QEMU writes the
# memory node of any device tree: the kernel gets what is below the lowest range (mem=).
memory_limit() {
	for word in $reserves; do
		echo $((${word#*\$} - (1 << 30)))
	done | sort -n | head -n 1
}

# make_devicetree: makes $run/dtb, the devicetree that QEMU would make, and in it the nodes of
# /reserved-memory that devicetree.py puts into each reserved range.
make_devicetree() {
	rm -f "$run/dtb"
	{
		machine=$machine,dumpdtb=$r/dtb.new machine_options
		numa_options
	} | tr '\n' '\0' | xargs -0 "$root/usr/lib64/ld-linux-x86-64.so.2" \
		--library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/$qemu" >&2
	# In the cache, as in make_init().
	cp "$LAB_DIR/devicetree.py" "$run/"
	# shellcheck disable=SC2046 # a list
	in_root python3 "$run/devicetree.py" "$run/dtb.new" \
		$(for word in $reserves; do echo "${word#memmap=}"; done | tr '$' '@')
	mv "$run/dtb.new" "$run/dtb"
}
