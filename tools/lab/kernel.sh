# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2153,SC2154 # variables of the other files, both ways
# Part of lab: downloads or builds the kernels of the table "kernels", and makes the images
# of their modules and their initrds.

# newest_release PATTERN FLAVOUR: prints the release (uname -r) of the newest package of
# headers that matches
newest_release() {
	found=$(lab_apt apt-cache pkgnames linux-headers- | grep -E "^linux-headers-$1-$2\$" | sort -V | tail -n 1)
	[ -n "$found" ] || { echo "no package matches linux-headers-$1-$2" >&2; return 1; }
	echo "${found#linux-headers-}"
}

# image_packages RELEASE: prints the packages of an image, one up to 6.12, three in newer
# kernels; the unsigned image if there is one
image_packages() {
	if lab_apt apt-cache show "linux-modules-$1" >/dev/null 2>&1; then
		echo "linux-base-$1 linux-modules-$1"
		image=linux-binary
		unsigned=linux-binary-unsigned-$1
	else
		image=linux-image
		unsigned=linux-image-$1-unsigned
	fi
	if lab_apt apt-cache show "$unsigned" >/dev/null 2>&1; then
		echo "$unsigned"
	else
		echo "$image-$1"
	fi
}

# make_deb_kernel NAME PATTERN [FLAVOUR]: Debian's image, modules and headers
make_deb_kernel() {
	update_lists
	flavour=${3-amd64}
	release=$(newest_release "$2" "$flavour")
	version=${release%-"$flavour"}
	new=$LAB/kernels/$1.new
	rm -rf "$new"
	# shellcheck disable=SC2046 # a list
	unpack_debs "$new/tree" "linux-headers-$release" "linux-headers-$version-common" \
		"linux-kbuild-$version" $(image_packages "$release")
	mkdir -p "$new/modules/usr/lib/modules/$release"
	mv "$new/tree/usr/lib/modules/$release"/vmlinuz* "$new/vmlinuz" 2>/dev/null ||
		mv "$new/tree/boot"/vmlinuz-* "$new/vmlinuz"
	rm -rf "$new/tree/boot"
	echo "$release" >"$new/release"
	pick_modules "$new" "$release"
	finish_kernel "$1"
}

# pick_modules DIR RELEASE: takes the modules of MODULE_DIRS, and those that they need, and
# unpacks them, so that modprobe in the guest is fast
pick_modules() {
	from=$1/tree/usr/lib/modules/$2
	to=$1/modules/usr/lib/modules/$2
	ln -sfn usr/lib "$1/tree/lib"
	in_root depmod -b "$1/tree" "$2"
	rm "$1/tree/lib"
	dirs=$(echo "$MODULE_DIRS" | sed "s|arch/x86|arch/${arch:-x86}|; s/ /|/g")
	awk -F: -v dirs="^kernel/($dirs)" '$1 ~ dirs { print $1 $2 }' "$from/modules.dep" |
		tr ' ' '\n' | sort -u | tar -c -f - -C "$from" -T - | tar -x -f - -C "$to"
	in_root find "$to" -name '*.ko.xz' -exec xz -d {} +
	cp "$from"/modules.builtin "$from"/modules.builtin.modinfo "$from"/modules.order "$to"
	rm -rf "$from/kernel" "$from"/modules.*
}

# built_from CONFIG[+CONFIG]... [DIR]: prints the configurations, and the checkout's patches
# in DIR
built_from() {
	echo "$1" | tr + '\n' | while read -r config; do
		cat "$LAB_DIR/configs/$config"
	done
	[ -z "$2" ] || checkout_patches "$2"
}

# checkout_patches DIR: prints DIR/*/*.patch without their messages, a change of which must
# not build a kernel
checkout_patches() {
	for patch in "$SRC/$1"/*/*.patch; do
		[ ! -f "$patch" ] || sed -n '/^diff --git/,$p' "$patch"
	done
}

# patched_source NAME DIR: makes $tree, a copy of the source with the checkout's patches in
# DIR. The copy consists of hard links. Only files whose text differs from the last time are
# replaced: make sees from the times of the files what to build again.
patched_source() {
	tree=$LAB/linux-7.3-$1
	origin=$LAB/linux-7.3
	rm -rf "$tree.new"
	mkdir "$tree.new"
	checkout_patches "$2" | sed -n 's|^--- a/||p; s|^+++ b/||p' | sort -u >"$tree.files"
	(cd "$origin" && while read -r f; do [ ! -f "$f" ] || cp --parents "$f" "$tree.new"; done) <"$tree.files"
	checkout_patches "$2" | in_root patch -s -p1 --fuzz=0 --no-backup-if-mismatch -d "$tree.new"
	if [ "$(cat "$tree/.made-from" 2>/dev/null)" != "$(echo "$source_recipe" | sha256sum)" ]; then
		rm -rf "$tree" "$LAB/build-$1"
		cp -al "$origin" "$tree"
		echo "$source_recipe" | sha256sum >"$tree/.made-from"
	fi
	# A file that the last patches changed, and these do not, becomes the original again.
	touch "$tree/.files"
	sort -u "$tree/.files" "$tree.files" >"$tree/.files.new"
	mv "$tree/.files.new" "$tree/.files"
	while read -r f; do
		from=$tree.new/$f
		grep -qxF -- "$f" "$tree.files" || from=$origin/$f
		if [ ! -f "$from" ]; then
			rm -f "$tree/$f"
		elif ! cmp -s "$from" "$tree/$f"; then
			mkdir -p "$(dirname "$tree/$f")"
			cp --remove-destination "$from" "$tree/$f"
		fi
	done <"$tree/.files"
	mv "$tree.files" "$tree/.files"
	rm -rf "$tree.new"
}

# make_built_kernel NAME CONFIG[+CONFIG]... [DIR]
make_built_kernel() {
	tree=$LAB/linux-7.3
	[ -z "$3" ] || patched_source "$1" "$3"
	may_drop=''
	build_kernel "$1" "$2" "$tree"
}

# build_kernel NAME CONFIG[+CONFIG]... TREE: builds in $LAB/build-NAME itself, not in a
# directory that is renamed at the end: the build records its paths, and make continues a
# build that was interrupted
build_kernel() {
	out=$LAB/build-$1
	new=$LAB/kernels/$1.new
	rm -rf "$new"
	mkdir -p "$out" "$new/modules/usr/lib"
	ln -s usr/lib "$new/modules/lib"
	built_from "$2" '' >"$out/fragment"
	in_root make -C "$3" O="$out" tinyconfig >/dev/null
	in_root "$3/scripts/kconfig/merge_config.sh" -m -O "$out" "$out/.config" "$out/fragment" >/dev/null
	in_root make -C "$out" olddefconfig
	dropped_options >"$new/dropped"
	if [ -z "$may_drop" ]; then
		! grep . "$new/dropped" || die "not in the configuration"
		rm "$new/dropped"
	fi
	in_root make -C "$out" -j"$(nproc)" bzImage modules
	in_root make -C "$out" modules_install INSTALL_MOD_PATH="$new/modules" INSTALL_MOD_STRIP=1
	cp "$out/arch/x86/boot/bzImage" "$new/vmlinuz"
	cp "$out/include/config/kernel.release" "$new/release"
	release=$(cat "$new/release")
	rm -f "$new/modules/lib" "$new/modules/usr/lib/modules/$release/build"
	finish_kernel "$1"
}

# dropped_options: prints the lines of $out/fragment that are not in the configuration.
# olddefconfig drops an option whose dependency is missing, without a word. Of the lines that
# name a symbol the last counts.
dropped_options() {
	tac "$out/fragment" | awk '/^(# )?CONFIG_/ {
		name = $0
		gsub(/^# |[= ].*/, "", name)
		if (!seen[name]++)
			print
	}' | while read -r line; do
		case $line in
		# Where it depends on something that is not set, the line is not there either.
		'#'*)
			name=${line#'# '}
			! grep -q "^${name% is not set}=" "$out/.config" || echo "$line"
			;;
		*) grep -qxF -- "$line" "$out/.config" || echo "$line" ;;
		esac
	done
}

# finish_kernel NAME: makes the initrd and the image of modules, and puts NAME.new in place
finish_kernel() {
	new=$LAB/kernels/$1.new
	release=$(cat "$new/release")
	ln -sfn usr/lib "$new/modules/lib"
	in_root depmod -b "$new/modules" "$release"
	make_initrd "$new" "$release"
	make_image "$new/modules" "$new/modules.erofs" '^lib$'
	rm -rf "$LAB/kernels/$1"
	mv "$new" "$LAB/kernels/$1"
}

# make_initrd DIR RELEASE: packs the modules that init loads to mount its root;
# make_guest_files() adds init itself at each boot
make_initrd() {
	mkdir -p "$1/initrd/lab"
	# shellcheck disable=SC2086 # a list
	for module in $BOOT_MODULES; do
		in_root modprobe -d "$1/modules" -S "$2" --show-depends "$module"
	done >"$1/depends"
	# Each once, in the order in which they are needed.
	awk '$1 == "insmod" && !seen[$2]++ { print $2 }' "$1/depends" | while read -r path; do
		cp "$path" "$1/initrd/lab/"
		basename "$path" >>"$1/initrd/lab/modules"
	done
	pack "$1/initrd" >"$1/initrd.cpio"
	rm -rf "$1/initrd" "$1/depends"
}

# pack DIR: prints a cpio archive of it. The root's busybox is static and runs on the host.
pack() {
	(cd "$1" && find . | "$LAB/root/usr/bin/busybox" cpio -o -H newc 2>/dev/null)
}
