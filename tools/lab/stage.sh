# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2153,SC2154 # variables of the other files, both ways
# Part of lab: builds the checkout's modules and programs, and an image of them for
# the guest.

# build_checkout: builds for $kernel if a source file or the kernel changed. Another run that
# needs the same build waits for the lock.
build_checkout() {
	checkout=$(basename "$SRC")-$(printf '%s' "$SRC" | cksum | cut -d' ' -f1)
	built=$LAB/build/$kernel-$checkout
	# Modules that were built otherwise are others.
	[ -z "$makes" ] || built=$built-make-$(printf '%s' "$makes" | cksum | cut -d' ' -f1)
	page_bits=$(kernel_page_bits "$kernel")
	programs=$LAB/build/programs${arch:+-$arch}${page_bits:+-page$page_bits}-$checkout
	[ ! -f "$SRC/Makefile" ] || set_up source
	mkdir -p "$built"
	# The stamp of a kernel from a source tree is the same when the tree has changed.
	inputs="$SRC $(cat "$LAB/stamp/kernel-$kernel" "$LAB/stamp/root") $(stat -c %Y "$LAB/kernels/$kernel")"
	exec 8>"$built/lock"
	if ! flock -n 8; then
		say "waiting for another run to build the checkout"
		flock 8
	fi
	if ! up_to_date; then
		rm -f "$built/stamp"
		touch "$built/stamp.new"
		with_progress "checkout-${built##*/}" make_stage
		grep -E ': (warning|error|fatal error): ' "$LAB/log/checkout-${built##*/}" >&2 || :
		echo "$inputs" >"$built/inputs"
		mv "$built/stamp.new" "$built/stamp"
	fi
	# QEMU opens the image after the lock is free, when another run may have replaced it.
	make_run_dir
	ln "$built/stage.erofs" "$run/stage.erofs"
	exec 8>&-
}

up_to_date() {
	[ -f "$built/stamp" ] && [ "$(cat "$built/inputs" 2>/dev/null)" = "$inputs" ] || return 1
	# A directory is newer if a file in it was removed or added.
	[ -z "$(cd "$SRC" && find . \( -path ./.git -o -path ./tools/lab -o -path ./Documentation \) -prune -o \
		\( -type d ! -path . -o -name '*.[chS]' ! -name '*.mod.c' -o -name Kbuild -o -name 'Makefile*' -o -name '*.mk' \) \
		-newer "$built/stamp" -print | head -n 1)" ]
}

# MO= builds outside of the checkout. kbuild before 6.13 ignores it and would write into the
# checkout, so 6.12 builds in a copy.
build_modules() {
	kdir=$(kernel_dir "$kernel")
	set -- M="$LAB/src" MO="$built/modules"
	case $release in
	6.12.*)
		in_root rsync -a --delete --exclude='*.o' --exclude='*.ko' --exclude='*.mod*' \
			--exclude='.*.cmd' --exclude=modules.order --exclude=Module.symvers \
			"$SRC/Kbuild" "$SRC/dkms.conf" "$SRC/drivers" "$SRC/include" "$SRC/samples" \
			"$SRC/tests" "$SRC/upstream" "$built/modules/"
		set -- M="$built/modules"
		;;
	esac
	[ -z "$arch" ] || set -- "$@" ARCH="$arch" CROSS_COMPILE="$ARM64_CROSS"
	# shellcheck disable=SC2086 # words; the lab's own come last and win
	in_root make $makes -C "$kdir" "$@" VTL0_TESTS=1 -j"$(nproc)" modules
}

# build_programs: the same for all kernels of one architecture and page size, so runs that
# need them for two of these wait for each other
build_programs() {
	mkdir -p "$programs"
	exec 7>"$programs/lock"
	flock 7
	user_make -C "$LAB/src" guest-programs O="$programs" KSRC="$LAB/linux-7.3" \
		CPPFLAGS="${page_bits:+-DPAGE_BITS=$page_bits}" -j"$(nproc)"
	find "$programs" -type f -perm -u+x ! -name '*.so' -exec cp {} "$stage/opt/vtl0/bin/" \;
	exec 7>&-
}

# make_stage: makes the image with the checkout's modules (in updates/) and programs
make_stage() {
	stage=$built/stage.new
	modules=$stage/usr/lib/modules/$release
	rm -rf "$stage"
	mkdir -p "$modules/updates" "$stage/opt/vtl0/bin" "$built/modules"
	if [ -f "$SRC/Kbuild" ]; then
		build_modules
		# Not by find: the file of a module that is gone from the checkout is still
		# there. Paths in modules.order are absolute before 6.13.
		sed "s|^$built/modules/||; s/o\$/ko/" "$built/modules/modules.order" | while read -r ko; do
			in_root "${arch:+$ARM64_CROSS}strip" --strip-debug -o "$modules/updates/$(basename "$ko")" "$built/modules/$ko"
		done
	fi
	[ ! -f "$SRC/Makefile" ] || build_programs
	# Only for depmod, which needs all modules: the guest has the kernel's from another
	# image.
	cp -al "$LAB/kernels/$kernel/modules/usr/lib/modules/$release/." "$modules/"
	rm -f "$modules"/modules.*.bin "$modules"/modules.dep "$modules"/modules.alias "$modules"/modules.symbols \
		"$modules"/modules.softdep "$modules"/modules.devname "$modules"/modules.weakdep
	ln -s usr/lib "$stage/lib"
	in_root depmod -b "$stage" "$release"
	rm -rf "${stage:?}/lib" "${modules:?}/kernel"
	make_image "$stage" "$built/stage.erofs"
	rm -rf "$stage"
}
