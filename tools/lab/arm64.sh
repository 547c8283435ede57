# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # variables of the other files, both ways
# Part of lab: what is different for a kernel of arm64. Modules and programs are
# built by the root's cross compiler; the guest's programs and libraries are
# Debian's, unpacked only, as nothing of that architecture can be run here.

ARM64_CROSS=aarch64-linux-gnu-
# The guest's programs, and what the checkout's programs are linked with.
ARM64_PACKAGES='bash coreutils dash diffutils dmsetup e2fsprogs fdisk fio findutils
gawk grep hostname kmod libc6-dev libjson-c-dev libnuma-dev liburing-dev
linux-libc-dev nvme-cli procps psmisc sed strace udev util-linux util-linux-extra'
# Into the build root, beside the kernel's headers: fdtput, with its libraries.
ARM64_TOOLS='device-tree-compiler:amd64 libfdt1:amd64 libyaml-0-2:amd64'

# The compiler of programs for the guest.
user_cc() {
	case $arch in
	arm64) echo "${ARM64_CROSS}gcc-14 --sysroot=$LAB/arm64" ;;
	*) echo gcc ;;
	esac
}

# make for programs of the guest
user_make() {
	if [ -z "$arch" ]; then
		in_root make "$@"
		return
	fi
	in_root env PKG_CONFIG_SYSROOT_DIR="$LAB/arm64" \
		PKG_CONFIG_LIBDIR="$LAB/arm64/usr/lib/aarch64-linux-gnu/pkgconfig" \
		make CC="$(user_cc)" "$@"
}

# In a subshell, so that apt takes arm64 for its own only here.
make_arm64_userland() {
	update_lists
	new=$LAB/arm64.new
	rm -rf "$new"
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
	# What packages leave to base-files and to update-alternatives.
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

# There is no memmap= on arm64: firmware keeps memory from the kernel. Here it is not
# in the memory node of the device tree that QEMU makes for these options, as what is
# there has struct pages from the start, and named by a no-map node.
make_device_tree() {
	"$@" 2>/dev/null
	# shellcheck disable=SC2046 # cells
	in_root fdtput -t x "$run/virt.dtb" /memory@40000000 reg $(memory_cells)
	in_root fdtput -c "$run/virt.dtb" /reserved-memory
	in_root fdtput -t x "$run/virt.dtb" /reserved-memory '#address-cells' 2
	in_root fdtput -t x "$run/virt.dtb" /reserved-memory '#size-cells' 2
	in_root fdtput "$run/virt.dtb" /reserved-memory ranges
	for word in $reserves; do
		size=$(bytes "${word#memmap=}")
		start=$((${word#*\$}))
		node=/reserved-memory/vtl0@$(printf %x "$start")
		in_root fdtput -c "$run/virt.dtb" "$node"
		# shellcheck disable=SC2046 # cells
		in_root fdtput -t x "$run/virt.dtb" "$node" reg $(cells "$start" "$size")
		in_root fdtput "$run/virt.dtb" "$node" no-map
	done
}

# cells START SIZE: a "reg" of one range
cells() {
	printf '%x %x %x %x ' $(($1 >> 32)) $(($1 & 0xffffffff)) $(($2 >> 32)) $(($2 & 0xffffffff))
}

# What is left of the memory, which begins at 1 GiB, in ascending order.
memory_cells() {
	from=$((1 << 30))
	for word in $reserves; do
		echo "$((${word#*\$})) $(bytes "${word#memmap=}")"
	done | sort -n | {
		while read -r start size; do
			[ "$start" -le "$from" ] || cells "$from" $((start - from))
			from=$((start + size))
		done
		cells "$from" $(((1 << 30) + ($(mem_mib "$mem") << 20) - from))
	}
}

# bytes SIZE[$ADDRESS]: 1G, 256M or 64K as a number
bytes() {
	number=${1%%\$*}
	case $number in
	*[Gg]) echo $((${number%?} << 30)) ;;
	*[Mm]) echo $((${number%?} << 20)) ;;
	*[Kk]) echo $((${number%?} << 10)) ;;
	*) echo $((number)) ;;
	esac
}
