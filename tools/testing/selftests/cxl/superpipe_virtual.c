// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual LUNs: cxlflash gives programs pieces of a disk, and the AFU finds for each
 * command where a piece is.
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "sislite_test.h"
#include "superpipe_disk.h"

/* Blocks that cxlflash gives away at once, and what it has of them on this disk */
#define CHUNK 65536
#define CHUNKS 4
/* As LUN of the disk that is large enough */
#define LARGE 2
/* Some block in each */
#define LBA 5

FIXTURE(superpipe_virtual) {
	struct cxl_afu afu;
	struct sp_disk disk;
	struct dk_cxlflash_attach attach;
	struct sis user;
	char *data;
};

static int create(const struct sp_disk *disk, __u64 context, __u64 blocks,
		  struct dk_cxlflash_uvirtual *arg)
{
	memset(arg, 0, sizeof(*arg));
	arg->context_id = context;
	arg->lun_size = blocks;
	return sp_request(disk, DK_CXLFLASH_USER_VIRTUAL, arg);
}

static int resize(const struct sp_disk *disk, __u64 context, __u64 handle, __u64 blocks,
		  __u64 *last)
{
	struct dk_cxlflash_resize arg = {
		.context_id = context,
		.rsrc_handle = handle,
		.req_size = blocks,
	};
	int ret = sp_request(disk, DK_CXLFLASH_VLUN_RESIZE, &arg);

	*last = arg.last_lba;
	return ret;
}

static int release(const struct sp_disk *disk, __u64 context, __u64 handle)
{
	struct dk_cxlflash_release arg = { .context_id = context, .rsrc_handle = handle };

	return sp_request(disk, DK_CXLFLASH_RELEASE, &arg);
}

FIXTURE_SETUP(superpipe_virtual)
{
	self->disk.fd = -1;
	self->user.fd = -1;
	if (sis_find(&self->afu))
		SKIP(return, "no SISLite AFU");
	if (system("modprobe cxlflash"))
		SKIP(return, "no cxlflash");
	ASSERT_EQ(0, sp_open(&self->disk, LARGE));
	self->data = cxl_pages(BLOCK);
	ASSERT_NE(NULL, self->data);
	ASSERT_EQ(0, sp_manage(&self->disk, DK_CXLFLASH_MANAGE_LUN_ENABLE_SUPERPIPE));
	ASSERT_EQ(0, sp_attach(&self->disk, &self->attach, O_RDWR, 1));
	ASSERT_EQ(0, sp_take(&self->user, self->attach.adap_fd, self->attach.mmio_size));
}

/* Without its users cxlflash goes: nothing is left of pieces, contexts and files. */
FIXTURE_TEARDOWN(superpipe_virtual)
{
	sis_close(&self->user);
	if (self->disk.fd < 0)
		return;
	sp_close(&self->disk);
	EXPECT_EQ(0, sp_unload());
}

static int put(struct sis *user, __u64 handle, __u64 lba, char *data, unsigned int seed)
{
	cxl_fill(data, BLOCK, seed);
	return sp_transfer(user, handle, WRITE_16, lba, data, 1, 0);
}

/* Return: -1 if that is what the block has, or where it has not, or -EIO - 1 */
static long check(struct sis *user, __u64 handle, __u64 lba, char *data, unsigned int seed)
{
	memset(data, 0, BLOCK);
	if (sp_transfer(user, handle, READ_16, lba, data, 1, 0))
		return -EIO - 1;
	return cxl_mismatch(data, BLOCK, seed);
}

/* In how many pieces of the disk this block has that */
static int found(int disk, __u64 lba, char *data, unsigned int seed)
{
	int chunk, count = 0;

	for (chunk = 0; chunk < CHUNKS; chunk++) {
		memset(data, 0, BLOCK);
		if (pread(disk, data, BLOCK, ((off_t)chunk * CHUNK + lba) * BLOCK) == BLOCK &&
		    cxl_mismatch(data, BLOCK, seed) == -1)
			count++;
	}
	return count;
}

/* Two of them do not share a block, and both are on the disk. */
TEST_F(superpipe_virtual, pieces)
{
	struct dk_cxlflash_uvirtual one, two;

	ASSERT_EQ(0, create(&self->disk, self->attach.context_id, CHUNK, &one));
	ASSERT_EQ(0, create(&self->disk, self->attach.context_id, 1, &two));
	EXPECT_NE(one.rsrc_handle, two.rsrc_handle);
	EXPECT_EQ(CHUNK - 1ULL, one.last_lba);
	/* There are no smaller ones. */
	EXPECT_EQ(CHUNK - 1ULL, two.last_lba);

	ASSERT_EQ(0, put(&self->user, one.rsrc_handle, LBA, self->data, 1));
	ASSERT_EQ(0, put(&self->user, two.rsrc_handle, LBA, self->data, 2));
	EXPECT_EQ(-1, check(&self->user, one.rsrc_handle, LBA, self->data, 1));
	EXPECT_EQ(-1, check(&self->user, two.rsrc_handle, LBA, self->data, 2));
	EXPECT_EQ(1, found(self->disk.fd, LBA, self->data, 1));
	EXPECT_EQ(1, found(self->disk.fd, LBA, self->data, 2));

	EXPECT_EQ(-EIO, put(&self->user, one.rsrc_handle, CHUNK, self->data, 3));
	EXPECT_EQ(0, put(&self->user, one.rsrc_handle, CHUNK - 1, self->data, 3));
}

/* What stays keeps its blocks, what goes cannot be reached any more. */
TEST_F(superpipe_virtual, resized)
{
	struct dk_cxlflash_uvirtual arg;
	__u64 context = self->attach.context_id, last;

	ASSERT_EQ(0, create(&self->disk, context, CHUNK, &arg));
	ASSERT_EQ(0, put(&self->user, arg.rsrc_handle, LBA, self->data, 1));
	ASSERT_EQ(0, resize(&self->disk, context, arg.rsrc_handle, 2 * CHUNK, &last));
	EXPECT_EQ(2 * CHUNK - 1ULL, last);
	EXPECT_EQ(0, put(&self->user, arg.rsrc_handle, CHUNK + LBA, self->data, 2));
	EXPECT_EQ(-1, check(&self->user, arg.rsrc_handle, LBA, self->data, 1));
	EXPECT_EQ(-1, check(&self->user, arg.rsrc_handle, CHUNK + LBA, self->data, 2));

	ASSERT_EQ(0, resize(&self->disk, context, arg.rsrc_handle, CHUNK, &last));
	EXPECT_EQ(CHUNK - 1ULL, last);
	EXPECT_EQ(-1, check(&self->user, arg.rsrc_handle, LBA, self->data, 1));
	EXPECT_EQ(-EIO, put(&self->user, arg.rsrc_handle, CHUNK + LBA, self->data, 3));
}

/* There is no more than the disk has, and what is given back can be had again. */
TEST_F(superpipe_virtual, all_of_it)
{
	struct dk_cxlflash_uvirtual all, more;
	__u64 context = self->attach.context_id;

	ASSERT_EQ(0, create(&self->disk, context, CHUNKS * CHUNK, &all));
	EXPECT_EQ(CHUNKS * CHUNK - 1ULL, all.last_lba);
	EXPECT_EQ(-ENOSPC, create(&self->disk, context, CHUNK, &more));
	ASSERT_EQ(0, release(&self->disk, context, all.rsrc_handle));
	EXPECT_EQ(-EIO, put(&self->user, all.rsrc_handle, LBA, self->data, 1));
	EXPECT_EQ(0, create(&self->disk, context, CHUNK, &more));
	EXPECT_EQ(0, put(&self->user, more.rsrc_handle, LBA, self->data, 1));
}

/* In the child that cxlflash expects: which step has failed, or 0 */
static int clone_and_use(const struct sp_disk *disk, struct dk_cxlflash_clone *clone,
			 __u64 handle, char *data)
{
	struct dk_cxlflash_attach attach;
	struct sis reader;

	if (sp_attach(disk, &attach, O_RDONLY, 1) ||
	    sp_take(&reader, attach.adap_fd, attach.mmio_size))
		return 1;
	if (sp_transfer(&reader, handle, READ_16, LBA, data, 1, 0) != -EIO)
		return 2;
	clone->context_id_dst = attach.context_id;
	if (sp_request(disk, DK_CXLFLASH_VLUN_CLONE, clone))
		return 3;
	if (check(&reader, handle, LBA, data, 1) != -1)
		return 4;
	return put(&reader, handle, LBA, data, 2) == -EIO ? 0 : 5;
}

/* A child gets the same blocks, with the rights of its own context. */
TEST_F(superpipe_virtual, cloned)
{
	struct dk_cxlflash_clone clone = {
		.context_id_src = self->attach.context_id,
		.adap_fd_src = self->attach.adap_fd,
	};
	struct dk_cxlflash_uvirtual arg;
	int status;
	pid_t pid;

	ASSERT_EQ(0, create(&self->disk, self->attach.context_id, CHUNK, &arg));
	ASSERT_EQ(0, put(&self->user, arg.rsrc_handle, LBA, self->data, 1));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(clone_and_use(&self->disk, &clone, arg.rsrc_handle, self->data));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_EQ(-1, check(&self->user, arg.rsrc_handle, LBA, self->data, 1));
}

/* A disk is given away in pieces or as a whole. */
TEST_F(superpipe_virtual, not_as_a_whole)
{
	struct dk_cxlflash_udirect direct = { .context_id = self->attach.context_id };
	struct dk_cxlflash_uvirtual arg;

	ASSERT_EQ(0, create(&self->disk, self->attach.context_id, CHUNK, &arg));
	EXPECT_EQ(-EINVAL, sp_request(&self->disk, DK_CXLFLASH_USER_DIRECT, &direct));
	EXPECT_EQ(0, put(&self->user, arg.rsrc_handle, LBA, self->data, 1));
}

TEST_HARNESS_MAIN
