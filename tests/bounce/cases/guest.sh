# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # of lib.sh
#
# Memory that the kernel does not own.

# On architectures other than x86 such memory may take accesses of certain sizes only, and
# the disk refuses it, as every other one does.
test_p2pdma()
{
	local disk mem mode out wanted='written=EREMOTEIO read=EREMOTEIO same=0'
	nvme cmb || { skip 'no NVMe with a CMB'; return; }
	disk=$got
	mem=/sys/block/$disk/device/device/p2pmem/allocate
	[ -e "$mem" ] || { skip 'the CMB cannot be mapped'; return; }
	[ "$(uname -m)" != x86_64 ] || wanted='written=0 read=0 same=1'
	null n
	for mode in write all guest; do
		bounce a /dev/n mode=$mode
		out=$(bounce_io mapped /dev/bounce-a "$mem" 0 64K 0 0) || out="failed: $out"
		note "$mode: $out"
		expect "$mode" "$wanted" "$out"
		[[ $wanted != *same=1 ]] || expect_stat "$mode: bounced" a read_bounced_bios -gt 0
	done
	out=$(bounce_io mapped /dev/n "$mem" 0 64K 0 0 2>&1)
	note "raw: $out"
	[ "$out" != 'written=0 read=0 same=1' ] || fail 'null_blk takes P2P memory by itself'
	# Mode none takes what the disk below takes.
	bounce a /dev/n mode=none
	expect 'none over null_blk' "$out" "$(bounce_io mapped /dev/bounce-a "$mem" 0 64K 0 0 2>&1)"
	out=$(bounce_io mapped "/dev/$disk" "$mem" 0 64K 0 0 2>&1)
	note "raw NVMe: $out"
	bounce a "/dev/$disk" mode=none
	expect 'none over NVMe' "$out" "$(bounce_io mapped /dev/bounce-a "$mem" 0 64K 0 0 2>&1)"
}

test_guest_pages()
{
	local mode out base ram passed reads writes
	base=$(sed -n 's/.*memmap=\([0-9A-Za-z]*\)\$\(0x[0-9a-f]*\).*/\2/p' /proc/cmdline)
	if [ -z "$base" ] || ! modprobe -q vtl0 || ! command -v vtl0ctl >/dev/null; then
		skip 'no reserved memory or no vtl0'
		return
	fi
	if ! vtl0ctl add "$base+4M" >"$tmp/a" 2>&1 ||
	   ! vtl0ctl add "$(printf '%#x' $((base + (4 << 20))))+4M" >>"$tmp/a" 2>&1; then
		fail "vtl0ctl: $(cat "$tmp/a")"
		return
	fi
	null n
	for mode in none guest all write; do
		bounce a /dev/n mode=$mode
		# Over the seam of two ranges, and not at a page, with ordinary memory
		# before and behind it.
		for ram in 0 4096; do
			out=$(bounce_io mapped /dev/bounce-a /dev/vtl0_low $((base + (3 << 20))) \
				2M 512 $ram)
			expect "$mode, $ram" 'written=0 read=0 same=1' "$out"
		done
		case $mode in
		none) writes=-eq reads=-eq ;;
		write) writes=-gt reads=-eq ;;
		*) writes=-gt reads=-gt ;;
		esac
		expect_stat "$mode: bounced writes" a write_bounced_bios $writes 0
		expect_stat "$mode: bounced reads" a read_bounced_bios $reads 0
		stat_of a write_passed_bios
		passed=$got
		bounce_io oneio /dev/bounce-a write 0 64K >"$tmp/out"
		[ $mode != guest ] ||
			expect_stat 'ordinary memory passes' a write_passed_bios -eq $((passed + 1))
	done
	vtl0ctl remove --all >"$tmp/out" || fail "vtl0ctl: $(<"$tmp/out")"
}

# A mapped file is a buffer of direct I/O like any other, also when device mapper above has
# made a bio of its own from that of the program.
test_mapped_file_is_direct()
{
	null n
	bounce a /dev/n mode=direct
	gate g /dev/bounce-a
	truncate -s 64K "$tmp/mapped"
	expect mapped 'written=0 read=0 same=1' \
		"$(bounce_io mapped /dev/mapper/g "$tmp/mapped" 0 64K 0 0)"
	expect_stat bounced a write_bounced_bios -eq 1
	# clean_up() removes what is above a bounce disk too late.
	until_true dmsetup remove g
	gates=
}
