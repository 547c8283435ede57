# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # variables of the other files, both ways
# Part of lab: kernels from a source tree that the tester names. $LAB/sources/NAME is a link
# to the tree, which is only read: everything is built in $LAB/build-NAME.

# Of these, olddefconfig drops what the tree does not know.
SOURCE_CONFIG=debug.config+source.config

# check_source NAME DIR: prints NAME:PATH-OF-DIR, or says why it cannot be built
check_source() {
	case $1 in
	'' | [!A-Za-z0-9]* | *[!A-Za-z0-9._-]* | *.new | *.old) usage_error "'$1' is no name for a kernel" ;;
	esac
	[ -z "$(table_line "$1")" ] ||
		usage_error "kernel $1 is one of the lab's own: give the one of --source another name"
	[ -n "$2" ] || usage_error "--source needs a directory"
	[ -d "$2" ] || usage_error "--source: no such directory: $2"
	tree=$(CDPATH='' cd -- "$2" && pwd -P)
	case $tree in
	*[[:space:]:]*) usage_error "--source: make does not take blanks or colons in a path: $tree" ;;
	esac
	for part in Makefile Kconfig arch/x86/Makefile; do
		[ -f "$tree/$part" ] || usage_error "--source: no source of Linux, $part is missing: $tree"
	done
	for part in .config include/config arch/x86/include/generated; do
		[ ! -e "$tree/$part" ] ||
			usage_error "--source: a kernel was configured in the tree ($part): make mrproper, or name a clean copy: $tree"
	done
	echo "$1:$tree"
}

# add_source NAME:DIR: makes it known as a kernel. If the tree has changed since the kernel
# was built, it is built again.
add_source() {
	mkdir -p "$LAB/sources"
	ln -sfn "${1#*:}" "$LAB/sources/${1%%:*}"
	begun=$LAB/build-${1%%:*}/fragment
	[ -f "$begun" ] || return 0
	# By ctime: tar and rsync keep the time of a file, by which make would not build it
	# again. Without the link make_source_kernel() begins anew; ccache has what is the same.
	[ -z "$(find "${1#*:}/" -name .git -prune -o -cnewer "$begun" -print -quit)" ] ||
		rm -f "$LAB/stamp/kernel-${1%%:*}" "$LAB/build-${1%%:*}/source"
}

# make_source_kernel NAME DIR
make_source_kernel() {
	[ -f "$2/Makefile" ] || die "the source tree of kernel $1 is gone: $2"
	out=$LAB/build-$1
	# make does not take the objects of another tree.
	[ "$(readlink "$out/source")" = "$2" ] || rm -rf "$out"
	may_drop=yes
	build_kernel "$1" "$SOURCE_CONFIG" "$2"
}

# say_dropped NAME: names what the configuration of a kernel from a source tree lacks
say_dropped() {
	dropped=$(sed -n 's/^CONFIG_//p' "$LAB/kernels/$1/dropped" | LC_ALL=C sort | tr '\n' ' ')
	[ -z "$dropped" ] || say "kernel $1 does without $dropped"
}
