// SPDX-License-Identifier: GPL-2.0
/* bouncectl remove: powers devices off and removes them */
#include <errno.h>
#include <string.h>

#include "bouncectl.h"

static int complain_remove(const struct options *opt, const char *name, int err)
{
	switch (err) {
	case 0:
		return STATUS_OK;
	case -ENOENT:
		return opt->if_exists ? STATUS_OK :
			complain("%s: there is no such device", name);
	case -EBUSY:
		return complain("%s is in use: unmount it, and stop what has it open", name);
	}
	return complain("%s: %s", name, strerror(-err));
}

/* Moves the names of those that are busy to the front of @names; returns how many. */
static size_t pass(const struct options *opt, char **names, size_t nr, int *status)
{
	size_t busy = 0, i;

	for (i = 0; i < nr; i++) {
		char *name = names[i];
		int err = device_remove(opt, name);

		if (err == -EBUSY) {
			names[i] = names[busy];
			names[busy++] = name;
		} else if (complain_remove(opt, name, err)) {
			*status = STATUS_FAILED;
		}
	}
	return busy;
}

/*
 * In passes: a device below another one is busy until that one has gone, and any device while
 * udev looks at it, as it does when the one above has gone.
 */
static int remove_all(const struct options *opt, char **names, size_t nr)
{
	size_t before = nr, left, i;
	int status = STATUS_OK;
	bool again = true;

	while ((left = pass(opt, names, before, &status)) && (left < before || again)) {
		again = left < before;
		before = left;
		wait_for_udev();
	}
	for (i = 0; i < left; i++)
		status = complain_remove(opt, names[i], -EBUSY);
	return status;
}

int cmd_remove(const struct options *opt, char **names, size_t nr)
{
	struct device_list list = { };
	int err, status;

	/* one of the two, not both */
	if (opt->all == !!nr)
		return usage("remove: NAME... or --all is needed");
	if (!opt->all)
		return remove_all(opt, names, nr);
	err = device_list(opt, &list);
	if (err)
		return complain("%s: %s", opt->configfs, strerror(-err));
	status = remove_all(opt, list.names, list.nr);
	device_list_free(&list);
	return status;
}
