# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2153,SC2154 # variables of the other files, both ways
# Part of lab: boots a guest by QEMU, with a command, and reads the words that the guest's
# first process (guest/init.c) writes to the verdict port.

NVME_SIZE=1G

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

# boot COMMAND...: one boot; sets ready, leak, failed, verdict, status and qemu_status
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
	# Descriptors 3 and 4 keep the fifos open for as long as QEMU lives: so cat and
	# read_verdict get their end with QEMU, also if QEMU never opened the fifos.
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

# One line for each word that guest/init.c writes; "exit" comes last.
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

# Puts init, the command and its settings into a second archive behind the kernel's initrd;
# the guest's kernel unpacks both.
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

# has_kmemleak: only a kernel that the lab configures
has_kmemleak() {
	case $(kernel_line "$kernel") in
	built*) grep -qx CONFIG_DEBUG_KMEMLEAK=y "$LAB/build-$kernel/.config" ;;
	*) return 1 ;;
	esac
}

# guest_conf: prints the settings that read_conf() of guest/init.c reads
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
	! has_kmemleak || echo kmemleak
	# The guest's clock begins some seconds later; with --icount it is another one at all.
	if [ "$timeout" -gt 20 ] && [ -z "$icount" ]; then
		echo "tasks $((timeout * 9 / 10 - 10))"
	fi
	if [ -n "$tty" ]; then
		echo "tty $(stty size 2>/dev/null || echo 0 0)"
		echo "env TERM=${TERM:-linux}"
	fi
}

# opt PATH: prints it for a QEMU option, in which a comma is doubled
opt() {
	printf '%s' "$1" | sed 's/,/,,/g'
}

# choose_machine: sets what QEMU emulates, and with what accelerator
choose_machine() {
	# -erms,-fsrm: keeps the kernel from "rep movsb", which is very slow in TCG. 52
	# address bits: ranges far beyond the RAM can be registered.
	cpu=max,phys-bits=52,-erms,-fsrm
	accel=tcg,thread=multi
	# QEMU switches to the next one where a processor halts or executes "pause".
	[ -z "$turns" ] || accel=tcg,thread=single
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
	# A socket for each processor: Linux warns if one socket is in two NUMA nodes.
	topology=$smp
	if [ "$numa" -gt 1 ]; then
		topology=$smp,sockets=$smp,cores=1,threads=1
	fi
}

# NAME_options: prints options of QEMU, one word a line, as a path may have blanks

machine_options() {
	printf '%s\n' -nodefaults -no-user-config -display none -no-reboot \
		-L "$root/usr/share/qemu" -L "$root/usr/share/seabios" \
		-machine "$machine" -accel "$accel" -cpu "$cpu" -smp "$topology" -m "$(mem_mib "$mem")M" \
		-kernel "$LAB/kernels/$kernel/vmlinuz" -initrd "$run/initrd" \
		-append "$(command_line | tr '\n' ' ')"
	[ -z "$icount" ] || printf '%s\n' -icount shift=0,sleep=off
	[ ! -f "$run/dtb" ] || printf '%s\n' -dtb "$run/dtb"
}

# The console, what the command prints, and the verdict of the guest's first process.
port_options() {
	printf '%s\n' -chardev "file,id=con,path=$r/console" -serial chardev:con \
		-chardev "file,id=verdict,path=$r/verdict" -device virtio-serial-pci
	if [ -n "$tty" ]; then
		printf '%s\n' -chardev stdio,id=out,signal=off -device virtconsole,chardev=out,nr=0
	else
		printf '%s\n' -chardev "file,id=out,path=$r/out" -device virtserialport,chardev=out,nr=1
	fi
	printf '%s\n' -device virtserialport,chardev=verdict,nr=2
}

# The parts of the guest's root.
image_options() {
	for image in "$(opt "$LAB/userland${arch:+-$arch}.erofs")" \
		"$(opt "$LAB/kernels/$kernel")/modules.erofs" "$r/stage.erofs"; do
		printf '%s\n' -drive "file=$image,if=virtio,format=raw,readonly=on"
	done
}

share_options() {
	i=0
	printf '%s\n%s' "$SRC" "$shares" | while IFS= read -r dir; do
		printf '%s\n' -device "virtio-9p-pci,fsdev=s$i,mount_tag=s$i" -fsdev \
			"local,id=s$i,path=$(opt "$dir"),security_model=none,multidevs=remap$([ $i -gt 0 ] || echo ,readonly=on)"
		i=$((i + 1))
	done
}

# Makes the files of the NVMe disks, too.
nvme_options() {
	i=0
	for kind in $nvmes; do
		# A file that was named outlives the guest, and so does what is written to it.
		disk=$run/nvme$i cache=unsafe
		case $kind in
		*=*) disk=${kind#*=} kind=${kind%%=*} cache=writethrough ;;
		esac
		[ -s "$disk" ] || truncate -s "$NVME_SIZE" "$disk"
		printf '%s\n' -device "nvme,id=nvme$i,serial=lab$i$([ "$kind" != cmb ] || echo ,cmb_size_mb=64)" \
			-drive "file=$(opt "$disk"),if=none,id=disk$i,format=raw,cache=$cache,discard=unmap" \
			-device "nvme-ns,drive=disk$i,bus=nvme$i$(nvme_format "$kind")"
		i=$((i + 1))
	done
}

numa_options() {
	i=0
	while [ "$numa" -gt 1 ] && [ "$i" -lt "$numa" ]; do
		printf '%s\n' -object "memory-backend-ram,id=mem$i,size=$(node_mib "$i")M" \
			-numa "node,nodeid=$i,memdev=mem$i$(node_cpus "$i")"
		i=$((i + 1))
	done
}

start_qemu() {
	root=$LAB/root
	r=$(opt "$run")
	choose_machine
	[ -z "$arch" ] || [ -z "$reserves" ] || make_devicetree
	{
		machine_options
		port_options
		image_options
		share_options
		nvme_options
		numa_options
	} >"$run/options"
	# QEMU of the root with the root's loader and libraries: a chroot would need privileges.
	set -- "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" \
		"$root/usr/bin/$qemu"
	while IFS= read -r word; do
		set -- "$@" "$word"
	done <"$run/options"
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

# Node 0 has what the others, of whole GiB each, leave: no GiB is on two nodes, as on most
# real machines.
node_mib() {
	rest=$(mem_mib "$mem")
	size=$((rest / numa / 1024 * 1024))
	[ "$size" -gt 0 ] || size=$((rest / numa))
	[ "$1" -gt 0 ] || size=$((rest - size * (numa - 1)))
	echo "$size"
}

node_cpus() {
	cpu=$1
	while [ "$cpu" -lt "$smp" ]; do
		printf ',cpus=%s' "$cpu"
		cpu=$((cpu + numa))
	done
}

# memmap= on arm64: the kernel knows mem= only; this tells the tests, which read /proc/cmdline.
# watchdog_thresh, rcu_cpu_stall_timeout: long, as a busy machine would raise false alarms.
# ignore_loglevel: no command can keep a report from the console.
# slab_debug=F: no per-CPU sheaves, whose stale pointers hide the last leaks of a size from
# kmemleak.
# pci=noacpi: a debug kernel needs a second to run the firmware's methods for interrupts,
# which no device here uses (all have MSI-X).
# no5lvl: identify_cpu() clears the features of the CPU and then finds them again. An
# interrupt in between takes the CPU for one without 5-level page tables, and KASAN reports
# an access to the direct map as wild (7.3; once in some thirty boots of a busy machine).
command_line() {
	case $(kernel_line "$kernel") in
	built*) append=" slab_debug=F pci=noacpi no5lvl$append" ;;
	esac
	case $arch in
	arm64)
		echo "console=ttyAMA0 earlycon ignore_loglevel nokaslr mitigations=off $reserves"
		[ -z "$reserves" ] || echo "mem=$(memory_limit)"
		;;
	*) echo "console=ttyS0 earlyprintk=serial ignore_loglevel nokaslr mitigations=off no_timer_check 8250.nr_uarts=1 $reserves" ;;
	esac
	echo \
		"panic=-1 panic_on_warn=1 oops=panic softlockup_panic=1 hung_task_panic=1" \
		"watchdog_thresh=30 rcupdate.rcu_cpu_stall_timeout=60" \
		"${append}"
}
