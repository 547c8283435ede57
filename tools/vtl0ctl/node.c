// SPDX-License-Identifier: GPL-2.0
/* Parses name, mode and owner of a range's node; see node.h. */
#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vtl0.h>

#include "die.h"
#include "node.h"
#include "parse.h"

const char *node_name(const char *text, struct vtl0_add *add)
{
	size_t length = strlen(text), i;

	if (length >= sizeof(add->name))
		return "a name has at most 31 characters";
	if (!isalnum((unsigned char)text[0]))
		return "a name begins with a letter or a digit";
	for (i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_-.", text[i]))
			return "a name has letters, digits, \"_\", \"-\" and \".\" only";
	memset(add->name, 0, sizeof(add->name));
	memcpy(add->name, text, length);
	if (!add->file_mode)
		add->file_mode = 0600;
	add->flags |= VTL0_ADD_NAME;
	return NULL;
}

const char *node_mode(const char *text, struct vtl0_add *add)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (!isdigit((unsigned char)text[0]) || *end || mode & ~0666UL || !mode)
		return "a mode is an octal number of the bits 0666, and not 0";
	add->file_mode = mode;
	return NULL;
}

static const char *find_user(const char *name, uint32_t *uid)
{
	struct passwd *user = getpwnam(name);

	if (user)
		*uid = user->pw_uid;
	else if (parse_number(name, UINT32_MAX - 1, uid))
		return "there is no such user";
	return NULL;
}

static const char *find_group(const char *name, uint32_t *gid)
{
	struct group *group = getgrnam(name);

	if (group)
		*gid = group->gr_gid;
	else if (parse_number(name, UINT32_MAX - 1, gid))
		return "there is no such group";
	return NULL;
}

const char *node_owner(const char *text, struct vtl0_add *add)
{
	char *user = xasprintf("%s", text);
	char *group = strchr(user, ':');
	const char *wrong = NULL;

	if (group)
		*group++ = '\0';
	if (!*user && (!group || !*group))
		wrong = "an owner is USER, USER:GROUP or :GROUP";
	if (!wrong && *user)
		wrong = find_user(user, &add->file_uid);
	if (!wrong && group && *group)
		wrong = find_group(group, &add->file_gid);
	free(user);
	return wrong;
}

bool node_is_nameless(const struct vtl0_add *add)
{
	return !(add->flags & VTL0_ADD_NAME) &&
	       (add->file_mode || add->file_uid || add->file_gid);
}
