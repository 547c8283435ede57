# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2153 # LAB, SRC, ... are set by lab
# Part of lab: builds the cache. Each step has a stamp that holds a hash of
# everything it is made from, so that a changed recipe is made again and a
# finished step costs nothing.

# The path of the guest's first process; set_up guest sets it.
init=

# The directories whose kernel modules the guest gets, with the modules that those need.
MODULE_DIRS='arch/x86 block crypto drivers/(acpi/nfit|ata|block|char/[^/]*$|cxl|dax|md|net/[^/]*$|nvdimm|nvme|pci|scsi/[^/]*$|target|vfio|virtio) fs lib mm net/9p net/tls'
# The modules that the initramfs loads to find the root.
BOOT_MODULES='virtio_pci virtio_blk virtio_console erofs overlay 9pnet_virtio 9p configfs'
# The guest's root lacks these parts of the build root: compilers, headers, checkers, QEMU.
NOT_IN_GUEST='^(boot|proc|sys|dev|tmp|run)/.|^var/(cache|lib/(apt|dpkg)|log)/.|\.a$|^usr/(include|src|share/(qemu|seabios|ipxe|perl/.*pod|cocc.*|vim|icons|gcc.*))/|^usr/lib(exec)?/(gcc|gcc-cross|ocaml|coccinelle|git-core|x86_64-linux-gnu/(qemu|libasan|liblsan|libtsan|libhwasan|libcc1))|^usr/(aarch64-linux-gnu|lib/python3/dist-packages/sphinx|share/(lintian|debhelper))/|^usr/bin/(qemu|x86_64-linux-gnu-|aarch64-linux-gnu-|coccinelle|spatch|pahole|shellcheck|git|.*gcc|cpp|sparse|c2xml|test-)'

is_root() {
	[ "$(id -u)" -eq 0 ]
}

# in_root COMMAND...: runs it in the build root. A user who is not root gets the right to
# mount by a user namespace (unshare -r).
in_root() {
	if is_root; then
		set -- unshare -m sh "$LAB_DIR/enter.sh" "$LAB" "$SRC" "$@"
	else
		set -- unshare -r -m sh "$LAB_DIR/enter.sh" "$LAB" "$SRC" "$@"
	fi
	"$@"
}

# step NAME INPUTS COMMAND...: runs it unless it was done with the same inputs
step() {
	step=$1
	hash=$(printf '%s\n' "$2" | sha256sum | cut -c1-16)
	shift 2
	! done_with "$step" "$hash" || return 0
	lock_step
	# Another setup may have made it while this one waited for the lock.
	if ! done_with "$step" "$hash"; then
		rm -f "$LAB/stamp/$step" "$LAB/log/$step.failed"
		with_progress "$step" "$@"
		if [ -e "$LAB/log/$step.failed" ]; then
			say "$step: stays as it was: $(cat "$LAB/log/$step.failed")"
		else
			echo "$hash" >"$LAB/stamp/$step"
		fi
	fi
	exec 9>&-
}

done_with() {
	[ "$(cat "$LAB/stamp/$1" 2>/dev/null)" = "$2" ]
}

# lock_step: each step has its lock, so that a setup waits only for parts that it needs
lock_step() {
	mkdir -p "$LAB/stamp" "$LAB/log"
	exec 9>"$LAB/log/$step.lock"
	if ! flock -n 9; then
		say "$step: waiting for another setup to make it"
		flock 9
	fi
}

# with_progress NAME COMMAND...: runs it, with its output in a log. It stays in the
# foreground, so that Ctrl-C reaches it, and holds the lock until it has ended.
with_progress() {
	what=$1
	log=$LAB/log/$1
	shift
	start=$(date +%s)
	tick "$what" "$start" "$log" &
	ticker=$!
	trap 'kill $ticker 2>/dev/null' EXIT
	trap 'exit 130' INT TERM HUP
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1 </dev/null
	status=$?
	set -e
	kill "$ticker" 2>/dev/null
	trap - EXIT INT TERM HUP
	if [ "$status" -ne 0 ]; then
		grep -E '\*\*\*|error:|^E:' "$log" | head -n 10 | grep . >&2 || tail -n 10 "$log" >&2
		die "$what: failed after $(($(date +%s) - start)) s; the whole log is $log"
	fi
	[ -n "${quiet-}" ] || say "$what: $(($(date +%s) - start)) s"
}

# optional COMMAND...: for with_progress(), makes a kernel of which the archive can lack a part
# for some days: that must not fail "make check". If the command fails, the file $log.failed
# says why: step() tries again at the next setup, matrix prints a skip, "make nightly" fails.
optional() {
	set +e
	(
		set -e
		"$@"
	)
	status=$?
	set -e
	[ "$status" -eq 0 ] || { grep -m 1 '^E:' "$log" || tail -n 1 "$log"; } >"$log.failed"
}

# The last sleep outlives this function's process, and must not keep the locks (8 and 9) nor
# the caller's pipe open.
tick() {
	exec 8>&- 9>&-
	while sleep 10 >/dev/null 2>&1; do
		say "$1: $(($(date +%s) - $2)) s: $(tail -n 1 "$3" | tr -d '\r' | cut -c1-60)"
	done
}

cmd_setup() {
	kernels='' bootable='' sources=''
	while [ $# -gt 0 ]; do
		[ "$1" = --kernel ] || usage_error "setup takes --kernel NAME [--source DIR], not '$1'"
		kernel=${2-}
		if [ "${3-}" = --source ]; then
			sources="$sources $(check_source "$kernel" "${4-}")"
			shift 2
		else
			check_kernel "$kernel"
		fi
		kernels="$kernels $kernel"
		shift 2
	done
	for pair in $sources; do
		add_source "$pair"
	done
	for kernel in ${kernels:-7.2}; do
		arch=$(kernel_arch "$kernel")
		set_up "guest${arch:+-$arch}"
		set_up kernel "$kernel"
		[ ! -f "$LAB/kernels/$kernel/dropped" ] || say_dropped "$kernel"
		[ -n "$arch" ] || [ ! -f "$LAB/kernels/$kernel/vmlinuz" ] || bootable=$kernel
	done
	[ -z "$bootable" ] || try_kvm "$bootable"
	say "ready: $LAB"
}

# set_up root|source|guest|guest-arm64|kernel NAME: builds it, and the parts it needs first
set_up() {
	case $1 in
	root)
		need_host_packages
		packages=$(sed 's/#.*//' "$LAB_DIR/packages" | tr -s ' \n' ',' | sed 's/^,//; s/,$//')
		root_recipe="1 $MIRROR $packages"
		step root "$root_recipe" make_root "$packages"
		;;
	source)
		set_up root
		source_recipe="1 $(cat "$LAB_DIR"/patches/*)"
		step source "$source_recipe" make_source
		;;
	guest)
		set_up root
		# Checkouts with another guest/ share the cache, so the name has a hash of guest/.
		init=$LAB/init-$(cat "$LAB_DIR"/guest/* | sha256sum | cut -c1-16)
		step "${init##*/}" "$root_recipe" make_init
		step userland "$root_recipe $NOT_IN_GUEST" make_userland
		;;
	guest-arm64)
		set_up root
		step userland-arm64 "$root_recipe $NOT_IN_GUEST $ARM64_PACKAGES" make_arm64_userland
		init=$LAB/init-arm64-$(cat "$LAB_DIR"/guest/* | sha256sum | cut -c1-16)
		step "${init##*/}" "$root_recipe" make_init
		;;
	kernel) set_up_kernel "$2" ;;
	esac
}

# set_up_kernel NAME
set_up_kernel() {
	# shellcheck disable=SC2046 # KIND and ARGUMENT are two words
	set -- "$1" $(kernel_line "$1")
	set_up root
	arch=$(kernel_arch "$1")
	if [ "$2" = clang ]; then
		set_up source
		step "kernel-$1" "1 $LAB $source_recipe $root_recipe $3 $(cat "$LAB_DIR/configs/$4")" \
			make_clang "$1" "$3" "$4"
	elif [ "$2" = headers ]; then
		arch=arm64
		step "kernel-$1" "1 $3" make_headers "$1" "$3"
		arch=''
	elif [ "$2" = next ]; then
		step "kernel-$1" "1 $3" optional make_next "$1" "$3"
	elif [ "$2" = cross ]; then
		step "kernel-$1" "1 $3 $4" optional make_cross "$1" "$3" "$4"
	elif [ -n "$arch" ]; then
		step "kernel-$1" "1 $3 $4 $MODULE_DIRS $BOOT_MODULES" make_deb_kernel "$1" "$3" "$4"
	elif [ "$2" = built ]; then
		set_up source
		# The build tree names its source by path, so a cache that was moved builds again.
		step "kernel-$1" "1 $LAB $source_recipe $BOOT_MODULES $(built_from "$3" "${4-}")" \
			make_built_kernel "$1" "$3" "${4-}"
	elif [ "$2" = source ]; then
		set -- "$1" "$(readlink "$LAB/sources/$1")"
		step "kernel-$1" "1 $LAB $2 $BOOT_MODULES $(built_from "$SOURCE_CONFIG" '')" \
			make_source_kernel "$1" "$2"
	else
		step "kernel-$1" "1 $3 $MODULE_DIRS $BOOT_MODULES" make_deb_kernel "$1" "$3"
	fi
}

need_host_packages() {
	missing=
	for pair in mmdebstrap:mmdebstrap apt-get:apt dpkg-deb:dpkg unshare:util-linux \
		flock:util-linux tar:tar sha256sum:coreutils awk:mawk; do
		command -v "${pair%:*}" >/dev/null || missing="$missing ${pair#*:}"
	done
	# newuidmap: gives mmdebstrap's namespace more than one user.
	is_root || command -v newuidmap >/dev/null || missing="$missing uidmap"
	[ -e "$KEYRING" ] || missing="$missing debian-archive-keyring"
	[ -n "$missing" ] || return 0
	if is_root && command -v apt-get >/dev/null; then
		say "installing:$missing"
		# shellcheck disable=SC2086 # a list
		apt-get install -y --no-install-recommends $missing >&2 ||
			# a fresh machine may have no package lists yet
			{ apt-get update >&2 && apt-get install -y --no-install-recommends $missing >&2; } ||
			die "cannot install:$missing"
	else
		die "install these packages first:$missing"
	fi
}

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# A mirror may lag, and so may this machine's clock.
APT_DATES='Acquire::Check-Valid-Until "false"; Acquire::Check-Date "false";'

# make_root PACKAGES: debootstraps into a tar file, which a user can unpack who may not make
# device nodes or change owners; so every user gets the same root
make_root() {
	rm -rf "$LAB/root.new" "$LAB/root.tar"
	mkdir "$LAB/root.new"
	mmdebstrap --variant=minbase --format=tar --architectures=amd64 \
		--aptopt="$APT_DATES" --aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--include="$1" forky "$LAB/root.tar" \
		"deb [signed-by=$KEYRING] $MIRROR forky main"
	tar -x -f "$LAB/root.tar" -C "$LAB/root.new" --no-same-owner --exclude='./dev/*'
	rm -f "$LAB/root.tar"
	# A user can read and remove only what has these permissions.
	chmod -R u+rwX "$LAB/root.new"
	rm -rf "$LAB/root.old"
	[ ! -d "$LAB/root" ] || mv "$LAB/root" "$LAB/root.old"
	mv "$LAB/root.new" "$LAB/root"
	rm -rf "$LAB/root.old"
}

make_init() {
	# In the cache, as the build root does not show LAB_DIR if that is outside of $SRC.
	rm -rf "$init.src"
	cp -r "$LAB_DIR/guest" "$init.src"
	# shellcheck disable=SC2046 # a command
	in_root $(user_cc) -static -O2 -Wall -Wextra -o "$init.new" "$init.src"/*.c
	rm -r "$init.src"
	mv "$init.new" "$init"
}

# make_image DIR IMAGE [PATTERN]: packs DIR without the paths that match
make_image() {
	rm -f "$2.new"
	in_root mkfs.erofs --quiet --all-root -T0 --exclude-regex="${3:-^$}" "$2.new" "$1"
	mv "$2.new" "$2"
}

make_userland() {
	make_image "$LAB/root" "$LAB/userland.erofs" "$NOT_IN_GUEST"
}

# lab_apt apt-get|apt-cache ARGUMENT...: apt with its own sources and lists, and nothing of
# the host's. $arch names a second architecture, $native the one that apt takes for the
# host's, $lists other lists than those of the kernels.
lab_apt() {
	tool=$1
	shift
	apt=$LAB/apt${lists:+-$lists}${arch:+-$arch}
	"$tool" -q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State="$apt" -o Dir::State::lists="$apt/lists" \
		-o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" \
		-o APT::Architecture="${native:-amd64}" -o APT::Architectures="amd64${arch:+,$arch}" \
		-o APT::Sandbox::User=root \
		-o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false "$@"
}

update_lists() {
	apt=$LAB/apt${arch:+-$arch}
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	for suite in forky trixie-backports trixie; do
		echo "deb [signed-by=$KEYRING] $MIRROR $suite main"
	done >"$apt/sources.new"
	# Lists of these suites that are not older than a day will do.
	cmp -s "$apt/sources.new" "$apt/sources.list" &&
		[ -n "$(find "$apt/lists" -name '*InRelease' -mtime -1)" ] && return
	mv "$apt/sources.new" "$apt/sources.list"
	lab_apt apt-get update
}

# unpack_debs DIR PACKAGE...: unpacks packages that apt has fetched and verified
unpack_debs() {
	dir=$1
	shift
	mkdir -p "$dir" "$dir.debs"
	(cd "$dir.debs" && lab_apt apt-get download "$@")
	for deb in "$dir.debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -rf "$dir.debs"
}

make_source() {
	update_lists
	new=$LAB/source.new
	rm -rf "$new"
	unpack_debs "$new" linux-source-7.3
	in_root tar -x -f "$new/usr/src/linux-source-7.3.tar.xz" -C "$new"
	for patch in "$LAB_DIR"/patches/*; do
		in_root patch -d "$new/linux-source-7.3" -p1 <"$patch"
	done
	rm -rf "$LAB/linux-7.3"
	mv "$new/linux-source-7.3" "$LAB/linux-7.3"
	rm -rf "$new"
}
