# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # lab and tmp are set by run
#
# The modules build without a warning, sparse checks every file, a build leaves no file
# behind, and dkms builds the modules.

# shellcheck source=tests/repo/hollow.sh
. tests/repo/hollow.sh

# build KERNEL ARG...: builds all modules outside the tree, in a directory that the checks of
# one copy of the source share; the output is in $tmp/make
build()
{
	kdir=$("$lab" path kernel "$1") && [ -d "$kdir" ] || return 1
	out=$tmp/out.$(basename "$PWD").$1
	shift
	# No warning comes from the debug information, which takes a tenth of the time.
	make KDIR="$kdir" MO="$out" VTL0_TESTS=1 W=1e CONFIG_DEBUG_INFO= \
		CONFIG_DEBUG_INFO_BTF_MODULES= "$@" >"$tmp/make" 2>&1
	status=$?
	# These say that the lab's compiler or pahole is not the one that built the
	# distribution's kernel.
	if grep -vE 'the compiler differs from|(pahole|compiler) version differs' "$tmp/make" |
	   grep -E -A 3 'warning:|WARNING:|error:|ERROR:' | awk '!seen[$0]++' | grep .; then
		return 1
	fi
	[ $status = 0 ] || { tail -n 20 "$tmp/make"; return 1; }
}

# modules KERNEL: no warning, and a module was made
modules()
{
	build "$1" || return 1
	ls -l "$out/drivers/vtl0/vtl0.ko"
}

# sparse KERNEL: make does not compile again what modules() has compiled. It ends with success
# also if sparse cannot read the kernel's headers, so count the files that were checked
# (can_fail_sparse_7_2 proves that sparse finds faults)
sparse()
{
	build "$1" C=2 || return 1
	checked=$(grep -c '^ *CHECK ' "$tmp/make")
	files=$(find drivers -name '*.c' | wc -l)
	echo "$checked checked, $files files"
	[ "$checked" -ge "$files" ]
}

# For what is planted: instead of the modules, one of one line for each driver, which takes
# less time.
small_modules()
{
	sed -i '/^ifeq.*VTL0_TESTS/,$d' Kbuild
	for kbuild in drivers/*/Kbuild; do
		dir=$(dirname "$kbuild")
		module=$(sed -n 's/^obj-m += \(.*\)\.o$/\1/p' "$kbuild")
		rm -r "$dir"
		mkdir "$dir"
		echo "obj-m += $module.o" >"$kbuild"
		printf '#include <linux/module.h>\n%s\n%s\n' 'MODULE_DESCRIPTION("small");' \
			'MODULE_LICENSE("GPL");' >"$dir/$module.c"
	done
}

check_modules_7_2()
{
	modules 7.2
}

plant_modules_7_2()
{
	small_modules
	echo 'int planted(void) { int unused; return 0; }' >>drivers/vtl0/vtl0.c
}

check_modules_7_3()
{
	modules 7.3
}

check_sparse_7_2()
{
	sparse 7.2
}

# Only sparse warns of this one ("should it be static?").
plant_sparse_7_2()
{
	small_modules
	echo 'int planted;' >>drivers/vtl0/vtl0.c
}

check_sparse_7_3()
{
	sparse 7.3
}

checksums()
{
	all_files | grep -v '^\./\.git/' | xargs sha256sum
}

# A build leaves only files that .gitignore names, and clean removes them all.
check_build_leaves_nothing()
{
	kdir=$("$lab" path kernel 7.2) || return 1
	rm -rf "$tmp/hollow"
	cp -a . "$tmp/hollow"
	cd "$tmp/hollow" && hollow_sources || return 1
	checksums >"$tmp/before"
	rm -rf .git
	git init -q . && git -c safe.directory='*' add -A
	for target in modules tools clean; do
		make KDIR="$kdir" VTL0_TESTS=1 $target >"$tmp/make" 2>&1 || {
			tail -n 20 "$tmp/make"
			return 1
		}
		git -c safe.directory='*' status --porcelain | grep -v '^A ' | nothing || return 1
		[ $target != modules ] || [ -e drivers/vtl0/vtl0.ko ] || return 1
	done
	checksums | diff "$tmp/before" -
}

plant_build_leaves_nothing()
{
	small_modules
	printf 'modules: planted\nplanted:\n\ttouch planted\n' >>Makefile
}

plant_build_leaves_nothing__2()
{
	small_modules
	printf 'modules: planted.ko\nplanted.ko:\n\ttouch tests/.planted.a tests/planted.d\n' >>Makefile
}

# "dkms add" and "dkms build" with dkms.conf and the headers of 7.2. That dkms compiles all
# of the source is a test of "packages".
check_dkms_build()
{
	kdir=$("$lab" path kernel 7.2) || return 1
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
	rm -rf "$tmp/dkms"
	mkdir -p "$tmp/dkms/src" "$tmp/dkms/tree"
	cp -a . "$tmp/dkms/src/vtl0-$version"
	(cd "$tmp/dkms/src/vtl0-$version" && small_modules)
	for step in add build; do
		dkms $step -m vtl0 -v "$version" -k "$(basename "$kdir" | sed 's/linux-headers-//')" \
			--kernelsourcedir "$kdir" --sourcetree "$tmp/dkms/src" --dkmstree "$tmp/dkms/tree" \
			>"$tmp/make" 2>&1 || {
				cat "$tmp/make" "$tmp"/dkms/tree/vtl0/*/build/make.log
				return 1
			}
	done
	grep -i -e warning -e deprecated "$tmp/make" && return 1
	for module in vtl0 bounce_core bounce_blk dm-bounce; do
		find "$tmp/dkms/tree" -name "$module.ko*" | grep . || {
			echo "$module was not built:"
			grep BUILT_MODULE dkms.conf
			return 1
		}
	done
}

plant_dkms_build()
{
	echo 'planted' >>include/context.h
}

plant_dkms_build__2()
{
	sed -i '/\[3\]/s/^/# planted: /' dkms.conf
}
