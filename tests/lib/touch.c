// SPDX-License-Identifier: GPL-2.0
/* See touch.h. */
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "touch.h"

static __thread sigjmp_buf *touch_jump;

static void touch_failed(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!touch_jump) {
		/* Not an access of touch(): let the signal end the process. */
		signal(sig, SIG_DFL);
		return;
	}
	siglongjmp(*touch_jump, sig == SIGBUS ? info->si_code : -sig);
}

static int touch_byte(volatile char *addr, bool write)
{
	struct sigaction sa = { .sa_sigaction = touch_failed, .sa_flags = SA_SIGINFO };
	sigjmp_buf jump;
	int ret;

	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	touch_jump = &jump;
	ret = sigsetjmp(jump, 1);
	if (!ret) {
		if (write)
			*addr = *addr;
		else
			(void)*addr;
	}
	touch_jump = NULL;
	return ret;
}

int touch(const void *addr)
{
	return touch_byte((char *)(uintptr_t)addr, false);
}

int touch_write(void *addr)
{
	return touch_byte(addr, true);
}
