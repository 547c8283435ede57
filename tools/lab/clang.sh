# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2153,SC2154 # variables of the other files, both ways
# Part of lab: sets up clang, and configures a kernel source for it to compile modules
# against. clang's context analysis checks the annotations of locks; gcc ignores them.

# fetch_clang DIR VERSION: unpacks the packages of that compiler which the root lacks, but
# not those that only C++ needs. Testing may not have it yet, so apt looks into unstable, too.
fetch_clang() {
	lists=clang
	apt=$LAB/apt-$lists
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	for suite in forky sid; do
		echo "deb [signed-by=$KEYRING] $MIRROR $suite main"
	done >"$apt/sources.list"
	lab_apt apt-get update
	unpack_debs "$1" "clang-$2" "libclang1-$2" "libclang-cpp$2" "libclang-common-$2-dev" \
		"libllvm$2" "llvm-$2-linker-tools" libz3-4
	lists=''
}

clang_make() {
	cc=clang-$1
	shift
	in_root make -C "$LAB/linux-7.3" O="$out" CC="$cc" HOSTCC=gcc -j"$(nproc)" "$@"
}

# make_clang NAME VERSION CONFIG: builds only those parts of a kernel that modules need
make_clang() {
	out=$LAB/build-$1
	new=$LAB/kernels/$1.new
	rm -rf "$new" "$LAB/kernels/$1"
	fetch_clang "$new/tree" "$2"
	# "lab enter" shows it as a layer of the root.
	mkdir -p "$LAB/kernels/$1" "$out"
	mv "$new/tree" "$LAB/kernels/$1/tree"
	rm -rf "$new"
	cp "$LAB_DIR/configs/$3" "$out/fragment"
	# Its default is y, but tinyconfig sets what it can to n.
	echo CONFIG_WARN_CONTEXT_ANALYSIS=y >>"$out/fragment"
	clang_make "$2" tinyconfig
	in_root "$LAB/linux-7.3/scripts/kconfig/merge_config.sh" -m -O "$out" "$out/.config" "$out/fragment" >/dev/null
	clang_make "$2" olddefconfig modules_prepare
	grep -qx CONFIG_WARN_CONTEXT_ANALYSIS=y "$out/.config"
	cp "$out/include/config/kernel.release" "$LAB/kernels/$1/release"
}
