# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # variables of the other files, both ways
# Part of lab: what is different for a kernel of arm64. The root's cross compiler builds
# modules and programs. The guest's programs and libraries are Debian's packages, unpacked
# without being configured: their scripts would run arm64 programs.

ARM64_CROSS=aarch64-linux-gnu-
# The guest's programs, and the libraries that the checkout's programs are linked with.
ARM64_PACKAGES='bash coreutils dash diffutils dmsetup e2fsprogs fdisk fio findutils
gawk grep hostname kmod libc6-dev libjson-c-dev libnuma-dev liburing-dev
linux-libc-dev nvme-cli procps psmisc sed strace udev util-linux util-linux-extra'
# fdtput and its libraries: make_deb_kernel() unpacks them with the kernel's headers, which
# "lab enter" shows in the build root.
ARM64_TOOLS='device-tree-compiler:amd64 libfdt1:amd64 libyaml-0-2:amd64'

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

# make_device_tree QEMU-COMMAND...: makes $run/virt.dtb. arm64 has no memmap= that reserves
# memory; firmware does. So the reserved ranges are cut out of the memory node of the device
# tree that QEMU writes (what a memory node has gets struct pages at boot), and each is
# named by a no-map node.
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

# cells START SIZE: prints the "reg" of one range, four cells of 32 bits
cells() {
	printf '%x %x %x %x ' $(($1 >> 32)) $(($1 & 0xffffffff)) $(($2 >> 32)) $(($2 & 0xffffffff))
}

# memory_cells: prints the "reg" of RAM without the reserved ranges, in ascending order. RAM
# of the machine "virt" begins at 1 GiB.
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

# bytes SIZE[$ADDRESS]: prints a size such as 1G, 256M or 64K as a number
bytes() {
	number=${1%%\$*}
	case $number in
	*[Gg]) echo $((${number%?} << 30)) ;;
	*[Mm]) echo $((${number%?} << 20)) ;;
	*[Kk]) echo $((${number%?} << 10)) ;;
	*) echo $((number)) ;;
	esac
}
