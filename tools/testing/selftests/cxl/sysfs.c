// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of the card, the AFU and its nodes: names, modes, formats and what
 * may be written.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>

#include "cxl_test.h"

FIXTURE(sysfs) {
	struct cxl_afu afu;
	bool guest;
	char irqs_max[32];
};

FIXTURE_SETUP(sysfs)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	self->guest = cxl_is_guest(&self->afu);
	ASSERT_GT(cxl_file_read(self->afu.dir, "irqs_max", self->irqs_max,
				sizeof(self->irqs_max)), 0);
}

/* Also a test that failed leaves the AFU as the next one expects it. */
FIXTURE_TEARDOWN(sysfs)
{
	if (access(self->afu.slave, F_OK))
		cxl_file_write(self->afu.dir, "mode", "afu_directed");
	cxl_file_write(self->afu.dir, "prefault_mode", "none");
	cxl_file_write(self->afu.dir, "irqs_max", self->irqs_max);
}

/* Permission bits of a file, or a negative errno. */
static int mode_of(const char *dir, const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return stat(path, &st) ? -errno : (int)(st.st_mode & 07777);
}

static long long size_of(const char *dir, const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return stat(path, &st) ? -errno : st.st_size;
}

/* A value is text with exactly one newline, at its end. */
static void read_text(struct __test_metadata *_metadata, const char *dir,
		      const char *name, char *buf, size_t size)
{
	ssize_t n = cxl_file_read(dir, name, buf, size);

	ASSERT_GT(n, 1) {
		TH_LOG("%s/%s: %zd", dir, name, n);
	}
	ASSERT_LT(n, 256);
	EXPECT_EQ(n - 1, strchr(buf, '\n') - buf) {
		TH_LOG("%s/%s: newline", dir, name);
	}
}

/* A decimal number as programs scan it: no zeroes in front, no blanks. */
static long long read_decimal(struct __test_metadata *_metadata, const char *dir,
			      const char *name)
{
	char buf[256] = "", expected[64];
	long long value;

	read_text(_metadata, dir, name, buf, sizeof(buf));
	value = strtoll(buf, NULL, 10);
	snprintf(expected, sizeof(expected), "%lld\n", value);
	EXPECT_STREQ(expected, buf) {
		TH_LOG("%s/%s", dir, name);
	}
	return value;
}

static void check_text(struct __test_metadata *_metadata, const char *dir,
		       const char *name, const char *expected)
{
	char buf[256] = "";

	EXPECT_GT(cxl_file_read(dir, name, buf, sizeof(buf)), 0);
	EXPECT_STREQ(expected, buf) {
		TH_LOG("%s/%s", dir, name);
	}
}

TEST_F(sysfs, card)
{
	const char *dir = self->afu.card_dir;
	unsigned int major, minor;
	char buf[256] = "", expected[64];

	EXPECT_EQ(0444, mode_of(dir, "caia_version"));
	read_text(_metadata, dir, "caia_version", buf, sizeof(buf));
	major = strtoul(buf, NULL, 10);
	minor = strchr(buf, '.') ? strtoul(strchr(buf, '.') + 1, NULL, 10) : ~0U;
	snprintf(expected, sizeof(expected), "%u.%u\n", major, minor);
	EXPECT_STREQ(expected, buf);
	EXPECT_TRUE(major == 1 || major == 2);

	EXPECT_EQ(0444, mode_of(dir, "psl_revision"));
	EXPECT_LE(0, read_decimal(_metadata, dir, "psl_revision"));
	EXPECT_EQ(0444, mode_of(dir, "psl_timebase_synced"));
	EXPECT_EQ(0444, mode_of(dir, "tunneled_ops_supported"));
	EXPECT_EQ(0200, mode_of(dir, "reset"));
}

TEST_F(sysfs, card_in_a_partition)
{
	static const char * const absent[] = {
		"base_image", "image_loaded", "load_image_on_perst", "perst_reloads_same_image",
	};
	const char *dir = self->afu.card_dir;
	unsigned int i;

	if (!self->guest)
		SKIP(return, "not in a partition");
	check_text(_metadata, dir, "psl_timebase_synced", "1\n");
	check_text(_metadata, dir, "tunneled_ops_supported", "0\n");
	for (i = 0; i < ARRAY_SIZE(absent); i++)
		EXPECT_EQ(-ENOENT, mode_of(dir, absent[i]));
}

TEST_F(sysfs, afu)
{
	const char *dir = self->afu.dir;
	long long min, max;

	EXPECT_EQ(0444, mode_of(dir, "mmio_size"));
	EXPECT_EQ(0, read_decimal(_metadata, dir, "mmio_size") % 4096);
	EXPECT_EQ(0444, mode_of(dir, "irqs_min"));
	EXPECT_EQ(0644, mode_of(dir, "irqs_max"));
	min = read_decimal(_metadata, dir, "irqs_min");
	max = read_decimal(_metadata, dir, "irqs_max");
	EXPECT_LE(0, min);
	EXPECT_LE(min, max);
	EXPECT_EQ(0444, mode_of(dir, "modes_supported"));
	EXPECT_EQ(0644, mode_of(dir, "mode"));
	check_text(_metadata, dir, "mode", "afu_directed\n");
	EXPECT_EQ(0644, mode_of(dir, "prefault_mode"));
	check_text(_metadata, dir, "prefault_mode", "none\n");
	EXPECT_EQ(0444, mode_of(dir, "api_version"));
	check_text(_metadata, dir, "api_version", "3\n");
	EXPECT_EQ(0444, mode_of(dir, "api_version_compatible"));
	check_text(_metadata, dir, "api_version_compatible", "1\n");
	EXPECT_EQ(0200, mode_of(dir, "reset"));
	if (self->guest)
		check_text(_metadata, dir, "modes_supported", "afu_directed\n");
}

/* The device tree counts the interrupt of the PSL, the attributes do not. */
TEST_F(sysfs, interrupt_limits)
{
	long long min, max;

	if (!self->guest)
		SKIP(return, "not in a partition");
	min = cxl_of_number(&self->afu, "ibm,min-ints-per-process");
	max = cxl_of_number(&self->afu, "ibm,max-ints-per-process");
	if (min < 1 || max < 1)
		SKIP(return, "no device tree of one function");
	EXPECT_EQ(min - 1, read_decimal(_metadata, self->afu.dir, "irqs_min"));
	EXPECT_EQ(max - 1, read_decimal(_metadata, self->afu.dir, "irqs_max"));
}

TEST_F(sysfs, nodes)
{
	const char *master = self->afu.master_dir;
	long long all, one;
	struct mc mc;

	/* in a partition the first start tells the size of a slave's area */
	ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
	EXPECT_EQ(0444, mode_of(master, "mmio_size"));
	EXPECT_EQ(0444, mode_of(master, "pp_mmio_len"));
	all = read_decimal(_metadata, master, "mmio_size");
	one = read_decimal(_metadata, master, "pp_mmio_len");
	EXPECT_LT(0, one);
	EXPECT_LE(one, all);
	EXPECT_EQ(one, read_decimal(_metadata, self->afu.dir, "mmio_size"));
	EXPECT_EQ((size_t)one, mc.mmio_size);
	mc_close(&mc);
	EXPECT_EQ(self->guest ? -ENOENT : 0444, mode_of(master, "pp_mmio_off"));
	EXPECT_EQ(0444, mode_of(master, "dev"));
	EXPECT_EQ(0444, mode_of(self->afu.slave_dir, "dev"));
	EXPECT_EQ(-ENOENT, mode_of(self->afu.slave_dir, "mmio_size"));
}

/* Where programs look for what the node itself does not have. */
TEST_F(sysfs, topology)
{
	char path[256], real[PATH_MAX];

	EXPECT_EQ(0444, mode_of(self->afu.slave_dir, "device/mmio_size"));
	EXPECT_EQ(0444, mode_of(self->afu.slave_dir, "device/device/caia_version"));
	snprintf(path, sizeof(path), "%s/afu%d.%d", self->afu.card_dir, self->afu.card,
		 self->afu.slice);
	EXPECT_EQ(0444, mode_of(path, "api_version"));
	snprintf(path, sizeof(path), "%s/subsystem", self->afu.slave_dir);
	ASSERT_NE(NULL, realpath(path, real));
	EXPECT_STREQ("/sys/class/cxl", real);
	ASSERT_NE(NULL, realpath(self->afu.card_dir, real));
	snprintf(path, sizeof(path), "/cxl/card%d", self->afu.card);
	ASSERT_GT(strlen(real), strlen(path));
	EXPECT_STREQ(path, real + strlen(real) - strlen(path));
}

TEST_F(sysfs, config_record)
{
	static const unsigned char expected[16] = {
		0x14, 0x10, 0x50, 0x43, 0, 0, 0, 0, 0x06, 0, 0, 0x12,
	};
	char buf[512];

	EXPECT_EQ(0444, mode_of(self->afu.dir, "cr0/vendor"));
	EXPECT_EQ(0444, mode_of(self->afu.dir, "cr0/device"));
	EXPECT_EQ(0444, mode_of(self->afu.dir, "cr0/class"));
	EXPECT_EQ(0400, mode_of(self->afu.dir, "cr0/config"));
	check_text(_metadata, self->afu.dir, "cr0/vendor", "0x1014\n");
	check_text(_metadata, self->afu.dir, "cr0/device", "0x4350\n");
	check_text(_metadata, self->afu.dir, "cr0/class", "0x120000\n");
	EXPECT_EQ(256, size_of(self->afu.dir, "cr0/config"));
	ASSERT_EQ(256, cxl_file_read(self->afu.dir, "cr0/config", buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(expected, buf, sizeof(expected)));
	EXPECT_EQ(-ENOENT, mode_of(self->afu.dir, "cr1"));
}

/* Every piece of the record is what the whole has at that place. */
TEST_F(sysfs, config_record_pieces)
{
	char path[256], whole[512], piece[32];
	int fd, offset, len;

	ASSERT_EQ(256, cxl_file_read(self->afu.dir, "cr0/config", whole, sizeof(whole)));
	snprintf(path, sizeof(path), "%s/cr0/config", self->afu.dir);
	fd = open(path, O_RDONLY);
	ASSERT_GE(fd, 0);
	for (offset = 0; offset < 24; offset++) {
		for (len = 1; len < 24; len++) {
			ASSERT_EQ(len, pread(fd, piece, len, offset));
			EXPECT_EQ(0, memcmp(whole + offset, piece, len));
		}
	}
	EXPECT_EQ(8, pread(fd, piece, sizeof(piece), 248));
	EXPECT_EQ(0, memcmp(whole + 248, piece, 8));
	EXPECT_EQ(0, pread(fd, piece, sizeof(piece), 256));
	close(fd);
}

TEST_F(sysfs, write_irqs_max)
{
	static const char * const bad[] = { "\n", "x", "7x", "7 8", "0x", "1e1", "99999999999" };
	const char *dir = self->afu.dir;
	long long min, max, value;
	char text[32];
	unsigned int i;

	min = read_decimal(_metadata, dir, "irqs_min");
	max = read_decimal(_metadata, dir, "irqs_max");
	for (value = min; value <= max; value += 1 + (max - min) / 64) {
		/* with a newline and without */
		snprintf(text, sizeof(text), value % 2 ? "%lld\n" : "%lld", value);
		EXPECT_EQ(0, cxl_file_write(dir, "irqs_max", text));
		EXPECT_EQ(value, read_decimal(_metadata, dir, "irqs_max"));
	}
	snprintf(text, sizeof(text), "0x%llx", max);
	EXPECT_EQ(0, cxl_file_write(dir, "irqs_max", text));
	EXPECT_EQ(max, read_decimal(_metadata, dir, "irqs_max"));
	for (value = min - 1; value >= -1; value--) {
		snprintf(text, sizeof(text), "%lld", value);
		EXPECT_EQ(-EINVAL, cxl_file_write(dir, "irqs_max", text));
	}
	snprintf(text, sizeof(text), "%lld", max + 1);
	EXPECT_EQ(-EINVAL, cxl_file_write(dir, "irqs_max", text));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, cxl_file_write(dir, "irqs_max", bad[i])) {
			TH_LOG("'%s'", bad[i]);
		}
	}
	EXPECT_EQ(max, read_decimal(_metadata, dir, "irqs_max"));
}

/* The limit applies to contexts that start afterwards. */
TEST_F(sysfs, irqs_max_limits_start)
{
	struct cxl_ioctl_start_work work = { .flags = CXL_START_WORK_NUM_IRQS };
	int fd = cxl_open(self->afu.slave, O_RDWR);
	long long min, max;
	char text[32];

	ASSERT_GE(fd, 0);
	min = read_decimal(_metadata, self->afu.dir, "irqs_min");
	max = read_decimal(_metadata, self->afu.dir, "irqs_max");
	snprintf(text, sizeof(text), "%lld", min);
	ASSERT_EQ(0, cxl_file_write(self->afu.dir, "irqs_max", text));
	work.num_interrupts = min + 1;
	EXPECT_EQ(-EINVAL, cxl_start(fd, &work));
	snprintf(text, sizeof(text), "%lld", max);
	EXPECT_EQ(0, cxl_file_write(self->afu.dir, "irqs_max", text));
	EXPECT_EQ(0, cxl_start(fd, &work));
	close(fd);
}

static void check_words(struct __test_metadata *_metadata, const char *dir,
			const char *name, const char *const *bad)
{
	char before[256] = "";

	ASSERT_GT(cxl_file_read(dir, name, before, sizeof(before)), 0);
	for (; *bad; bad++) {
		EXPECT_EQ(-EINVAL, cxl_file_write(dir, name, *bad)) {
			TH_LOG("%s: '%s'", name, *bad);
		}
		check_text(_metadata, dir, name, before);
	}
}

TEST_F(sysfs, write_prefault_mode)
{
	static const char * const bad[] = {
		"\n", "non", "nonesuch", "none none", "ALL", "allx", "work_element", "0", NULL,
	};
	static const char * const good[] = {
		"work_element_descriptor", "all\n", "none", "all", "work_element_descriptor\n",
		"none\n",
	};
	const char *dir = self->afu.dir;
	char expected[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, cxl_file_write(dir, "prefault_mode", good[i]));
		snprintf(expected, sizeof(expected), "%.*s\n", (int)strcspn(good[i], "\n"),
			 good[i]);
		check_text(_metadata, dir, "prefault_mode", expected);
	}
	check_words(_metadata, dir, "prefault_mode", bad);
}

/* Whatever is entered in advance, the copy is the same. */
TEST_F(sysfs, copy_in_every_prefault_mode)
{
	static const char * const modes[] = { "work_element_descriptor", "all", "none" };
	char src[256], dst[256];
	struct mc mc;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		ASSERT_EQ(0, cxl_file_write(self->afu.dir, "prefault_mode", modes[i]));
		EXPECT_EQ(0, mc_setup(&mc, &self->afu, 1));
		cxl_fill(src, sizeof(src), i);
		EXPECT_EQ(0, mc_copy(&mc, dst, src, sizeof(src)));
		EXPECT_EQ(-1, cxl_mismatch(dst, sizeof(dst), i));
		mc_close(&mc);
		/* a descriptor that is no address, and not the user's */
		mc.fd = cxl_open(self->afu.slave, O_RDWR);
		EXPECT_EQ(0, cxl_start_wed(mc.fd, 0xc000000000000001ULL));
		close(mc.fd);
	}
}

TEST_F(sysfs, write_mode)
{
	static const char * const bad[] = {
		"\n", "afu", "afu_directedx", "afu_directed none", "directed", "time_sliced", "2",
		NULL,
	};
	const char *dir = self->afu.dir;

	check_words(_metadata, dir, "mode", bad);
	/* an AFU for many processes cannot be given to one */
	if (self->guest)
		EXPECT_EQ(-EINVAL, cxl_file_write(dir, "mode", "dedicated_process"));
	check_text(_metadata, dir, "mode", "afu_directed\n");
	EXPECT_EQ(0, access(self->afu.slave, F_OK));

	EXPECT_EQ(0, cxl_file_write(dir, "mode", "none\n"));
	check_text(_metadata, dir, "mode", "none\n");
	EXPECT_EQ(-1, access(self->afu.slave, F_OK));
	EXPECT_EQ(-1, access(self->afu.master, F_OK));
	EXPECT_EQ(-ENOENT, mode_of(self->afu.slave_dir, "dev"));

	EXPECT_EQ(0, cxl_file_write(dir, "mode", "afu_directed"));
	check_text(_metadata, dir, "mode", "afu_directed\n");
	EXPECT_EQ(0, access(self->afu.slave, F_OK));
	EXPECT_EQ(0, access(self->afu.master, F_OK));
	/* the mode it has already */
	EXPECT_EQ(0, cxl_file_write(dir, "mode", "afu_directed\n"));
	EXPECT_EQ(0, access(self->afu.slave, F_OK));
}

TEST_F(sysfs, work_after_mode_change)
{
	char src[64] = "mode", dst[64] = "";
	struct mc mc;
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, cxl_file_write(self->afu.dir, "mode", "none"));
		ASSERT_EQ(0, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
		ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
		EXPECT_EQ(0, mc_copy(&mc, dst, src, sizeof(src)));
		EXPECT_STREQ(src, dst);
		mc_close(&mc);
	}
}

struct opener {
	const struct cxl_afu *afu;
	bool stop;
	int bad;
};

/* Opens all the time; what it gets must be good, or the node is not there. */
static void *open_all_the_time(void *arg)
{
	struct opener *opener = arg;
	int fd;

	while (!__atomic_load_n(&opener->stop, __ATOMIC_RELAXED) && !opener->bad) {
		fd = cxl_open(opener->afu->slave, O_RDWR);
		if (fd < 0) {
			if (fd != -ENOENT && fd != -ENXIO && fd != -ENODEV)
				opener->bad = fd;
			continue;
		}
		opener->bad = cxl_start_wed(fd, 0);
		close(fd);
		/* else there would be no moment without a context */
		poll(NULL, 0, 5);
	}
	return NULL;
}

TEST_F_TIMEOUT(sysfs, mode_change_while_opening, 60)
{
	struct opener openers[3];
	pthread_t threads[3];
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;
	int i, ret, changes = 0;

	for (i = 0; i < 3; i++) {
		openers[i] = (struct opener){ .afu = &self->afu };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, open_all_the_time, &openers[i]));
	}
	while (changes < 100 && cxl_now_ms() < end) {
		ret = cxl_file_write(self->afu.dir, "mode", changes % 2 ? "afu_directed" : "none");
		EXPECT_TRUE(!ret || ret == -EBUSY);
		changes += !ret;
	}
	for (i = 0; i < 3; i++) {
		__atomic_store_n(&openers[i].stop, true, __ATOMIC_RELAXED);
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(0, openers[i].bad);
	}
	EXPECT_GT(changes, 10);
	EXPECT_EQ(0, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
}

/* Neither a context that works nor one that was only opened may be lost. */
static void check_busy(struct __test_metadata *_metadata, const struct cxl_afu *afu)
{
	EXPECT_EQ(-EBUSY, cxl_file_write(afu->dir, "mode", "none"));
	EXPECT_EQ(-EBUSY, cxl_file_write(afu->dir, "mode", "afu_directed"));
	EXPECT_EQ(-EBUSY, cxl_file_write(afu->dir, "reset", "1"));
	check_text(_metadata, afu->dir, "mode", "afu_directed\n");
}

TEST_F(sysfs, busy)
{
	int fd = cxl_open(self->afu.slave, O_RDWR), master = cxl_open(self->afu.master, O_RDWR);

	ASSERT_GE(fd, 0);
	ASSERT_GE(master, 0);
	check_busy(_metadata, &self->afu);
	ASSERT_EQ(0, cxl_start_wed(fd, 0));
	check_busy(_metadata, &self->afu);
	EXPECT_EQ(-EBUSY, cxl_file_write(self->afu.card_dir, "reset", "1"));
	close(fd);
	check_busy(_metadata, &self->afu);
	close(master);
	EXPECT_EQ(0, cxl_file_write(self->afu.dir, "mode", "none"));
	EXPECT_EQ(0, cxl_file_write(self->afu.dir, "mode", "afu_directed"));
}

TEST_F(sysfs, reset_afu)
{
	char src[64] = "reset", dst[64] = "";
	struct mc mc;
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, cxl_file_write(self->afu.dir, "reset", i % 2 ? "1\n" : "1"));
		ASSERT_EQ(0, mc_setup(&mc, &self->afu, 1));
		EXPECT_EQ(0, mc_copy(&mc, dst, src, sizeof(src)));
		EXPECT_STREQ(src, dst);
		mc_close(&mc);
	}
	EXPECT_EQ(-EINVAL, cxl_file_write(self->afu.dir, "reset", "0"));
	EXPECT_EQ(-EINVAL, cxl_file_write(self->afu.dir, "reset", "now"));
}

TEST_F(sysfs, reset_card_bad_words)
{
	static const char * const bad[] = { "\n", "0", "2", "-2", "1x", "reset" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, cxl_file_write(self->afu.card_dir, "reset", bad[i])) {
			TH_LOG("'%s'", bad[i]);
		}
	}
}

TEST_HARNESS_MAIN
