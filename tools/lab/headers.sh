# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2153,SC2154 # variables of the other files, both ways
# Part of lab: headers of kernels that are not to boot. They are layers of the root.

# make_headers NAME PATTERN: the headers of every kernel that matches, with the packages that
# they share
make_headers() {
	update_lists
	lab_apt apt-cache pkgnames linux-headers- | grep -E "^linux-headers-$2\$" | sort -V >"$LAB/log/headers.list"
	releases=$(sed 's/^linux-headers-//' "$LAB/log/headers.list")
	versions=$(echo "$releases" | sed 's/-.*//' | sort -u)
	new=$LAB/kernels/$1.new
	rm -rf "$new"
	# shellcheck disable=SC2046,SC2086 # lists
	unpack_debs "$new/tree" $(cat "$LAB/log/headers.list") \
		$(for version in $versions; do
			echo "linux-headers-$version-common linux-kbuild-$version"
			! lab_apt apt-cache show "linux-headers-$version-common-rt" >/dev/null 2>&1 ||
				echo "linux-headers-$version-common-rt"
		done)
	echo "$releases" | tr '\n' ' ' >"$new/release"
	rm -rf "$LAB/kernels/$1"
	mv "$new" "$LAB/kernels/$1"
}

# suite_lists SUITE: fetches the package lists of that suite alone, for lab_apt. with_progress()
# runs this in a subshell, so "lists" stays as it is for other kernels.
suite_lists() {
	lists=$1
	apt=$LAB/apt-$lists${arch:+-$arch}
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	echo "deb [signed-by=$KEYRING] $MIRROR $1 main" >"$apt/sources.list"
	lab_apt apt-get update -o APT::Update::Error-Mode=any
}

# newest_headers ARCH: prints the release of the newest headers in the lists, of whichever
# version (7.4-amd64 is 7.4~rc2 in experimental); nothing if there are none. The archive gets
# the package of an architecture, the common one and kbuild at different times: a version
# counts if its three are there.
newest_headers() {
	lab_apt apt-cache pkgnames linux- |
		sed -nE "s/^linux-(headers|kbuild)-([0-9][^-]*(-rc[0-9]+)?)(-$1|-common|)\$/\2/p" |
		sort -V | uniq -c | sed -n "s/^ *3 \(.*\)/\1-$1/p" | tail -n 1
}

# make_next NAME SUITE[,SUITE]...: the newest headers of each suite. The file "suites" has a
# line "RELEASE SUITE VERSION" for each. What is there stays if it is the newest: "lab enter"
# of another checkout may use it.
make_next() {
	new=$LAB/kernels/$1.new
	rm -rf "$new"
	mkdir -p "$new"
	: >"$new/suites"
	for suite in $(echo "$2" | tr , ' '); do
		suite_lists "$suite"
		release=$(newest_headers amd64)
		# Experimental has none while unstable has the newest.
		[ -z "$release" ] || lab_apt apt-cache show "linux-headers-$release" |
			sed -n "s/^Version: /$release $suite /p" >>"$new/suites"
	done
	[ -s "$new/suites" ] || { echo "no headers in $2" >&2; return 1; }
	if cmp -s "$new/suites" "$LAB/kernels/$1/suites"; then
		rm -r "$new"
	else
		unpack_suites "$new"
		rm -rf "$LAB/kernels/$1"
		mv "$new" "$LAB/kernels/$1"
	fi
	for suite in $(echo "$2" | tr , ' '); do
		rm -rf "$LAB/apt-$suite"
	done
}

# unpack_suites DIR: unpacks what DIR/suites names
unpack_suites() {
	while read -r release lists _; do
		version=${release%-amd64}
		unpack_debs "$1/tree" "linux-headers-$release" "linux-headers-$version-common" \
			"linux-kbuild-$version" </dev/null
	done <"$1/suites"
	cut -d ' ' -f 1 "$1/suites" | tr '\n' ' ' >"$1/release"
}

# make_cross NAME ARCH SUITE: the newest headers of a further architecture, and the cross
# compiler that they name; libc is not needed. The suite is that of the root, whose libraries
# the compiler takes.
make_cross() {
	arch=$2
	new=$LAB/kernels/$1.new
	rm -rf "$new"
	suite_lists "$3"
	release=$(newest_headers "$arch")
	[ -n "$release" ] || { echo "no headers for $arch in $3" >&2; return 1; }
	version=${release%-"$arch"}
	unpack_debs "$new/tree" "linux-headers-$release" "linux-headers-$version-common" \
		"linux-kbuild-$version"
	cc=$(grep -o 'gcc-[0-9]*' "$new/tree/usr/src/linux-headers-$release/.kernelvariables")
	cross=$arch-linux-gnu
	unpack_debs "$new/tree" "binutils-$cross" "cpp-${cc#gcc-}-$cross" "$cc-$cross"
	# A third of it, for optimisation of whole programs.
	find "$new/tree" -name lto1 -delete
	mkdir -p "$new/tree/usr/lib/ccache"
	ln -s ../../bin/ccache "$new/tree/usr/lib/ccache/$cross-$cc"
	rm -rf "$LAB/apt-$3-$arch"
	echo "$release" >"$new/release"
	rm -rf "$LAB/kernels/$1"
	mv "$new" "$LAB/kernels/$1"
}
