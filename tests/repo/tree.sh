# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154 # lab, top and tmp are set by run
#
# Checks of the repository as a whole: files, documents, build entry points.

# No file offers another licence than that of COPYING. Left out: patches, which have the licence
# of the file that they change, their letters, which are mails, and Debian's files, some of whose
# formats have no comments (debian/copyright has their licence).
check_spdx()
{
	only='SPDX-License-Identifier: GPL-2\.0(-only| WITH Linux-syscall-note)?( (\*/|-->))?$'
	all_files | grep -vE '^\./(LICENSES|debian)/|\.patch$|/cover-letter\.txt$' | while read -r f; do
		head -n 2 "$f" | grep -qE "$only" || echo "$f"
	done | nothing
}

plant_spdx()
{
	echo 'int planted;' >drivers/planted.c
}

plant_spdx__2()
{
	echo '/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */' >drivers/planted.h
}

# Context lines of a patch may end in a space.
check_whitespace()
{
	{
		all_files | grep -v '\.patch$' | xargs grep -n '[[:space:]]$'
		all_files | while read -r f; do
			[ -z "$(tail -c 1 "$f")" ] || echo "$f: no newline at the end"
		done
	} | nothing
}

plant_whitespace()
{
	echo 'planted ' >>NEWS.md
}

plant_whitespace__2()
{
	printf 'no newline' >planted
}

# Paths that exist only on one developer's machine.
check_private_paths()
{
	all_files | xargs grep -nE "(^|[][[:space:]\"'\`=:(<])/(home|root|work)/[A-Za-z]" | nothing
}

plant_private_paths()
{
	echo 'see '/home'/planted/notes' >>NEWS.md
}

shell_files()
{
	all_files | while read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*) head -n 1 "$f" | grep -qE '^#!.*[/ ](ba|da|)sh( |$)' && echo "$f" ;;
		esac
	done
}

check_shellcheck()
{
	shell_files | xargs shellcheck -x -P SCRIPTDIR -f gcc
}

plant_shellcheck()
{
	# shellcheck disable=SC2016 # not to be expanded here
	printf '#!/bin/sh\necho $planted\n' >tools/planted
}

check_codespell()
{
	all_files | grep -v "^./LICENSES/" | xargs codespell
}

plant_codespell()
{
	printf 'planted is t%s word\n' eh >planted
}

check_completion()
{
	tests/repo/completion
}

plant_completion()
{
	sed -i 's/--initramfs --wait=/--planted/' tools/completion/bouncectl
}

# Only include/compat.h and Kbuild may ask for the version of the kernel. The two others that
# call uname() look for the directory of its modules.
check_version_code()
{
	all_files | grep -E '\.[ch]$|(Kbuild|Makefile|\.mk)$' | grep -vxE \
		'\./(include/compat\.h|Kbuild|tests/lib/module\.c|tools/lab/guest/init\.c)' |
		xargs grep -nE 'LINUX_VERSION_CODE|KERNEL_?VERSION|\<uname\(|utsname' | nothing
}

plant_version_code()
{
	echo '#if LINUX_VERSION_CODE' >drivers/planted.c
}

plant_version_code__2()
{
	echo '#include <sys/utsname.h>' >tests/vtl0/planted.c
}

plant_version_code__3()
{
	echo 'planted := KERNELVERSION' >>tests/bounce/modules/Kbuild
}

check_version()
{
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
	news=$(sed -n 's/^## \([^ ]*\).*/\1/p' NEWS.md | head -n 1)
	pgcheck=$(tools/pgcheck/pgcheck --version)
	echo "dkms.conf $version, NEWS.md $news, $pgcheck"
	[ -n "$version" ] && [ "$version" = "$news" ] && [ "pgcheck $version" = "$pgcheck" ] ||
		return 1
	# README.md would have to change with it.
	grep -nF "$version" README.md | nothing
}

plant_version()
{
	sed -i 's/^## /## planted-/' NEWS.md
}

plant_version__2()
{
	echo "planted $(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)" >>README.md
}

check_readme_length()
{
	[ -s README.md ] || return 1
	tail -n +81 README.md | nothing || return 1
	grep -nE '.{101}' README.md | nothing
}

plant_readme_length()
{
	seq -f 'planted %g' 81 >>README.md
}

plant_readme_length__2()
{
	printf 'planted %100s\n' x | sed 's/  / - /g' >README.md
}

# README.md names "make demo" and "make check", and CI runs "make check".
check_readme_commands()
{
	for command in 'make demo' 'make check'; do
		grep -qF "$command" README.md || echo "not in README.md: $command"
	done | nothing || return 1
	grep -q '^make check ' .ci/run || { echo ".ci/run: $(tail -n 3 .ci/run)"; return 1; }
}

plant_readme_commands()
{
	sed -i 's/^make check /make planted /' .ci/run
	echo 'make planted' >>.ci/run
}

documents()
{
	find README.md NEWS.md Documentation -type f
}

# links FILE: prints the targets of its links; a path from the top begins with a slash
# shellcheck disable=SC2016 # these are not command substitutions
links()
{
	case $1 in
	*.md)
		grep -oE '\]\([^)#]+' "$1" | cut -c 3- | grep -vE '^[a-z]+:' ;;
	*.rst)
		sed -nE -e 's/^\.\. (include|literalinclude):: *//p' \
			-e 's/^\.\. kernel-doc:: */\//p' "$1"
		grep -oE ':doc:`[^`]+`' "$1" | sed -E 's/.*[`<]([^`<>]+)>?`/\1.rst/'
		grep -oE '<[^<>`]+>`_' "$1" | grep -vE '^<[a-z]+:' | sed 's/^<\(.*\)>`_/\1/'
		;;
	esac
	# Paths of this repository in the text.
	grep -oE '(^|[^A-Za-z0-9_./$~-])(Documentation/[A-Za-z0-9_./-]*\.|tests/|tools/(lab|vtl0ctl)/)[A-Za-z0-9_./-]*[A-Za-z0-9]' "$1" |
		sed -E 's,^[^DT/t]*,/,; s,^//,/,'
}

check_links()
{
	documents | while read -r doc; do
		links "$doc" | while read -r link; do
			case $link in
			/*) path=.$link ;;
			*) path=$(dirname "$doc")/$link ;;
			esac
			[ -e "$path" ] || echo "$doc: $link does not exist"
		done
	done | nothing
}

plant_links()
{
	echo '[x](Documentation/planted.rst)' >>NEWS.md
}

plant_links__2()
{
	echo 'See Documentation/planted.rst.' >>Documentation/lab.rst
}

plant_links__3()
{
	# shellcheck disable=SC2016 # not to be expanded here
	echo ':doc:`planted`' >Documentation/x.rst
}

# Some .rst file names each document of another kind; Sphinx itself finds .rst files that no
# index names.
check_docs_index()
{
	find Documentation -type f ! -name '*.rst' ! -name conf.py | while read -r doc; do
		grep -rqF --include='*.rst' "${doc#Documentation/}" Documentation ||
			echo "no document names $doc"
	done | nothing
}

plant_docs_index()
{
	echo '.\" SPDX' >Documentation/man/planted.1
}

check_man()
{
	find Documentation/man -name '*.[1-8]' | grep . &&
		mandoc -Tlint -Wwarning Documentation/man/*.[1-8]
}

plant_man()
{
	printf '.Dd January 1, 2000\n.Dt X 1\n.Os\n.Sh NAME\n.planted\n' >Documentation/man/planted.1
}

# in_code 'MACRO|MACRO...': prints the first argument of each use in the drivers
in_code()
{
	sed -e ':a' -e '/\\$/{N;s/\\\n//;ta' -e '}' drivers/*/*.c | grep -v '^#define' |
		grep -oE "($1)\\([a-z][a-z0-9_]*" | sed 's/.*(//' | sort -u
}

# Documentation/ABI has each attribute of the drivers, and no other one; some document names
# each module parameter.
check_sysfs_documented()
{
	in_code 'module_param|module_param_named' >"$tmp/params"
	{
		in_code '__ATTR|DEVICE_ATTR|_RO|_RW|_WO|_RO_MODE' | grep -v '_$'
		grep -rhoE '^CONFIGFS_ATTR(_RO|_WO)?\([a-z_]+, [a-z_]+' drivers | sed 's/.* //'
	} | sort -u >"$tmp/attrs"
	sed -n 's,^What:.*/\([a-z0-9_]*\)[[:space:]]*$,\1,p' Documentation/ABI/testing/* |
		grep -vx -e '' -e bounce_blk | sort -u >"$tmp/docs"
	{
		[ -s "$tmp/attrs" ] || echo "no attribute found in drivers"
		comm -23 "$tmp/attrs" "$tmp/docs" | sed 's/^/not in Documentation\/ABI\/testing: /'
		sort -u "$tmp/attrs" "$tmp/params" | comm -13 - "$tmp/docs" | sed 's/^/not in drivers: /'
		while read -r name; do
			grep -rqw -e "$name" Documentation || echo "not in Documentation: parameter $name"
		done <"$tmp/params"
	} | nothing
}

plant_sysfs_documented()
{
	echo 'static DEVICE_ATTR_RO(planted);' >>drivers/vtl0/sysfs.c
}

plant_sysfs_documented__2()
{
	mkdir -p Documentation/ABI/testing
	printf 'What:\t\t/sys/x/planted\n' >Documentation/ABI/testing/x
}

plant_sysfs_documented__3()
{
	echo 'module_param(planted, bool, 0444);' >>drivers/vtl0/main.c
}

check_uapi_documented()
{
	for header in include/uapi/linux/*.h; do
		sed -n 's/^struct \([a-z0-9_]*\) {$/\1/p' "$header" | while read -r name; do
			grep -q "^ \* struct $name - " "$header" || echo "struct $name has no kernel-doc"
		done
		sed -n 's/^#define[[:space:]]*\([A-Z0-9_]*\)[[:space:]]*_IO[WR]*(.*/\1/p' "$header" |
			while read -r name; do
				grep -q "ioctl($name)" "$header" || echo "$name is not in a kernel-doc comment"
				grep -rqw "$name" Documentation || echo "$name is not in Documentation"
			done
	done | nothing
}

plant_uapi_documented()
{
	printf '#define PLANTED _IO(1, 2) /* planted */\n' >include/uapi/linux/x.h
	printf 'struct planted {\n};\n' >>include/uapi/linux/x.h
}

# A C program can include the header alone.
check_uapi_alone()
{
	for header in include/uapi/linux/*.h; do
		gcc -Wall -Wextra -Werror -fsyntax-only -x c -std=c99 -pedantic "$header" || return 1
	done
}

plant_uapi_alone()
{
	echo 'planted_t planted;' >>include/uapi/linux/vtl0.h
}

check_make_help()
{
	make -s help >"$tmp/help"
	sed -n 's/^\.PHONY: //p' Makefile | tr ' ' '\n' | grep -vx -e kdir -e modules -e help |
		while read -r target; do
			grep -q "^make $target " "$tmp/help" || echo "not in make help: $target"
		done | nothing
}

plant_make_help()
{
	echo '.PHONY: planted' >>Makefile
}

# Without kernel headers make fails and names the package to install.
check_make_without_headers()
{
	if make KDIR=/nonexistent >"$tmp/make" 2>&1; then
		echo "make succeeded"
		return 1
	fi
	cat "$tmp/make"
	grep -q 'No kernel headers in /nonexistent' "$tmp/make"
}

plant_make_without_headers()
{
	sed -i 's/No kernel headers/planted/' Makefile
}

# installed PREFIX INITRAMFS: these files are, and the installed pgcheck finds its rules
installed()
{
	(
		cd "$tmp/dest$1" &&
			ls -l sbin/vtl0ctl sbin/bouncectl include/linux/vtl0.h \
				share/man/man8/vtl0ctl.8 share/man/man8/bouncectl.8 bin/pgcheck \
				lib/systemd/system/vtl0.service lib/systemd/system/bounce@.service \
				lib/systemd/system-generators/bounce-generator \
				lib/udev/rules.d/61-bounce_blk.rules \
				"$tmp/dest$2/hooks/bounce" "$tmp/dest$2/scripts/local-top/bounce" \
				"$tmp/dest$2/scripts/local-block/bounce" \
				"$tmp/dest/usr/lib/dracut/modules.d/74bounce/module-setup.sh" \
				"$tmp/dest/usr/lib/dracut/modules.d/74bounce/bounce.sh" &&
			bin/pgcheck --explain PG01 | grep '^PG01'
	)
}

# install_uninstall PREFIX INITRAMFS: what is installed there is, and all goes again, with the
# link of a unit that was enabled
install_uninstall()
{
	for target in install uninstall; do
		[ $target = install ] ||
			systemctl -q --root="$tmp/dest" enable vtl0.service || return 1
		make $target DESTDIR="$tmp/dest" PREFIX="$1" >"$tmp/make" 2>&1 || {
			tail -n 20 "$tmp/make"
			return 1
		}
		[ $target != install ] || installed "$@" || {
			cat "$tmp/make"
			return 1
		}
	done
	find "$tmp/dest" ! -type d | nothing
}

# "make install-dkms" copies all or nothing.
check_install_dkms()
{
	rm -rf "$tmp/dkms" "$tmp/part"
	make -s install-dkms DESTDIR="$tmp/dkms" && ls "$tmp"/dkms/usr/src/*/dkms.conf || return 1
	make -s uninstall-dkms DESTDIR="$tmp/dkms"
	find "$tmp/dkms" ! -type d | nothing || return 1
	cp -a . "$tmp/part"
	rm "$tmp/part/COPYING"
	if make -C "$tmp/part" install-dkms DESTDIR="$tmp/dkms"; then
		echo "it succeeded without a file, maybe a planted one"
		return 1
	fi
	find "$tmp/dkms" ! -type d | nothing
}

plant_install_dkms()
{
	# shellcheck disable=SC2016 # not to be expanded here
	sed -i 's/$(2); \\$/$(2) || true; \\/' Makefile
}

check_install_uninstall()
{
	install_uninstall /usr /usr/share/initramfs-tools &&
		install_uninstall /usr/local /etc/initramfs-tools
}

plant_install_uninstall()
{
	# shellcheck disable=SC2016 # not to be expanded here
	printf 'install: planted\nplanted:\n\tinstall -D Makefile $(DESTDIR)/planted\n' >>Makefile
}

plant_install_uninstall__2()
{
	sed -i 's/^\t.* tools.pgcheck install .*/\techo planted/' Makefile
}

plant_install_uninstall__3()
{
	sed -i 's/^\t.* tools.initramfs install .*/\techo planted/' Makefile
}

plant_install_uninstall__4()
{
	sed -i 's/^WantedBy=.*/WantedBy=planted.target/' tools/units/vtl0.service
	sed -i 's/systemctl -q --root.* disable /: /' Makefile
}
