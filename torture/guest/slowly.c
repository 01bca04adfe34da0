// SPDX-License-Identifier: GPL-2.0
/*
 * torture slowly FOLDER MS: a file system that answers as slowly as one on a network does: each request is answered after
 * up to MS, one after the other, so nothing waits longer than that for each request before it.
 *
 * Names are kept here, and bytes in memory that this process has for each file.  There are few files, with little in them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "slowly.h"
#include "stress.h"

#define NODES		64
#define NAME_MAX_HERE	60
#define BLOCK		4096UL
#define BLOCKS		16384UL	/* 64 MiB in all */
#define WRITE_MAX	32768
#define REQUEST_MAX	(WRITE_MAX + 4096)

/* A file or folder.  One that has no name any more lives until the kernel has forgotten it. */
static struct node {
	char name[NAME_MAX_HERE];
	unsigned int parent;
	uint64_t lookups, generation;
	mode_t mode;		/* 0: unused */
	uint64_t size;
	int bytes;
} nodes[NODES] = { [FUSE_ROOT_ID] = { .mode = S_IFDIR | 0755 } };

/* The request under way, and the answer to it. */
static union {
	struct fuse_in_header head;
	char bytes[REQUEST_MAX];
} request;
static const char *body = request.bytes + sizeof(struct fuse_in_header);
static struct {
	struct fuse_out_header head;
	char body[WRITE_MAX];
} reply;
static size_t reply_len;

static void *say(size_t len)
{
	reply_len = len;
	return memset(reply.body, 0, len);
}

static unsigned long used_blocks(void)
{
	unsigned long used = 0;
	size_t i;

	for (i = 0; i < NODES; i++)
		used += (nodes[i].size + BLOCK - 1) / BLOCK;
	return used;
}

static unsigned int find(unsigned int parent, const char *name)
{
	unsigned int i;

	for (i = FUSE_ROOT_ID + 1; i < NODES; i++)
		if (nodes[i].mode && nodes[i].parent == parent && !strcmp(nodes[i].name, name))
			return i;
	return 0;
}

static void free_if_gone(unsigned int id)
{
	struct node *node = &nodes[id];

	if (id == FUSE_ROOT_ID || node->parent || node->lookups)
		return;
	if (node->bytes)
		close(node->bytes);
	*node = (struct node){ .generation = node->generation };
}

static void forget(uint64_t id, uint64_t lookups)
{
	if (id <= FUSE_ROOT_ID || id >= NODES)
		return;
	nodes[id].lookups -= lookups;
	free_if_gone(id);
}

static void unname(unsigned int id)
{
	nodes[id].parent = 0;
	free_if_gone(id);
}

static void put_attr(struct fuse_attr *attr, unsigned int id)
{
	const struct node *node = &nodes[id];

	*attr = (struct fuse_attr){
		.ino = id, .size = node->size, .blocks = (node->size + 511) / 512, .mode = node->mode, .nlink = !!node->parent,
		.blksize = BLOCK,
	};
	if (id == FUSE_ROOT_ID)
		attr->nlink = 2;
}

/* Nothing is valid for long, so that the kernel asks again: so slow is a network. */
static int say_entry(unsigned int id, size_t more)
{
	struct fuse_entry_out *entry = say(sizeof(*entry) + more);

	if (!id)
		return -ENOENT;
	entry->nodeid = id;
	entry->generation = nodes[id].generation;
	put_attr(&entry->attr, id);
	nodes[id].lookups++;
	return 0;
}

static int say_attr(unsigned int id)
{
	struct fuse_attr_out *attr = say(sizeof(*attr));

	put_attr(&attr->attr, id);
	return 0;
}

static int make(unsigned int parent, const char *name, mode_t mode, size_t more)
{
	unsigned int id = FUSE_ROOT_ID + 1;

	if (strlen(name) >= NAME_MAX_HERE)
		return -ENAMETOOLONG;
	while (id < NODES && nodes[id].mode)
		id++;
	if (id == NODES)
		return -ENOSPC;
	nodes[id] = (struct node){ .parent = parent, .mode = mode, .generation = nodes[id].generation + 1 };
	strcpy(nodes[id].name, name);
	if (S_ISREG(mode))
		nodes[id].bytes = memfd_create(name, MFD_CLOEXEC);
	if (nodes[id].bytes < 0) {
		nodes[id] = (struct node){ .generation = nodes[id].generation };
		return -ENOSPC;
	}
	return say_entry(id, more);
}

static int set_attr(unsigned int id, const struct fuse_setattr_in *in)
{
	struct node *node = &nodes[id];

	if (in->valid & FATTR_MODE)
		node->mode = (node->mode & S_IFMT) | (in->mode & ~S_IFMT);
	if (in->valid & FATTR_SIZE) {
		if (in->size > BLOCKS * BLOCK || ftruncate(node->bytes, in->size))
			return -EFBIG;
		node->size = in->size;
	}
	return say_attr(id);
}

static int write_bytes(unsigned int id, const struct fuse_write_in *in)
{
	struct node *node = &nodes[id];
	struct fuse_write_out *out;
	ssize_t done;

	if (in->offset + in->size > BLOCKS * BLOCK || used_blocks() + in->size / BLOCK + 1 > BLOCKS)
		return -ENOSPC;
	done = pwrite(node->bytes, in + 1, in->size, in->offset);
	if (done < 0)
		return -errno;
	if (in->offset + done > node->size)
		node->size = in->offset + done;
	out = say(sizeof(*out));
	out->size = done;
	return 0;
}

static int read_bytes(unsigned int id, const struct fuse_read_in *in)
{
	size_t size = in->size < sizeof(reply.body) ? in->size : sizeof(reply.body);
	ssize_t done = pread(nodes[id].bytes, reply.body, size, in->offset);

	if (done < 0)
		return -errno;
	reply_len = done;
	return 0;
}

static int read_folder(unsigned int id, const struct fuse_read_in *in)
{
	size_t at = 0, size = in->size < sizeof(reply.body) ? in->size : sizeof(reply.body);
	uint64_t i;

	say(size);
	for (i = in->offset; i < NODES; i++) {
		struct fuse_dirent *entry = (struct fuse_dirent *)(reply.body + at);
		size_t len = strlen(nodes[i].name);

		if (!nodes[i].mode || nodes[i].parent != id)
			continue;
		if (at + FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + len) > size)
			break;
		*entry = (struct fuse_dirent){ i, i + 1, len, nodes[i].mode >> 12 };
		memcpy(entry->name, nodes[i].name, len);
		at += FUSE_DIRENT_SIZE(entry);
	}
	reply_len = at;
	return 0;
}

static bool has_entries(unsigned int id)
{
	unsigned int i;

	for (i = 0; i < NODES; i++)
		if (nodes[i].mode && nodes[i].parent == id)
			return true;
	return false;
}

static int remove_name(unsigned int parent, const char *name)
{
	unsigned int id = find(parent, name);

	if (!id)
		return -ENOENT;
	if (S_ISDIR(nodes[id].mode) && has_entries(id))
		return -ENOTEMPTY;
	unname(id);
	return 0;
}

static int rename_to(unsigned int parent, unsigned int new_parent, unsigned int flags, const char *names)
{
	const char *new_name = names + strlen(names) + 1;
	unsigned int id = find(parent, names), old = find(new_parent, new_name);

	if (!id)
		return -ENOENT;
	if (strlen(new_name) >= NAME_MAX_HERE)
		return -ENAMETOOLONG;
	if (flags & ~1U)	/* only RENAME_NOREPLACE */
		return -EINVAL;
	if (old && (flags || S_ISDIR(nodes[old].mode)))
		return -EEXIST;
	if (old)
		unname(old);
	nodes[id].parent = new_parent;
	strcpy(nodes[id].name, new_name);
	return 0;
}

static int say_init(void)
{
	struct fuse_init_out *init = say(sizeof(*init));

	init->major = FUSE_KERNEL_VERSION;
	init->minor = 31;
	init->flags = FUSE_BIG_WRITES | FUSE_ATOMIC_O_TRUNC;
	init->max_write = WRITE_MAX;
	init->max_background = 12;
	return 0;
}

static int say_space(void)
{
	struct fuse_statfs_out *out = say(sizeof(*out));
	unsigned long used = used_blocks();

	out->st.blocks = BLOCKS;
	out->st.bfree = out->st.bavail = used < BLOCKS ? BLOCKS - used : 0;
	out->st.files = out->st.ffree = NODES;
	out->st.bsize = out->st.frsize = BLOCK;
	out->st.namelen = NAME_MAX_HERE - 1;
	return 0;
}

static int open_node(unsigned int id)
{
	const struct fuse_open_in *in = (const void *)body;

	if (in->flags & O_TRUNC && S_ISREG(nodes[id].mode)) {
		if (ftruncate(nodes[id].bytes, 0))
			return -EIO;
		nodes[id].size = 0;
	}
	say(sizeof(struct fuse_open_out));
	return 0;
}

static int make_and_open(unsigned int parent)
{
	const struct fuse_create_in *in = (const void *)body;

	return make(parent, (const char *)(in + 1), S_IFREG | (in->mode & 07777), sizeof(struct fuse_open_out));
}

/* Whether the request gets no answer. */
static bool is_forgetting(void)
{
	const struct fuse_batch_forget_in *batch = (const void *)body;
	const struct fuse_forget_one *one = (const void *)(batch + 1);
	uint32_t i;

	switch (request.head.opcode) {
	case FUSE_FORGET:
		forget(request.head.nodeid, ((const struct fuse_forget_in *)body)->nlookup);
		return true;
	case FUSE_BATCH_FORGET:
		for (i = 0; i < batch->count; i++)
			forget(one[i].nodeid, one[i].nlookup);
		return true;
	default:
		return request.head.opcode == FUSE_INTERRUPT;
	}
}

static int carry_out(unsigned int id)
{
	const struct fuse_rename_in *rename = (const void *)body;
	const struct fuse_rename2_in *rename2 = (const void *)body;
	const struct fuse_mkdir_in *folder = (const void *)body;
	const struct fuse_mknod_in *node = (const void *)body;

	switch (request.head.opcode) {
	case FUSE_INIT:
		return say_init();
	case FUSE_LOOKUP:
		return say_entry(find(id, body), 0);
	case FUSE_GETATTR:
		return say_attr(id);
	case FUSE_SETATTR:
		return set_attr(id, (const void *)body);
	case FUSE_MKDIR:
		return make(id, (const char *)(folder + 1), S_IFDIR | (folder->mode & 07777), 0);
	case FUSE_MKNOD:
		return S_ISREG(node->mode) ? make(id, (const char *)(node + 1), node->mode, 0) : -EPERM;
	case FUSE_CREATE:
		return make_and_open(id);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return open_node(id);
	case FUSE_READ:
		return read_bytes(id, (const void *)body);
	case FUSE_READDIR:
		return read_folder(id, (const void *)body);
	case FUSE_WRITE:
		return write_bytes(id, (const void *)body);
	case FUSE_UNLINK:
	case FUSE_RMDIR:
		return remove_name(id, body);
	case FUSE_RENAME:
		return rename_to(id, rename->newdir, 0, (const char *)(rename + 1));
	case FUSE_RENAME2:
		return rename_to(id, rename2->newdir, rename2->flags, (const char *)(rename2 + 1));
	case FUSE_STATFS:
		return say_space();
	case FUSE_FLUSH:
	case FUSE_FSYNC:
	case FUSE_FSYNCDIR:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		return 0;
	default:
		return -ENOSYS;
	}
}

/* Every eighth answer takes as long as any may, most others an eighth of that. */
static void take_time(unsigned long ms)
{
	unsigned long ns = pick(1 + ms * 1000000 / (pick(8) ? 8 : 1));
	const struct timespec interval = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&interval, NULL);
}

/* It ends when there is nothing left to answer: the file system is gone. */
static void serve(int fuse, unsigned long ms)
{
	while (read(fuse, request.bytes, sizeof(request.bytes)) > 0 || errno == EINTR || errno == ENOENT) {
		if (is_forgetting())
			continue;
		reply_len = 0;
		reply.head.error = carry_out(request.head.nodeid);
		if (reply.head.error)
			reply_len = 0;
		if (request.head.opcode != FUSE_INIT)
			take_time(ms);
		reply.head.unique = request.head.unique;
		reply.head.len = sizeof(reply.head) + reply_len;
		/* Who asked may have been killed meanwhile: ENOENT. */
		if (write(fuse, &reply, reply.head.len) < 0 && errno != ENOENT)
			break;
	}
}

int slowly(const char *folder, const char *ms)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), null = open("/dev/null", O_RDWR), fd;
	char options[100];

	sprintf(options, "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions", fuse);
	if (fuse < 0 || mount(SLOWLY, folder, "fuse", 0, options)) {
		perror(SLOWLY);
		return 2;
	}
	if (fork())
		return 0;
	setsid();
	prctl(PR_SET_NAME, SLOWLY);
	for (fd = 0; fd < 3; fd++)
		dup2(null, fd);
	reseed(1);
	serve(fuse, strtoul(ms, NULL, 0));
	_exit(0);
}
