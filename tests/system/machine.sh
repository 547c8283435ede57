# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# For tests/system/boot and secure_boot: makes images of Debian into which the project is
# installed (tests/system/install), and boots them for one step each (tests/system/step).
# The caller has set $top and parses options by machine_options().

lab=${LAB:-$top/tools/lab/lab}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=${VTL0_MIRROR:-http://deb.debian.org/debian}
# Of the root file system.
uuid=8a0c8f0e-3c39-4c0f-9d62-0c9c3c1f7d11
# Seconds for one boot and what it does.
patience=1200
suite=trixie
arch=amd64
qemu_pid=
# Code of UEFI; empty: the boot loader is for BIOS. Its variables are $dir/vars.
firmware=
# Words for QEMU that all boots have, and a pipe with what is typed at the console.
machine=
keys=

# machine_options [--suite SUITE] [--arch ARCH] [DIR]
machine_options()
{
	while [ $# -gt 1 ]; do
		case $1 in
		--suite) suite=$2 ;;
		--arch) arch=$2 ;;
		*) break ;;
		esac
		shift 2
	done
	keep=${1-}
	dir=${1:-$(mktemp -d)}
	mkdir -p "$dir" && dir=$(cd "$dir" && pwd) || exit 1
	trap '[ -z "$qemu_pid" ] || kill "$qemu_pid"; [ -n "$keep" ] || rm -rf "$dir"' EXIT
	trap 'exit 130' INT TERM
	[ "$(id -u)" = 0 ] || only_result 4 "${0##*/}" 'needs root, to make the image'
	case $arch in
	amd64) machine='-machine q35 -cpu max,-erms,-fsrm -vga std' serial=ttyS0 ;;
	arm64) machine='-machine virt,gic-version=3 -cpu max,pauth-impdef=on' serial=ttyAMA0 ;;
	*)
		note "there is no machine of architecture $arch"
		only_result 1 "${0##*/}"
		;;
	esac
	# The packages' scripts are programs of the guest.
	[ "$arch" = "$(dpkg --print-architecture)" ] || arch-test "$arch" >/dev/null 2>&1 ||
		only_result 4 "${0##*/}" "needs qemu-user-static and arch-test to install packages of $arch"
}

# archive COMMAND...: runs mmdebstrap with what follows it, and the suite's packages
archive()
{
	base=${suite%-backports}
	set -- "$@" "deb [signed-by=$keyring] $mirror $base main"
	[ "$base" = "$suite" ] || set -- "$@" "deb [signed-by=$keyring] $mirror $suite main"
	mmdebstrap --format=directory \
		--aptopt='Acquire::Check-Valid-Until "false"; Acquire::Check-Date "false";' \
		--aptopt='APT::Install-Recommends "false"' "$@"
}

# make_image PACKAGE...: the image with what README.md asks for, what any Debian has, and
# these packages; kernel and initramfs beside it are for the first boot
make_image()
{
	readme=$(sed -n 's/^    sudo apt install \(make .*\) linux-headers.*/\1/p' "$top/README.md")
	kernel="linux-headers-$arch linux-image-$arch"
	[ "$suite" = "${suite%-backports}" ] || kernel=$(echo "$kernel" | sed "s|$arch|&/$suite|g")
	set -- dkms dmsetup e2fsprogs fdisk kmod lvm2 procps systemd-sysv udev "$@"
	rm -rf "$dir/root" "$dir/commit"
	# shellcheck disable=SC2086 # lists
	archive --variant=minbase --architectures="$arch" \
		--include="$(echo $readme $kernel "$@" | tr ' ' ,)" \
		--customize-hook="'$top/tests/system/install' \"\$1\"" \
		--customize-hook="echo 'UUID=$uuid / ext4 defaults 0 1' >\"\$1/etc/fstab\"" \
		"${suite%-backports}" "$dir/root" || return 1
	cp "$dir/root"/boot/vmlinuz-* "$dir/vmlinuz"
	cp "$dir/root"/boot/initrd.img-* "$dir/initrd"
	(cd "$dir" && "$lab" enter -- mke2fs -q -t ext4 -U "$uuid" -d "$dir/root" "$dir/image.new" 3G) &&
		mv "$dir/image.new" "$dir/image" && rm -rf "$dir/root"
}

# make_firmware PACKAGE CODE VARS: the files of UEFI, out of that package
make_firmware()
{
	rm -rf "$dir/package"
	archive --variant=extract --include="$1" "${suite%-backports}" "$dir/package" &&
		cp "$dir/package/$2" "$dir/code" && cp "$dir/package/$3" "$dir/vars.new" &&
		rm -rf "$dir/package"
}

# get_ready COMMAND...: makes images by that command, unless those of an earlier run are
# for this commit, suite and architecture; new disks are copies
get_ready()
{
	of="${0##*/} $(git -c safe.directory='*' -C "$top" rev-parse HEAD)" || exit 1
	of="$of $suite $arch"
	if [ "$(cat "$dir/commit" 2>/dev/null)" != "$of" ]; then
		if ! "$@" >"$dir/log" 2>&1; then
			tail -n 40 "$dir/log" | notes
			result 1 'the project is installed'
			plan_end
			exit 1
		fi
		echo "$of" >"$dir/commit"
	fi
	result 0 'the project is installed'
	rm -f "$dir/system" "$dir/boot" "$dir/data"
	cp --sparse=always "$dir/image" "$dir/system"
	truncate -s 512M "$dir/data" "$dir/boot"
	[ ! -e "$dir/vars.new" ] || cp "$dir/vars.new" "$dir/vars"
}

# disk NAME [OPTION]: the words for qemu
disk()
{
	echo "-drive if=none,id=$1,file=$dir/$1,format=raw,cache=writeback" \
		"-device virtio-blk-pci,drive=$1,serial=$1${2:+,$2}"
}

# start NAME [OPTION...]: boots the machine, by GRUB, for the step NAME. What the guest
# says of it goes to $dir/NAME.verdict, and the console to $dir/NAME.console.
start()
{
	name=$1
	shift
	root=$("$lab" path root)
	: >"$dir/$name.verdict"
	: >"$dir/$name.console"
	# shellcheck disable=SC2046 # words
	set -- "$@" $(disk system) $(disk boot bootindex=1)
	# shellcheck disable=SC2046 # words
	case $name in
	missing | late) ;;
	*) set -- "$@" $(disk data) ;;
	esac
	[ -z "$firmware" ] || set -- "$@" \
		-drive "if=pflash,unit=0,format=raw,readonly=on,file=$firmware" \
		-drive "if=pflash,unit=1,format=raw,file=$dir/vars"
	case $arch in
	amd64) qemu='qemu-system-x86_64' ;;
	arm64) qemu='qemu-system-aarch64' ;;
	esac
	# shellcheck disable=SC2086 # words
	timeout "$patience" "$root/usr/lib64/ld-linux-x86-64.so.2" \
		--library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/$qemu" $machine \
		-m 3G -smp 2 -accel tcg,thread=multi \
		-nodefaults -no-user-config -display none -no-reboot \
		-L "$root/usr/share/qemu" -L "$root/usr/share/seabios" \
		-fw_cfg "name=opt/vtl0/step,string=$name" \
		-chardev "file,id=console,path=$dir/$name.console${keys:+,input-path=$keys}" \
		-serial chardev:console \
		-chardev "file,id=verdict,path=$dir/$name.verdict" -device virtio-serial-pci \
		-device virtserialport,chardev=verdict,name=verdict \
		"$@" >"$dir/$name.qemu" 2>&1 &
	qemu_pid=$!
}

# end_of_step NAME: returns when the step is done, or QEMU
end_of_step()
{
	while kill -0 "$qemu_pid" 2>/dev/null && ! grep -q '^end$' "$dir/$1.verdict"; do
		sleep 1
	done
}

# boot_step NAME [OPTION...]: boots, and returns when the step is done
boot_step()
{
	start "$@"
	end_of_step "$1"
}

# console_shows NAME TEXT [BYTE]: waits until the console of the step NAME has TEXT, from
# that byte on
console_shows()
{
	waited=0
	until tail -c "+${3:-1}" "$dir/$1.console" | grep -aq "$2"; do
		if ! kill -0 "$qemu_pid" || [ "$waited" -ge "$patience" ]; then
			note "the console did not show: $2"
			return 1
		fi
		waited=$((waited + 1))
		sleep 1
	done 2>/dev/null
}

# prepare: the first boot, without a boot loader, writes that to its disk
prepare()
{
	loader=$firmware firmware=
	boot_step prepare -kernel "$dir/vmlinuz" -initrd "$dir/initrd" \
		-append "root=UUID=$uuid console=$serial"
	firmware=$loader
	power_off prepare
	verdict prepare
}

# The guest has said that it is ready for it.
power_cut()
{
	kill -KILL "$(pgrep -P "$qemu_pid")"
	wait "$qemu_pid" 2>/dev/null
	qemu_pid=
}

# power_off STEP: the guest switched itself off, and systemd had no trouble with what was
# mounted or in use; /run/lock, which has nothing of a disk, is now and then in use on Debian 13
power_off()
{
	wait "$qemu_pid"
	status=$?
	qemu_pid=
	result $((status != 0)) "$1: the guest switched itself off"
	if grep -aE 'Failed unmounting|Failed to stop|is in use|target is busy' "$dir/$1.console" |
		grep -av 'run-lock\.mount' | notes | grep .; then
		result 1 "$1: everything was undone in order"
	else
		result 0 "$1: everything was undone in order"
	fi
}

# verdict NAME: what the guest said of each thing it looked at
verdict()
{
	while read -r state what; do
		case $state in
		ok) result 0 "$1: $what" ;;
		bad) result 1 "$1: $what" ;;
		esac
	done <"$dir/$1.verdict"
	grep -q '^end$' "$dir/$1.verdict"
	status=$?
	[ $status = 0 ] || tail -n 40 "$dir/$1.console" | notes
	result $((status != 0)) "$1: came to its end"
}
