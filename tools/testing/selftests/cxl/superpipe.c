// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that reach the disks of cxlflash without the kernel's block layer: by a
 * context of their own, the file of which cxlflash hands out. The same disk by both
 * ways, at once, and through errors.
 */
#include <endian.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <scsi/cxlflash_ioctl.h>

#include "inject.h"
#include "pci_card.h"
#include "sislite_test.h"

#define INTERRUPTS 4
#define BLOCKS 8
#define BYTES (BLOCKS * BLOCK)
/* What comes before may belong to other tests; one LBA for each way. */
#define LBA 1024
#define WRITER_LBA 2048
#define VPD_SIZE 256
#define WAIT_MS 60000

FIXTURE(superpipe) {
	struct cxl_afu afu;
	char sysfs[64];
	char node[32];
	int disk;
	struct dk_cxlflash_attach attach;
	__u64 handle;
	struct sis user;
	char *data;
};

static int request(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

static bool is_big(void)
{
	return __BYTE_ORDER == __BIG_ENDIAN;
}

/* The disk behind port 0 and LUN 0; its letter is a matter of chance. */
static bool find_disk(char *sysfs, size_t sysfs_size, char *node, size_t node_size)
{
	char letter, path[PATH_MAX], link[64];
	const char *end;

	for (letter = 'a'; letter <= 'z'; letter++) {
		snprintf(sysfs, sysfs_size, "/sys/block/sd%c", letter);
		snprintf(link, sizeof(link), "%s/device", sysfs);
		if (!realpath(link, path))
			continue;
		end = strrchr(path, '/');
		if (!strstr(end, ":0:0:0"))
			continue;
		snprintf(node, node_size, "/dev/sd%c", letter);
		return !access(node, R_OK | W_OK);
	}
	return false;
}

static int open_disk(char *sysfs, size_t sysfs_size, char *node, size_t node_size)
{
	__u64 end = cxl_now_ms() + WAIT_MS;
	int fd;

	do {
		if (find_disk(sysfs, sysfs_size, node, node_size)) {
			fd = open(node, O_RDWR | O_DIRECT | O_CLOEXEC);
			if (fd >= 0)
				return fd;
		}
		usleep(50000);
	} while (cxl_now_ms() < end);
	return -ETIMEDOUT;
}

/* The name of 16 bytes by which cxlflash knows a disk on several ports */
static int read_wwid(const char *sysfs, __u8 *wwid)
{
	__u8 page[VPD_SIZE];
	ssize_t size, pos;

	size = cxl_file_read(sysfs, "device/vpd_pg83", (char *)page, sizeof(page));
	for (pos = 4; pos + 4 <= size; pos += 4 + page[pos + 3]) {
		if ((page[pos + 1] & 0xf) != 3 || page[pos + 3] != CXLFLASH_WWID_LEN)
			continue;
		memcpy(wwid, page + pos + 4, CXLFLASH_WWID_LEN);
		return 0;
	}
	return -ENOENT;
}

static int manage(int disk, const char *sysfs, __u64 how)
{
	struct dk_cxlflash_manage_lun arg = { .hdr.flags = how };
	int ret = read_wwid(sysfs, arg.wwid);

	return ret ? ret : request(disk, DK_CXLFLASH_MANAGE_LUN, &arg);
}

static int attach(int disk, struct dk_cxlflash_attach *arg, __u64 access, __u64 interrupts)
{
	memset(arg, 0, sizeof(*arg));
	arg->hdr.flags = access;
	arg->num_interrupts = interrupts;
	return request(disk, DK_CXLFLASH_ATTACH, arg);
}

static int get_handle(int disk, __u64 context, __u64 *handle)
{
	struct dk_cxlflash_udirect arg = { .context_id = context };
	int ret = request(disk, DK_CXLFLASH_USER_DIRECT, &arg);

	*handle = arg.rsrc_handle;
	return ret;
}

/* From now on the context is the program's. */
static int take(struct sis *user, int fd, size_t mmio_size)
{
	int ret;

	memset(user, 0, sizeof(*user));
	user->fd = fd;
	ret = cxl_get_pe(fd, &user->pe);
	if (ret)
		return ret;
	user->map = mmap(NULL, mmio_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (user->map == MAP_FAILED) {
		user->map = NULL;
		return -errno;
	}
	user->map_size = mmio_size;
	user->host = user->map;
	return sis_set_up(user, is_big(), RING);
}

/* One command on a resource handle. Return: as sis_run(). */
static int transfer(struct sis *user, __u64 handle, __u8 opcode, __u64 lba, void *data,
		    __u8 interrupt)
{
	struct sis_cmd *cmd = sis_cmd_new(user);
	int ret;

	sis_cdb_rw16(cmd, opcode, lba, BLOCKS);
	sis_cmd_target(user, cmd, handle, 0);
	sis_cmd_data(user, cmd, SIS_HANDLE | (opcode == READ_16 ? 0 : SIS_WRITE), data, BYTES);
	cmd->rcb.msi = interrupt;
	ret = sis_run(user, cmd);
	free(cmd);
	return ret;
}

static int unload(void)
{
	__u64 end = cxl_now_ms() + WAIT_MS;
	int ret;

	/* Whoever looks at new disks may still have one open. */
	do {
		ret = syscall(SYS_delete_module, "cxlflash", O_NONBLOCK) ? -errno : 0;
		if (ret != -EAGAIN)
			return ret;
		usleep(50000);
	} while (cxl_now_ms() < end);
	return ret;
}

FIXTURE_SETUP(superpipe)
{
	self->disk = -1;
	if (sis_find(&self->afu))
		SKIP(return, "no SISLite AFU");
	if (system("modprobe cxlflash"))
		SKIP(return, "no cxlflash");
	self->disk = open_disk(self->sysfs, sizeof(self->sysfs), self->node,
			       sizeof(self->node));
	ASSERT_LE(0, self->disk);
	self->data = cxl_pages(BYTES);
	ASSERT_NE(NULL, self->data);
	ASSERT_EQ(0, manage(self->disk, self->sysfs, DK_CXLFLASH_MANAGE_LUN_ENABLE_SUPERPIPE));
	ASSERT_EQ(0, attach(self->disk, &self->attach, O_RDWR, INTERRUPTS));
	EXPECT_EQ((__u64)BLOCK, self->attach.block_size);
	EXPECT_EQ(SIS_HOST_SIZE, self->attach.mmio_size);
	EXPECT_EQ(0, get_handle(self->disk, self->attach.context_id, &self->handle));
	ASSERT_EQ(0, take(&self->user, self->attach.adap_fd, self->attach.mmio_size));
}

/* Without its users cxlflash goes: nothing is left of contexts and files. */
FIXTURE_TEARDOWN(superpipe)
{
	sis_close(&self->user);
	if (self->disk < 0)
		return;
	close(self->disk);
	EXPECT_EQ(0, unload());
}

/* What one way has written the other one reads. */
TEST_F(superpipe, same_disk)
{
	struct sis *user = &self->user;

	cxl_fill(self->data, BYTES, 1);
	ASSERT_EQ(0, transfer(user, self->handle, WRITE_16, LBA, self->data, 0));
	memset(self->data, 0, BYTES);
	ASSERT_EQ(BYTES, pread(self->disk, self->data, BYTES, (off_t)LBA * BLOCK));
	EXPECT_EQ(-1, cxl_mismatch(self->data, BYTES, 1));

	cxl_fill(self->data, BYTES, 2);
	ASSERT_EQ(BYTES, pwrite(self->disk, self->data, BYTES, (off_t)LBA * BLOCK));
	memset(self->data, 0, BYTES);
	ASSERT_EQ(0, transfer(user, self->handle, READ_16, LBA, self->data, 0));
	EXPECT_EQ(-1, cxl_mismatch(self->data, BYTES, 2));
}

/* They come as events of the file that cxlflash has made. */
TEST_F(superpipe, interrupts)
{
	unsigned int irq;

	for (irq = 1; irq <= INTERRUPTS; irq++) {
		ASSERT_EQ(0, transfer(&self->user, self->handle, READ_16, LBA, self->data, irq));
		EXPECT_EQ(0, sis_irq(&self->user, irq));
	}
	EXPECT_EQ(0, cxl_poll(self->user.fd, 0));
}

/* The AFU asks for pages of the program as it goes. */
TEST_F(superpipe, bad_memory)
{
	struct cxl_event event;

	ASSERT_EQ(0, munmap(self->data, BYTES));
	EXPECT_EQ(-EIO, transfer(&self->user, self->handle, READ_16, LBA, self->data, 0));
	ASSERT_EQ(0, cxl_read_event(self->user.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ((int)CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ((uintptr_t)self->data, event.fault.addr);
}

TEST_F(superpipe, handles)
{
	struct dk_cxlflash_release release = { .context_id = self->attach.context_id };
	__u64 other;

	ASSERT_EQ(0, get_handle(self->disk, self->attach.context_id, &other));
	EXPECT_NE(self->handle, other);
	EXPECT_EQ(0, transfer(&self->user, other, READ_16, LBA, self->data, 0));
	release.rsrc_handle = other;
	ASSERT_EQ(0, request(self->disk, DK_CXLFLASH_RELEASE, &release));
	EXPECT_EQ(-EIO, transfer(&self->user, other, READ_16, LBA, self->data, 0));
	EXPECT_EQ(0, transfer(&self->user, self->handle, READ_16, LBA, self->data, 0));
	EXPECT_EQ(-EINVAL, get_handle(self->disk, ~0ULL, &other));
}

/* Who may only read cannot write. */
TEST_F(superpipe, read_only)
{
	struct dk_cxlflash_attach arg;
	struct sis user = { .fd = -1 };
	__u64 handle;

	ASSERT_EQ(0, attach(self->disk, &arg, O_RDONLY, INTERRUPTS));
	ASSERT_EQ(0, get_handle(self->disk, arg.context_id, &handle));
	ASSERT_EQ(0, take(&user, arg.adap_fd, arg.mmio_size));
	EXPECT_NE(self->user.pe, user.pe);
	EXPECT_EQ(0, transfer(&user, handle, READ_16, LBA, self->data, 0));
	EXPECT_EQ(-EIO, transfer(&user, handle, WRITE_16, LBA, self->data, 0));
	sis_close(&user);
	EXPECT_EQ(-EINVAL, attach(self->disk, &arg, O_RDWR, INTERRUPTS + 1));
}

/* While a program has its file the driver stays, though nobody uses the disk. */
TEST_F(superpipe, driver_stays)
{
	close(self->disk);
	EXPECT_EQ(-1, syscall(SYS_delete_module, "cxlflash", O_NONBLOCK));
	EXPECT_EQ(0, transfer(&self->user, self->handle, READ_16, LBA, self->data, 0));
	self->disk = open(self->node, O_RDWR | O_DIRECT | O_CLOEXEC);
	ASSERT_LE(0, self->disk);
}

/* Detached, the file is all that is left, and its commands lead nowhere. */
TEST_F(superpipe, detached)
{
	struct dk_cxlflash_release release = {
		.context_id = self->attach.context_id,
		.rsrc_handle = self->handle,
	};
	struct dk_cxlflash_detach detach = { .context_id = self->attach.context_id };

	ASSERT_EQ(0, request(self->disk, DK_CXLFLASH_RELEASE, &release));
	ASSERT_EQ(0, request(self->disk, DK_CXLFLASH_DETACH, &detach));
	EXPECT_EQ(-EINVAL, request(self->disk, DK_CXLFLASH_DETACH, &detach));
	sis_close(&self->user);
	ASSERT_EQ(0, attach(self->disk, &self->attach, O_RDWR, 0));
	close(self->attach.adap_fd);
}

/**
 * struct writer - a thread that writes to a disk and reads again
 * @disk: opened with O_DIRECT
 * @stop: when it is to end
 * @rounds: how often it has done so
 * @errors: how often that failed
 */
struct writer {
	int disk;
	bool stop;
	unsigned int rounds;
	unsigned int errors;
};

static void *write_on(void *arg)
{
	off_t offset = (off_t)WRITER_LBA * BLOCK;
	struct writer *writer = arg;
	char *data = cxl_pages(BYTES);

	while (data && !__atomic_load_n(&writer->stop, __ATOMIC_RELAXED)) {
		bool good;

		cxl_fill(data, BYTES, writer->rounds);
		good = pwrite(writer->disk, data, BYTES, offset) == BYTES;
		memset(data, 0, BYTES);
		good = good && pread(writer->disk, data, BYTES, offset) == BYTES &&
		       cxl_mismatch(data, BYTES, writer->rounds) == -1;
		if (!good)
			writer->errors++;
		__atomic_add_fetch(&writer->rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* What the platform calls an error that can be mended. */
static int cut_off(const struct cxl_afu *afu)
{
	char card[16];

	snprintf(card, sizeof(card), "card%d", afu->card);
	if (cxl_is_guest(afu))
		return host_set(card, "function-state", "\"%d:%d\"", afu->slice,
				STATE_DISABLED);
	return host_set(card, "inject-freeze", "\"notify\"");
}

/* Asks cxlflash until it has given the context back. */
static int recover(int disk, struct dk_cxlflash_recover_afu *arg, __u64 context)
{
	__u64 end = cxl_now_ms() + PCI_CARD_WAIT_MS;
	int ret;

	do {
		memset(arg, 0, sizeof(*arg));
		arg->context_id = context;
		ret = request(disk, DK_CXLFLASH_RECOVER_AFU, arg);
		if (!ret && arg->hdr.return_flags & DK_CXLFLASH_RECOVER_AFU_CONTEXT_RESET)
			return 0;
		usleep(100000);
	} while (cxl_now_ms() < end);
	return ret ? ret : -ETIMEDOUT;
}

/* Writes to the disk wait until the card is back; the context has to be asked for. */
TEST_F_TIMEOUT(superpipe, error_while_writing, 200)
{
	struct writer writer = { .disk = self->disk };
	struct dk_cxlflash_recover_afu arg;
	pthread_t thread;
	unsigned int rounds;
	__u64 end;

	if (!host_present())
		SKIP(return, "no host to ask");
	pci_card_bear_errors();
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_on, &writer));
	ASSERT_EQ(0, transfer(&self->user, self->handle, READ_16, LBA, self->data, 0));
	ASSERT_EQ(0, cut_off(&self->afu));
	EXPECT_EQ(0, inject_wait_dead(self->user.fd, WAIT_MS));
	EXPECT_EQ(0, recover(self->disk, &arg, self->attach.context_id));
	EXPECT_EQ(-EIO, cxl_get_pe(self->user.fd, &self->user.pe));
	sis_close(&self->user);
	ASSERT_EQ(0, take(&self->user, arg.adap_fd, arg.mmio_size));
	EXPECT_EQ(0, transfer(&self->user, self->handle, READ_16, LBA, self->data, 0));

	rounds = __atomic_load_n(&writer.rounds, __ATOMIC_RELAXED);
	end = cxl_now_ms() + WAIT_MS;
	while (__atomic_load_n(&writer.rounds, __ATOMIC_RELAXED) < rounds + 10 &&
	       cxl_now_ms() < end)
		usleep(10000);
	__atomic_store_n(&writer.stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_LE(rounds + 10, writer.rounds);
	EXPECT_EQ(0U, writer.errors);
}

/* Until somebody says that it is over */
static int set_state(const struct cxl_afu *afu, int state)
{
	return host_set("card0", "function-state", "\"%d:%d\"", afu->slice, state);
}

/*
 * A card that is taken away in the middle of an error: writes that wait for its end
 * fail, nobody waits for ever, and what comes back works.
 */
TEST_F_TIMEOUT(superpipe, card_lost_while_writing, 200)
{
	struct writer writer = { .disk = self->disk };
	struct cxl_binding binding;
	pthread_t thread;

	if (!host_present())
		SKIP(return, "no host to ask");
	if (!cxl_is_guest(&self->afu))
		SKIP(return, "on bare metal an error ends, one way or the other");
	ASSERT_EQ(0, cxl_find_binding(&self->afu, &binding));
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_on, &writer));
	EXPECT_EQ(0, transfer(&self->user, self->handle, READ_16, LBA, self->data, 0));
	ASSERT_EQ(0, set_state(&self->afu, STATE_UNAVAILABLE));
	EXPECT_EQ(0, inject_wait_dead(self->user.fd, WAIT_MS));
	/* cxlflash waits until nobody has such a file any more. */
	sis_close(&self->user);
	EXPECT_EQ(0, cxl_unbind(&binding));
	__atomic_store_n(&writer.stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_NE(0U, writer.errors);
	close(self->disk);
	self->disk = -1;

	ASSERT_EQ(0, set_state(&self->afu, STATE_NORMAL));
	ASSERT_EQ(0, cxl_bind(&binding));
	self->disk = open_disk(self->sysfs, sizeof(self->sysfs), self->node,
			       sizeof(self->node));
	ASSERT_LE(0, self->disk);
	ASSERT_EQ(BYTES, pread(self->disk, self->data, BYTES, (off_t)LBA * BLOCK));
}

TEST_HARNESS_MAIN
