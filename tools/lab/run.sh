# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2153,SC2154 # variables of the other files, both ways
# Part of lab: the commands run and shell. Reads their options, starts a guest and judges
# how it ended. stage.sh builds the checkout's modules and programs, boot.sh boots.

# Separates the entries of $shares, as a path may have blanks.
NL='
'

parse_options() {
	kernel=7.2 smp=2 mem=2G timeout=300 numa=1
	arch='' icount='' turns='' append='' quiet='' reserves='' nvmes='' shares='' makes=''
	while [ $# -gt 0 ]; do
		word=$1
		case $word in
		--)	shift; break ;;
		--icount) icount=yes; shift; continue ;;
		--turns) turns=yes; shift; continue ;;
		--quiet) quiet=yes; shift; continue ;;
		--kernel | --arch | --smp | --mem | --reserve | --nvme | --numa | --timeout | --share | --append | --make) ;;
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
	[ -z "$arch" ] || [ -z "$reserves" ] || [ "$(memory_limit)" -gt 0 ] ||
		usage_error "--reserve: memory of arm64 begins at 1 GiB"
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
	--kernel)
		check_kernel "$2"
		case $(kernel_line "$2") in
		headers* | clang*) usage_error "kernel $2 is to build modules for, not to boot" ;;
		esac
		kernel=$2
		;;
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
		*@*[!0-9a-fA-Fx]*) usage_error "--reserve needs a plain number as address, not '${2#*@}'" ;;
		?*@?*) reserves="$reserves memmap=${2%@*}\$${2#*@}" ;;
		*) usage_error "--reserve needs SIZE@ADDR, not '$2'" ;;
		esac
		;;
	--nvme)
		case $2 in
		*[[:space:]]*) usage_error "--nvme: a file's name with a blank: $2" ;;
		plain | pi | cmb | 4k) nvmes="$nvmes $2" ;;
		plain=/* | pi=/* | cmb=/* | 4k=/*) nvmes="$nvmes $2" ;;
		*) usage_error "--nvme knows plain, pi, cmb and 4k, and with =/FILE, not '$2'" ;;
		esac
		;;
	--share)
		[ -d "$2" ] || usage_error "--share: no such directory: $2"
		shares="$shares$(CDPATH='' cd -- "$2" && pwd -P)$NL"
		;;
	--append) append="$append $2" ;;
	--make)
		case ${2%%=*} in
		"$2" | '' | [0-9]* | *[!A-Za-z0-9_]*) usage_error "--make needs VARIABLE=VALUE, not '$2'" ;;
		esac
		case $2 in
		*[[:space:]*?[]*) usage_error "--make: a value with a blank or one of *?[: $2" ;;
		esac
		makes="$makes $2"
		;;
	esac
}

# mem_mib SIZE: prints a size such as 512M or 4G in MiB
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
# The verdict

# How the kernel's reports of a fault begin, right behind the time stamp: elsewhere in a
# line the words may be harmless, as in "Spectre V2 : WARNING: ...".
REPORTS='^\[ *[0-9]+\.[0-9]+\]( \[[^]]*\])? (watchdog: |rcu: |kmemleak: [0-9]+ new |============)?(WARNING|BUG|KASAN|KFENCE|UBSAN|Oops|INFO: (task|rcu|possible|trying)|DEBUG_LOCKS_WARN_ON|Kernel panic|general protection fault|suspicious RCU|suspected memory leaks|Bad (page|rss-counter)|list_(add|del) corruption|refcount_t:|unreferenced object|kernel BUG at|Unable to handle kernel|Internal error: |[^ ]+:[0-9]+: bad (pte|pmd|pud|p4d|pgd) )'

reports() {
	tr -d '\r' <"$run/console" | grep -nE "$REPORTS" || :
}

# Older QEMUs with several virtual processors sometimes execute an int3 that Linux put there
# only while it patched its text. The command has not begun, so this is no result of it.
lab_fault() {
	[ -z "$ready" ] && grep -q 'Oops: int3' "$run/console"
}

# show_console MESSAGE [LINES]
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
		# 30 lines, and what guest/tasks.c said of the tasks
		show_console "no verdict after $timeout s: timeout" \
			$((30 + $(sed -n '/^lab: the time is nearly over/,$p' "$run/console" | wc -l)))
		exit "$LAB_TIMEOUT"
	fi
	show_console "the guest ended without a verdict (QEMU: ${qemu_status-0})"
	exit "$LAB_FAILED"
}

# ------------------------------------------------------------------
# KVM

# The result of try_kvm() holds for one host and its kernel.
kvm_key() {
	echo "yes $(uname -nr)"
}

# try_kvm KERNEL: /dev/kvm may exist and still not run a kernel; only a boot proves it
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
