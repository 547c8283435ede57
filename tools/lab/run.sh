# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2153,SC2154 # LAB, SRC, init, ... are set elsewhere
# Part of lab: builds the checkout for a kernel and boots it with a command.
# The guest's half is guest/init.c.

NVME_SIZE=1G
# The beginnings of the kernel's reports of a fault, right after the time stamp. The
# anchor keeps out harmless lines such as "Spectre V2 : WARNING: ...".
REPORTS='^\[ *[0-9]+\.[0-9]+\]( \[[^]]*\])? (watchdog: |rcu: |kmemleak: [0-9]+ new |============)?(WARNING|BUG|KASAN|KFENCE|UBSAN|Oops|INFO: (task|rcu|possible|trying)|DEBUG_LOCKS_WARN_ON|Kernel panic|general protection fault|suspicious RCU|suspected memory leaks|Bad (page|rss-counter)|list_(add|del) corruption|refcount_t:|unreferenced object|kernel BUG at|[^ ]+:[0-9]+: bad (pte|pmd|pud|p4d|pgd) )'

# One setting a line in lists, as a path may have blanks.
NL='
'

parse_options() {
	kernel=7.2 smp=2 mem=2G timeout=300 numa=1
	arch='' icount='' append='' quiet='' reserves='' nvmes='' shares=''
	while [ $# -gt 0 ]; do
		word=$1
		case $word in
		--)	shift; break ;;
		--icount) icount=yes; shift; continue ;;
		--quiet) quiet=yes; shift; continue ;;
		--kernel | --arch | --smp | --mem | --reserve | --nvme | --numa | --timeout | --share | --append) ;;
		-*) usage_error "unknown option '$word'" ;;
		*) usage_error "'$word' is no option; the command goes behind --" ;;
		esac
		[ $# -ge 2 ] || usage_error "$word needs a value"
		set_option "$word" "$2"
		shift 2
	done
	rest=$#
	case $arch in
	'' | arm64) ;;
	*) usage_error "--arch knows arm64, not '$arch'" ;;
	esac
	if [ -n "$arch" ] && [ -z "$(kernel_arch "$kernel")" ]; then
		kernel=$kernel-$arch
		check_kernel "$kernel"
	fi
	arch=$(kernel_arch "$kernel")
}

set_option() {
	case $1 in
	--smp | --numa | --timeout)
		case $2 in
		'' | *[!0-9]* | 0*) usage_error "$1 needs a number from 1, not '$2'" ;;
		esac
		;;
	esac
	case $1 in
	--kernel) check_kernel "$2"; kernel=$2 ;;
	--arch) arch=$2 ;;
	--smp) smp=$2 ;;
	--numa) numa=$2 ;;
	--timeout) timeout=$2 ;;
	--mem)
		mem_mib "$2" >/dev/null
		mem=$2
		;;
	--reserve)
		case $2 in
		?*@?*) reserves="$reserves memmap=${2%@*}\$${2#*@}" ;;
		*) usage_error "--reserve needs SIZE@ADDR, not '$2'" ;;
		esac
		;;
	--nvme)
		case $2 in
		plain | pi | cmb | 4k) nvmes="$nvmes $2" ;;
		*) usage_error "--nvme knows plain, pi, cmb and 4k, not '$2'" ;;
		esac
		;;
	--share)
		[ -d "$2" ] || usage_error "--share: no such directory: $2"
		shares="$shares$(CDPATH='' cd -- "$2" && pwd -P)$NL"
		;;
	--append) append="$append $2" ;;
	esac
}

mem_mib() {
	case $1 in
	*[!0-9]*[MmGg] | [!0-9]* | '') ;;
	*[Gg]) echo $((${1%?} * 1024)); return ;;
	*[Mm]) echo "${1%?}"; return ;;
	esac
	usage_error "--mem needs a size such as 512M or 4G, not '$1'"
}

cmd_run() {
	parse_options "$@"
	shift $(($# - rest))
	[ $# -gt 0 ] || usage_error "run needs -- COMMAND"
	tty=
	run_guest "$@"
}

cmd_shell() {
	parse_options "$@"
	case " $* " in
	*" --timeout "*) ;;
	*) timeout=0 ;;
	esac
	shift $(($# - rest))
	[ $# -gt 0 ] || set -- bash
	tty=yes
	run_guest "$@"
}

run_guest() {
	set_up "guest${arch:+-$arch}"
	set_up kernel "$kernel"
	release=$(cat "$LAB/kernels/$kernel/release")
	build_checkout
	trap clean_up EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	for try in 1 2 3; do
		boot "$@"
		lab_fault || break
		say "lab fault: the emulator lost an instruction while booting (int3), try $try"
	done
	judge
}

# ------------------------------------------------------------------
# The checkout's modules and programs

# For this kernel, when anything changed; other runs wait for it.
build_checkout() {
	built=$LAB/build/$kernel-$(basename "$SRC")-$(printf '%s' "$SRC" | cksum | cut -d' ' -f1)
	[ ! -f "$SRC/Makefile" ] || set_up source
	mkdir -p "$built"
	inputs="$SRC $(cat "$LAB/stamp/kernel-$kernel" "$LAB/stamp/root")"
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
	# Opened by QEMU only later, when another run may have made a new one.
	make_run_dir
	ln "$built/stage.erofs" "$run/stage.erofs"
	exec 8>&-
}

up_to_date() {
	[ -f "$built/stamp" ] && [ "$(cat "$built/inputs" 2>/dev/null)" = "$inputs" ] || return 1
	# A directory is newer when a file in it was removed.
	[ -z "$(cd "$SRC" && find . \( -path ./.git -o -path ./tools/lab -o -path ./Documentation \) -prune -o \
		\( -type d ! -path . -o -name '*.[chS]' ! -name '*.mod.c' -o -name Kbuild -o -name 'Makefile*' -o -name '*.mk' \) \
		-newer "$built/stamp" -print | head -n 1)" ]
}

# Outside of the checkout, by MO=; kbuild before 6.13 does not know it and would
# write into the checkout, so it gets a copy.
build_modules() {
	kdir=$(kernel_dir "$kernel")
	set -- M="$SRC" MO="$built/modules"
	case $release in
	6.12.*)
		in_root rsync -a --delete --exclude='*.o' --exclude='*.ko' --exclude='*.mod*' \
			--exclude='.*.cmd' --exclude=modules.order --exclude=Module.symvers \
			"$SRC/Kbuild" "$SRC/dkms.conf" "$SRC/drivers" "$SRC/include" "$SRC/tests" "$built/modules/"
		set -- M="$built/modules"
		;;
	esac
	[ -z "$arch" ] || set -- "$@" ARCH="$arch" CROSS_COMPILE="$ARM64_CROSS"
	in_root make -C "$kdir" "$@" VTL0_TESTS=1 -j"$(nproc)" modules
}

# Parts of the guest besides the kernel's modules: updates/ and programs.
make_stage() {
	stage=$built/stage.new
	modules=$stage/usr/lib/modules/$release
	rm -rf "$stage"
	mkdir -p "$modules/updates" "$stage/opt/vtl0/bin" "$built/modules"
	if [ -f "$SRC/Kbuild" ]; then
		build_modules
		# Not by find: a module that is gone from the checkout leaves its file there.
		# Before 6.13 the paths are absolute.
		sed "s|^$built/modules/||; s/o\$/ko/" "$built/modules/modules.order" | while read -r ko; do
			in_root "${arch:+$ARM64_CROSS}strip" --strip-debug -o "$modules/updates/$(basename "$ko")" "$built/modules/$ko"
		done
	fi
	if [ -f "$SRC/Makefile" ]; then
		user_make -C "$SRC" guest-programs O="$built/programs" KSRC="$LAB/linux-7.3" -j"$(nproc)"
		find "$built/programs" -type f -perm -u+x ! -name '*.so' -exec cp {} "$stage/opt/vtl0/bin/" \;
	fi
	# depmod wants to see all modules, the guest has the kernel's own already.
	cp -al "$LAB/kernels/$kernel/modules/usr/lib/modules/$release/." "$modules/"
	rm -f "$modules"/modules.*.bin "$modules"/modules.dep "$modules"/modules.alias "$modules"/modules.symbols \
		"$modules"/modules.softdep "$modules"/modules.devname "$modules"/modules.weakdep
	ln -s usr/lib "$stage/lib"
	in_root depmod -b "$stage" "$release"
	rm -rf "${stage:?}/lib" "${modules:?}/kernel"
	make_image "$stage" "$built/stage.erofs"
	rm -rf "$stage"
}

# ------------------------------------------------------------------
# One boot

make_run_dir() {
	mkdir -p "$LAB/run"
	run=$(mktemp -d "$LAB/run/$$.XXXXXX")
}

clean_up() {
	if [ -n "${qemu_pid-}" ]; then
		kill "$qemu_pid" 2>/dev/null || :
		wait "$qemu_pid" 2>/dev/null || :
	fi
	if [ -n "${run-}" ]; then
		rm -rf "$run"
	fi
}

boot() {
	verdict='' ready='' leak='' failed='' status=''
	rm -f "$run/out" "$run/verdict" "$run/console"
	make_guest_files "$@"
	: >"$run/console"
	started=$(date +%s%3N)
	if [ -n "$tty" ]; then
		: >"$run/verdict"
		start_qemu
		read_verdict <"$run/verdict"
		return
	fi
	mkfifo "$run/out" "$run/verdict"
	cat <"$run/out" &
	cat_pid=$!
	# The fifos stay open as long as QEMU lives, so the readers end with it
	# even when it never opened them.
	(
		exec 3>"$run/verdict" 4>"$run/out"
		start_qemu
	) </dev/null &
	qemu_pid=$!
	read_verdict <"$run/verdict"
	set +e
	wait "$qemu_pid"
	qemu_status=$?
	wait "$cat_pid"
	set -e
	qemu_pid=
}

# The words of guest/init.c; "exit" comes last.
read_verdict() {
	while read -r word value; do
		case $word in
		ready)
			ready=$(($(date +%s%3N) - started))
			[ -n "$quiet$tty" ] || say "$release is up after $((ready / 1000)).$(printf %03d $((ready % 1000)) | cut -c1) s"
			;;
		leak) leak=yes ;;
		fail) failed=$value ;;
		exit) verdict=yes status=$value ;;
		esac
	done
}

# The command and its settings, as a second archive behind the initrd.
make_guest_files() {
	rm -rf "$run/files"
	mkdir -p "$run/files/lab"
	cp "$init" "$run/files/init"
	if [ $# -eq 1 ]; then
		set -- bash -c "$1"
	fi
	printf '%s\0' "$@" >"$run/files/lab/argv"
	guest_conf >"$run/files/lab/conf"
	pack "$run/files" | cat "$LAB/kernels/$kernel/initrd.cpio" - >"$run/initrd"
}

guest_conf() {
	echo "share s0 ro /src"
	i=1
	printf '%s' "$shares" | while IFS= read -r dir; do
		echo "share s$i rw $dir"
		i=$((i + 1))
	done
	if [ -n "$nvmes" ]; then
		echo "modprobe nvme"
	fi
	i=0
	for kind in $nvmes; do
		echo "wait /dev/nvme${i}n1"
		i=$((i + 1))
	done
	case $(kernel_line "$kernel") in
	built*) echo kmemleak ;;
	esac
	if [ -n "$tty" ]; then
		echo "tty $(stty size 2>/dev/null || echo 0 0)"
		echo "env TERM=${TERM:-linux}"
	fi
}

# A path in a QEMU option: a comma is doubled.
opt() {
	printf '%s' "$1" | sed 's/,/,,/g'
}

start_qemu() {
	root=$LAB/root
	files=$(opt "$LAB/kernels/$kernel")
	r=$(opt "$run")
	# -erms,-fsrm: "rep movsb" is very slow in TCG; 52 bits: five-level paging.
	cpu=max,phys-bits=52,-erms,-fsrm
	accel=tcg,thread=multi
	if [ "${kvm:=$(cat "$LAB/kvm" 2>/dev/null)}" = "$(kvm_key)" ] && [ -z "$icount$arch" ]; then
		cpu=host accel=kvm
	fi
	if [ -n "$icount" ]; then
		smp=1 accel=tcg,thread=single
	fi
	machine=q35 qemu=qemu-system-x86_64
	if [ "$arch" = arm64 ]; then
		machine=virt,gic-version=3 qemu=qemu-system-aarch64
		cpu=max,pauth-impdef=on
	fi
	# A socket for each processor: Linux warns of a package in two nodes.
	topology=$smp
	if [ "$numa" -gt 1 ]; then
		topology=$smp,sockets=$smp,cores=1,threads=1
	fi

	set -- -nodefaults -no-user-config -display none -no-reboot \
		-L "$root/usr/share/qemu" -L "$root/usr/share/seabios" \
		-machine "$machine" -accel "$accel" -cpu "$cpu" -smp "$topology" -m "$(mem_mib "$mem")M" \
		-kernel "$LAB/kernels/$kernel/vmlinuz" -initrd "$run/initrd" \
		-append "$(command_line)" \
		-chardev "file,id=con,path=$r/console" -serial chardev:con \
		-chardev "file,id=verdict,path=$r/verdict" -device virtio-serial-pci
	if [ -n "$tty" ]; then
		set -- "$@" -chardev stdio,id=out,signal=off -device virtconsole,chardev=out,nr=0
	else
		set -- "$@" -chardev "file,id=out,path=$r/out" -device virtserialport,chardev=out,nr=1
	fi
	set -- "$@" -device virtserialport,chardev=verdict,nr=2
	for image in "$(opt "$LAB/userland${arch:+-$arch}.erofs")" "$files/modules.erofs" "$r/stage.erofs"; do
		set -- "$@" -drive "file=$image,if=virtio,format=raw,readonly=on"
	done
	i=0
	while IFS= read -r dir; do
		[ -n "$dir" ] || break
		set -- "$@" -device "virtio-9p-pci,fsdev=s$i,mount_tag=s$i" -fsdev \
			"local,id=s$i,path=$(opt "$dir"),security_model=none,multidevs=remap$([ $i -gt 0 ] || echo ,readonly=on)"
		i=$((i + 1))
	done <<-END
	$SRC
	$shares
	END
	i=0
	for kind in $nvmes; do
		truncate -s "$NVME_SIZE" "$run/nvme$i"
		set -- "$@" -device "nvme,id=nvme$i,serial=lab$i$([ "$kind" != cmb ] || echo ,cmb_size_mb=64)" \
			-drive "file=$r/nvme$i,if=none,id=disk$i,format=raw,cache=unsafe,discard=unmap" \
			-device "nvme-ns,drive=disk$i,bus=nvme$i$(nvme_format "$kind")"
		i=$((i + 1))
	done
	i=0
	while [ "$numa" -gt 1 ] && [ "$i" -lt "$numa" ]; do
		set -- "$@" -object "memory-backend-ram,id=mem$i,size=$(($(mem_mib "$mem") / numa))M" \
			-numa "node,nodeid=$i,memdev=mem$i$(node_cpus "$i")"
		i=$((i + 1))
	done
	[ -z "$icount" ] || set -- "$@" -icount shift=0,sleep=off

	if [ -n "$arch" ] && [ -n "$reserves" ]; then
		make_device_tree "$root/usr/lib64/ld-linux-x86-64.so.2" \
			--library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/$qemu" \
			-L "$root/usr/share/qemu" -display none -nodefaults \
			-machine "$machine,dumpdtb=$run/virt.dtb" -cpu "$cpu" -smp "$topology" \
			-m "$(mem_mib "$mem")M" >&2
		set -- "$@" -dtb "$run/virt.dtb"
	fi

	# The root's own loader and libraries: no chroot, so no privileges.
	set -- "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" \
		"$root/usr/bin/$qemu" "$@"
	# "timeout" ends QEMU even when this script was killed.
	if [ -n "$tty" ]; then
		timeout --foreground -k 5 "$timeout" "$@" || :
	else
		exec timeout -k 5 "$timeout" "$@" >&2
	fi
}

nvme_format() {
	case $1 in
	pi) echo ,ms=8,pi=1,mset=0 ;;
	4k) echo ,logical_block_size=4096,physical_block_size=4096 ;;
	esac
}

node_cpus() {
	cpu=$1
	while [ "$cpu" -lt "$smp" ]; do
		printf ',cpus=%s' "$cpu"
		cpu=$((cpu + numa))
	done
}

# The long limits are for slow and busy machines: a false alarm costs more.
# ignore_loglevel: no command can hide a report from the console.
# slab_debug=F: without per-CPU sheaves, whose stale pointers hide the last leaks
# of a size from kmemleak.
# pci=noacpi: running the firmware's methods for interrupts, which nothing here
# uses (all have MSI-X), takes a debug kernel a second.
# no5lvl: identify_cpu() clears the CPU's features and then finds them again. An
# interrupt in between is in a kernel without 5-level page tables, and KASAN calls
# its first access wild (7.3; once in some thirty boots of a busy machine).
command_line() {
	case $(kernel_line "$kernel") in
	built*) append=" slab_debug=F pci=noacpi no5lvl$append" ;;
	esac
	case $arch in
	arm64) echo "console=ttyAMA0 earlycon ignore_loglevel nokaslr mitigations=off" ;;
	*) echo "console=ttyS0 earlyprintk=serial ignore_loglevel nokaslr mitigations=off no_timer_check 8250.nr_uarts=1 $reserves" ;;
	esac | tr '\n' ' '
	echo \
		"panic=-1 panic_on_warn=1 oops=panic softlockup_panic=1 hung_task_panic=1" \
		"watchdog_thresh=30 rcupdate.rcu_cpu_stall_timeout=60" \
		"${append}"
}

# ------------------------------------------------------------------
# The verdict

reports() {
	tr -d '\r' <"$run/console" | grep -nE "$REPORTS" || :
}

# Known for older QEMUs; not a result of the test, as the test never began.
lab_fault() {
	[ -z "$ready" ] && grep -q 'Oops: int3' "$run/console"
}

show_console() {
	say "$1; the end of the kernel log:"
	tr -d '\r' <"$run/console" | tail -n "${2:-30}" >&2
}

judge() {
	found=$(reports)
	if [ -n "$found" ]; then
		line=${found%%:*}
		say "the kernel reported: $(echo "$found" | head -n 1 | sed 's/^[0-9]*:\[ *[0-9.]*\] //')"
		tr -d '\r' <"$run/console" | tail -n "+$line" | head -n 60 >&2
		exit "$LAB_FAILED"
	fi
	if [ -n "$failed" ]; then
		show_console "the lab failed in the guest: $failed"
		exit "$LAB_FAILED"
	fi
	if [ -n "$leak" ]; then
		say "kmemleak found unreferenced objects (shown above)"
		exit "$LAB_FAILED"
	fi
	if [ -n "$verdict" ]; then
		exit "$status"
	fi
	if [ "${qemu_status-0}" -eq 124 ] || [ "${qemu_status-0}" -eq 137 ]; then
		show_console "no verdict after $timeout s: timeout"
		exit "$LAB_TIMEOUT"
	fi
	show_console "the guest ended without a verdict (QEMU: ${qemu_status-0})"
	exit "$LAB_FAILED"
}

# ------------------------------------------------------------------
# KVM

# The verdict on KVM holds for this kernel of this machine.
kvm_key() {
	echo "yes $(uname -nr)"
}

# /dev/kvm may be there and still not run a kernel: only a boot proves it.
try_kvm() {
	[ -w /dev/kvm ] || return 0
	case $(cat "$LAB/kvm" 2>/dev/null) in
	"yes $(uname -nr)" | "no $(uname -nr)") return 0 ;;
	esac
	kvm=$(kvm_key)
	if (
		parse_options --kernel "$1" --timeout 8 --quiet -- true
		tty='' release=$(cat "$LAB/kernels/$1/release")
		trap clean_up EXIT
		make_run_dir
		: >"$run/stage.erofs"
		boot true
		[ -n "$verdict$failed" ]
	) >/dev/null 2>&1; then
		echo "$kvm" >"$LAB/kvm"
		say "a trial boot proved KVM: it will be used"
	else
		echo "no $(uname -nr)" >"$LAB/kvm"
		say "KVM did not run a trial boot: emulating"
	fi
}
