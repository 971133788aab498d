// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that reach the disks of cxlflash without the kernel's block layer: by a
 * context of their own, the file of which cxlflash hands out. The same disk by both
 * ways, at once, and through errors.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "inject.h"
#include "pci_card.h"
#include "sislite_test.h"
#include "superpipe_disk.h"

#define INTERRUPTS 4
#define BLOCKS 8
#define BYTES (BLOCKS * BLOCK)
/* What comes before may belong to other tests; one LBA for each way. */
#define LBA 1024
#define WRITER_LBA 2048
#define WAIT_MS SP_WAIT_MS

FIXTURE(superpipe) {
	struct cxl_afu afu;
	struct sp_disk disk;
	struct dk_cxlflash_attach attach;
	__u64 handle;
	struct sis user;
	char *data;
};

static int get_handle(const struct sp_disk *disk, __u64 context, __u64 *handle)
{
	struct dk_cxlflash_udirect arg = { .context_id = context };
	int ret = sp_request(disk, DK_CXLFLASH_USER_DIRECT, &arg);

	*handle = arg.rsrc_handle;
	return ret;
}

FIXTURE_SETUP(superpipe)
{
	self->disk.fd = -1;
	if (sis_find(&self->afu))
		SKIP(return, "no SISLite AFU");
	if (system("modprobe cxlflash"))
		SKIP(return, "no cxlflash");
	ASSERT_EQ(0, sp_open(&self->disk, 0));
	self->data = cxl_pages(BYTES);
	ASSERT_NE(NULL, self->data);
	ASSERT_EQ(0, sp_manage(&self->disk, DK_CXLFLASH_MANAGE_LUN_ENABLE_SUPERPIPE));
	ASSERT_EQ(0, sp_attach(&self->disk, &self->attach, O_RDWR, INTERRUPTS));
	EXPECT_EQ((__u64)BLOCK, self->attach.block_size);
	EXPECT_EQ(SIS_HOST_SIZE, self->attach.mmio_size);
	EXPECT_EQ(0, get_handle(&self->disk, self->attach.context_id, &self->handle));
	ASSERT_EQ(0, sp_take(&self->user, self->attach.adap_fd, self->attach.mmio_size));
}

/* Without its users cxlflash goes: nothing is left of contexts and files. */
FIXTURE_TEARDOWN(superpipe)
{
	sis_close(&self->user);
	if (self->disk.fd < 0)
		return;
	sp_close(&self->disk);
	EXPECT_EQ(0, sp_unload());
}

/* What one way has written the other one reads. */
TEST_F(superpipe, same_disk)
{
	struct sis *user = &self->user;

	cxl_fill(self->data, BYTES, 1);
	ASSERT_EQ(0, sp_transfer(user, self->handle, WRITE_16, LBA, self->data, BLOCKS, 0));
	memset(self->data, 0, BYTES);
	ASSERT_EQ(BYTES, pread(self->disk.fd, self->data, BYTES, (off_t)LBA * BLOCK));
	EXPECT_EQ(-1, cxl_mismatch(self->data, BYTES, 1));

	cxl_fill(self->data, BYTES, 2);
	ASSERT_EQ(BYTES, pwrite(self->disk.fd, self->data, BYTES, (off_t)LBA * BLOCK));
	memset(self->data, 0, BYTES);
	ASSERT_EQ(0, sp_transfer(user, self->handle, READ_16, LBA, self->data, BLOCKS, 0));
	EXPECT_EQ(-1, cxl_mismatch(self->data, BYTES, 2));
}

/* They come as events of the file that cxlflash has made. */
TEST_F(superpipe, interrupts)
{
	unsigned int irq;

	for (irq = 1; irq <= INTERRUPTS; irq++) {
		ASSERT_EQ(0, sp_transfer(&self->user, self->handle, READ_16, LBA, self->data,
					 BLOCKS, irq));
		EXPECT_EQ(0, sis_irq(&self->user, irq));
	}
	EXPECT_EQ(0, cxl_poll(self->user.fd, 0));
}

/* The AFU asks for pages of the program as it goes. */
TEST_F(superpipe, bad_memory)
{
	struct cxl_event event;

	ASSERT_EQ(0, munmap(self->data, BYTES));
	EXPECT_EQ(-EIO, sp_transfer(&self->user, self->handle, READ_16, LBA, self->data,
				    BLOCKS, 0));
	ASSERT_EQ(0, cxl_read_event(self->user.fd, &event, CXL_WAIT_MS));
	EXPECT_EQ((int)CXL_EVENT_DATA_STORAGE, event.header.type);
	EXPECT_EQ((uintptr_t)self->data, event.fault.addr);
}

TEST_F(superpipe, handles)
{
	struct dk_cxlflash_release release = { .context_id = self->attach.context_id };
	__u64 other;

	ASSERT_EQ(0, get_handle(&self->disk, self->attach.context_id, &other));
	EXPECT_NE(self->handle, other);
	EXPECT_EQ(0, sp_transfer(&self->user, other, READ_16, LBA, self->data, BLOCKS, 0));
	release.rsrc_handle = other;
	ASSERT_EQ(0, sp_request(&self->disk, DK_CXLFLASH_RELEASE, &release));
	EXPECT_EQ(-EIO, sp_transfer(&self->user, other, READ_16, LBA, self->data, BLOCKS, 0));
	EXPECT_EQ(0, sp_transfer(&self->user, self->handle, READ_16, LBA, self->data, BLOCKS, 0));
	EXPECT_EQ(-EINVAL, get_handle(&self->disk, ~0ULL, &other));
}

/* Who may only read cannot write. */
TEST_F(superpipe, read_only)
{
	struct dk_cxlflash_attach arg;
	struct sis user = { .fd = -1 };
	__u64 handle;

	ASSERT_EQ(0, sp_attach(&self->disk, &arg, O_RDONLY, INTERRUPTS));
	ASSERT_EQ(0, get_handle(&self->disk, arg.context_id, &handle));
	ASSERT_EQ(0, sp_take(&user, arg.adap_fd, arg.mmio_size));
	EXPECT_NE(self->user.pe, user.pe);
	EXPECT_EQ(0, sp_transfer(&user, handle, READ_16, LBA, self->data, BLOCKS, 0));
	EXPECT_EQ(-EIO, sp_transfer(&user, handle, WRITE_16, LBA, self->data, BLOCKS, 0));
	sis_close(&user);
	EXPECT_EQ(-EINVAL, sp_attach(&self->disk, &arg, O_RDWR, INTERRUPTS + 1));
}

/* While a program has its file the driver stays, though nobody uses the disk. */
TEST_F(superpipe, driver_stays)
{
	sp_close(&self->disk);
	EXPECT_EQ(-1, syscall(SYS_delete_module, "cxlflash", O_NONBLOCK));
	EXPECT_EQ(0, sp_transfer(&self->user, self->handle, READ_16, LBA, self->data, BLOCKS, 0));
	ASSERT_EQ(0, sp_open(&self->disk, 0));
}

/* Detached, the file is all that is left, and its commands lead nowhere. */
TEST_F(superpipe, detached)
{
	struct dk_cxlflash_release release = {
		.context_id = self->attach.context_id,
		.rsrc_handle = self->handle,
	};
	struct dk_cxlflash_detach detach = { .context_id = self->attach.context_id };

	ASSERT_EQ(0, sp_request(&self->disk, DK_CXLFLASH_RELEASE, &release));
	ASSERT_EQ(0, sp_request(&self->disk, DK_CXLFLASH_DETACH, &detach));
	EXPECT_EQ(-EINVAL, sp_request(&self->disk, DK_CXLFLASH_DETACH, &detach));
	sis_close(&self->user);
	ASSERT_EQ(0, sp_attach(&self->disk, &self->attach, O_RDWR, 0));
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
static int recover(const struct sp_disk *disk, struct dk_cxlflash_recover_afu *arg, __u64 context)
{
	__u64 end = cxl_now_ms() + PCI_CARD_WAIT_MS;
	int ret;

	do {
		memset(arg, 0, sizeof(*arg));
		arg->context_id = context;
		ret = sp_request(disk, DK_CXLFLASH_RECOVER_AFU, arg);
		if (!ret && arg->hdr.return_flags & DK_CXLFLASH_RECOVER_AFU_CONTEXT_RESET)
			return 0;
		usleep(100000);
	} while (cxl_now_ms() < end);
	return ret ? ret : -ETIMEDOUT;
}

/* Writes to the disk wait until the card is back; the context has to be asked for. */
TEST_F_TIMEOUT(superpipe, error_while_writing, 200)
{
	struct writer writer = { .disk = self->disk.fd };
	struct dk_cxlflash_recover_afu arg;
	pthread_t thread;
	unsigned int rounds;
	__u64 end;

	if (!host_present())
		SKIP(return, "no host to ask");
	pci_card_bear_errors();
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_on, &writer));
	ASSERT_EQ(0, sp_transfer(&self->user, self->handle, READ_16, LBA, self->data, BLOCKS, 0));
	ASSERT_EQ(0, cut_off(&self->afu));
	EXPECT_EQ(0, inject_wait_dead(self->user.fd, WAIT_MS));
	EXPECT_EQ(0, recover(&self->disk, &arg, self->attach.context_id));
	EXPECT_EQ(-EIO, cxl_get_pe(self->user.fd, &self->user.pe));
	sis_close(&self->user);
	ASSERT_EQ(0, sp_take(&self->user, arg.adap_fd, arg.mmio_size));
	EXPECT_EQ(0, sp_transfer(&self->user, self->handle, READ_16, LBA, self->data, BLOCKS, 0));

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
 * In the middle of an error: writes that wait for its end fail, nobody waits for ever,
 * and what comes back works.
 */
static void unbind_in_error(struct __test_metadata *_metadata, FIXTURE_DATA(superpipe) *self,
			    const struct cxl_binding *binding, int state)
{
	struct writer writer = { .disk = self->disk.fd };
	__u64 end = cxl_now_ms() + WAIT_MS;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, write_on, &writer));
	EXPECT_EQ(0, sp_transfer(&self->user, self->handle, READ_16, LBA, self->data, BLOCKS, 0));
	ASSERT_EQ(0, set_state(&self->afu, STATE_UNAVAILABLE));
	EXPECT_EQ(0, inject_wait_dead(self->user.fd, WAIT_MS));
	/* cxlflash waits until nobody has such a file any more. */
	sis_close(&self->user);
	EXPECT_EQ(0, cxl_unbind(binding));
	__atomic_store_n(&writer.stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_NE(0U, writer.errors);
	sp_close(&self->disk);

	ASSERT_EQ(0, set_state(&self->afu, state));
	while (cxl_bind(binding)) {
		ASSERT_GT(end, cxl_now_ms());
		usleep(100000);
	}
	ASSERT_EQ(0, sp_open(&self->disk, 0));
	ASSERT_EQ(BYTES, pread(self->disk.fd, self->data, BYTES, (off_t)LBA * BLOCK));
}

static bool no_hypervisor(const struct cxl_afu *afu)
{
	return !host_present() || !cxl_is_guest(afu);
}

TEST_F_TIMEOUT(superpipe, card_lost_while_writing, 200)
{
	struct cxl_binding binding;

	if (no_hypervisor(&self->afu))
		SKIP(return, "on bare metal an error ends, one way or the other");
	ASSERT_EQ(0, cxl_find_binding(&self->afu, &binding));
	unbind_in_error(_metadata, self, &binding, STATE_NORMAL);
}

/* The PCI device of the disk */
static int find_device(const struct sp_disk *disk, struct cxl_binding *binding)
{
	char link[80], path[PATH_MAX], *end;

	snprintf(link, sizeof(link), "%s/device", disk->sysfs);
	if (!realpath(link, path))
		return -errno;
	end = strstr(path, "/host");
	if (!end)
		return -ENOENT;
	*end = '\0';
	snprintf(binding->device, sizeof(binding->device), "%s", strrchr(path, '/') + 1);
	snprintf(binding->driver, sizeof(binding->driver), "/sys/bus/pci/drivers/cxlflash");
	return 0;
}

TEST_F_TIMEOUT(superpipe, unbound_while_writing, 200)
{
	struct cxl_binding binding;

	if (no_hypervisor(&self->afu))
		SKIP(return, "on bare metal an error ends, one way or the other");
	ASSERT_EQ(0, find_device(&self->disk, &binding));
	unbind_in_error(_metadata, self, &binding, STATE_DISABLED);
}

TEST_HARNESS_MAIN
