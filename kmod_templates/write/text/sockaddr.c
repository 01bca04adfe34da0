// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of sockets: 127.0.0.1:80, [::1]:80, unix:/run/socket.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/socket.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/un.h>
#include <asm/byteorder.h>

#include "write/text/number.h"
#include "write/text/put.h"
#include "write/text/quote.h"
#include "write/text/sockaddr.h"

/*
 * A path; or an abstract name, which stands behind @ as in ss(8) and /proc/net/unix.  A path that
 * begins with @ is quoted, so that the two can be told apart.
 */
static char *put_unix(char *pos, const u8 *bytes, size_t len)
{
	static const char prefix[] = "unix:";
	/* One is enough: only the writer comes here.  A value has eight bytes before it. */
	static u8 buffer[sizeof(u64) + sizeof(prefix) + sizeof(struct sockaddr_storage)];
	u8 *value = buffer + sizeof(u64);
	size_t used = sizeof(prefix) - 1;
	bool path;

	memcpy(value, prefix, used);
	bytes += offsetof(struct sockaddr_un, sun_path);
	len -= offsetof(struct sockaddr_un, sun_path);
	path = len && bytes[0];
	if (path)
		len = strnlen((const char *)bytes, len);
	memcpy(value + used, bytes, len);
	/* An abstract name is all of the rest; @ takes the place of the NUL that it begins with. */
	if (len && !path)
		value[used] = '@';
	used += len;
	if (path && bytes[0] == '@')
		return syscord_put_quoted(pos, value, used);
	return syscord_put_value(pos, value, used);
}

static char *put_inet(char *pos, const u8 *bytes)
{
	struct sockaddr_in in;
	const u8 *addr = bytes + offsetof(struct sockaddr_in, sin_addr);
	size_t i;

	memcpy(&in, bytes, sizeof(in));
	for (i = 0; i < sizeof(in.sin_addr); i++) {
		pos = put_decimal(pos, addr[i]);
		pos = put_char(pos, '.');
	}
	pos[-1] = ':';
	return put_decimal(pos, ntohs(in.sin_port));
}

static char *put_inet6(char *pos, const u8 *bytes, size_t len)
{
	struct sockaddr_in6 in6 = {};
	char value[80], scope[16] = "";

	memcpy(&in6, bytes, min(len, sizeof(in6)));
	if (in6.sin6_scope_id)
		snprintf(scope, sizeof(scope), "%%%u", in6.sin6_scope_id);
	snprintf(value, sizeof(value), "[%pI6c%s]:%u", &in6.sin6_addr, scope, ntohs(in6.sin6_port));
	return put_str(pos, value);
}

/* Another family, or an address too short for its family: in hexadecimal digits. */
static char *put_other_family(char *pos, sa_family_t family, const u8 *bytes, size_t len)
{
	size_t i;

	pos = put_constant(pos, "af");
	pos = put_decimal(pos, family);
	pos = put_char(pos, ':');
	for (i = sizeof(family); i < len; i++) {
		pos = syscord_put_hex(pos, bytes[i] >> 4);
		pos = syscord_put_hex(pos, bytes[i] & 15);
	}
	return pos;
}

/**
 * syscord_put_sockaddr - put an address
 * @pos:	where to
 * @bytes:	a struct sockaddr, not aligned; eight bytes before it are readable
 * @len:	bytes of it, maybe too few for its family
 *
 * Return: the end of the text.
 */
char *syscord_put_sockaddr(char *pos, const u8 *bytes, size_t len)
{
	sa_family_t family;

	if (len < sizeof(family))
		return syscord_put_quoted(pos, bytes, len);
	memcpy(&family, bytes, sizeof(family));
	if (family == AF_INET && len >= sizeof(struct sockaddr_in))
		return put_inet(pos, bytes);
	if (family == AF_INET6 && len >= offsetof(struct sockaddr_in6, sin6_scope_id))
		return put_inet6(pos, bytes, len);
	if (family == AF_UNIX)
		return put_unix(pos, bytes, len);
	return put_other_family(pos, family, bytes, len);
}
