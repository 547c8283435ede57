/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of the guest's first process. */
#ifndef LAB_GUEST_H
#define LAB_GUEST_H

#include <stdbool.h>
#include <termios.h>

#define TTY		"/dev/hvc0"

/* verdict.c */
extern int verdict_fd;	/* -1 until the port is open */

void verdict(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void power_off(void);
_Noreturn void fail(const char *what, const char *name);

/* command.c */
extern bool use_tty;		/* the command gets the terminal TTY */
extern struct winsize winsize;	/* of that terminal */

/* seconds after the kernel's start at which the tasks are shown; 0: never */
extern unsigned int show_tasks_at;

int supervise(char **argv, int out_port);
void kill_the_rest(void);
bool leaks_found(int out_port);

/* tasks.c */
void show_tasks(void);

#endif /* LAB_GUEST_H */
