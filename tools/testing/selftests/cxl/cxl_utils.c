// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to CAPI accelerators below /dev/cxl and /sys/class/cxl.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cxl_utils.h"

#define CLASS_DIR "/sys/class/cxl"
#define DEBUGFS_DIR "/sys/kernel/debug/cxl"

static void afu_name(struct cxl_afu *afu, int card, int slice)
{
	afu->card = card;
	afu->slice = slice;
	snprintf(afu->card_dir, sizeof(afu->card_dir), CLASS_DIR "/card%d", card);
	snprintf(afu->dir, sizeof(afu->dir), CLASS_DIR "/afu%d.%d", card, slice);
	snprintf(afu->master_dir, sizeof(afu->master_dir), CLASS_DIR "/afu%d.%dm", card, slice);
	snprintf(afu->slave_dir, sizeof(afu->slave_dir), CLASS_DIR "/afu%d.%ds", card, slice);
	snprintf(afu->master, sizeof(afu->master), "/dev/cxl/afu%d.%dm", card, slice);
	snprintf(afu->slave, sizeof(afu->slave), "/dev/cxl/afu%d.%ds", card, slice);
}

/* The configuration record tells what an AFU is. */
static bool is_memcpy(const struct cxl_afu *afu)
{
	long long vendor, device;

	return !cxl_file_number(afu->dir, "cr0/vendor", &vendor) &&
	       !cxl_file_number(afu->dir, "cr0/device", &device) &&
	       vendor == 0x1014 && device == 0x4350;
}

/* Without records, whoever names it has to know. */
static bool may_be_memcpy(const struct cxl_afu *afu)
{
	char *record = NULL;
	bool may;

	if (asprintf(&record, "%s/cr0", afu->dir) < 0)
		return false;
	may = access(afu->dir, F_OK) == 0 && (access(record, F_OK) != 0 || is_memcpy(afu));
	free(record);
	return may;
}

static int is_afu(const struct dirent *entry)
{
	int card, slice, len = 0;

	return sscanf(entry->d_name, "afu%d.%d%n", &card, &slice, &len) == 2 &&
	       !entry->d_name[len];
}

/**
 * cxl_find_afus() - find all AFUs of a kind
 * @afus: filled in, by the numbers of card and AFU
 * @max: at most so many
 * @fits: says whether it is one
 *
 * Return: how many there are, or -ENODEV.
 */
int cxl_find_afus(struct cxl_afu *afus, unsigned int max,
		  bool (*fits)(const struct cxl_afu *afu))
{
	int i, card, slice, found, count = 0;
	struct dirent **entries;
	struct cxl_afu afu;

	found = scandir(CLASS_DIR, &entries, is_afu, versionsort);
	if (found < 0)
		return -ENODEV;
	for (i = 0; i < found; i++) {
		if (sscanf(entries[i]->d_name, "afu%d.%d", &card, &slice) == 2 &&
		    (unsigned int)count < max) {
			afu_name(&afu, card, slice);
			if (fits(&afu))
				afus[count++] = afu;
		}
		free(entries[i]);
	}
	free(entries);
	return count ? count : -ENODEV;
}

/* All AFUs that copy memory. Return: how many there are, or -ENODEV. */
int cxl_find_memcpy_afus(struct cxl_afu *afus, unsigned int max)
{
	return cxl_find_afus(afus, max, is_memcpy);
}

/**
 * cxl_find_memcpy_afu() - find the AFU to test
 * @afu: filled in
 *
 * That is the first one that copies memory, or the one which CXL_TEST_AFU in
 * the environment names (afuN.M); its records must not say otherwise.
 *
 * Return: 0 or -ENODEV.
 */
int cxl_find_memcpy_afu(struct cxl_afu *afu)
{
	const char *name = getenv("CXL_TEST_AFU");
	int card, slice, ret;

	if (name && *name) {
		if (sscanf(name, "afu%d.%d", &card, &slice) != 2)
			return -ENODEV;
		afu_name(afu, card, slice);
		return may_be_memcpy(afu) ? 0 : -ENODEV;
	}
	ret = cxl_find_memcpy_afus(afu, 1);
	return ret < 0 ? ret : 0;
}

/* A partition cannot know which image the hypervisor has loaded. */
bool cxl_is_guest(const struct cxl_afu *afu)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/image_loaded", afu->card_dir);
	return access(path, F_OK);
}

int cxl_open(const char *node, int flags)
{
	int fd = open(node, flags);

	return fd < 0 ? -errno : fd;
}

int cxl_start(int fd, struct cxl_ioctl_start_work *work)
{
	return ioctl(fd, CXL_IOCTL_START_WORK, work) ? -errno : 0;
}

/* Starts with the defaults: no flags, the default count of interrupts. */
int cxl_start_wed(int fd, __u64 wed)
{
	struct cxl_ioctl_start_work work = { .work_element_descriptor = wed };

	return cxl_start(fd, &work);
}

int cxl_get_pe(int fd, __u32 *pe)
{
	return ioctl(fd, CXL_IOCTL_GET_PROCESS_ELEMENT, pe) ? -errno : 0;
}

int cxl_get_afu_id(int fd, struct cxl_afu_id *id)
{
	return ioctl(fd, CXL_IOCTL_GET_AFU_ID, id) ? -errno : 0;
}

ssize_t cxl_read(int fd, void *buf, size_t size)
{
	ssize_t n = read(fd, buf, size);

	return n < 0 ? -errno : n;
}

/* Return: the mask of poll(), 0 after the timeout, or a negative errno. */
int cxl_poll(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int ret = poll(&pfd, 1, timeout_ms);

	if (ret < 0)
		return -errno;
	return ret ? pfd.revents : 0;
}

/**
 * cxl_read_event() - wait for one event and read it
 * @fd: AFU descriptor
 * @event: receives the event; the rest is zeroed
 * @timeout_ms: longest time to wait
 *
 * Return: 0, -ETIMEDOUT, -EPROTO if the kernel delivered no whole event, or
 * what poll() and read() returned.
 */
int cxl_read_event(int fd, struct cxl_event *event, int timeout_ms)
{
	union {
		struct cxl_event event;
		char bytes[CXL_READ_MIN_SIZE];
	} buf;
	int ret = cxl_poll(fd, timeout_ms);
	ssize_t n;

	if (ret <= 0)
		return ret ? ret : -ETIMEDOUT;
	n = cxl_read(fd, &buf, sizeof(buf));
	if (n < 0)
		return n;
	if (n < (ssize_t)sizeof(buf.event.header) || n != buf.event.header.size ||
	    n > (ssize_t)sizeof(*event))
		return -EPROTO;
	memset(event, 0, sizeof(*event));
	memcpy(event, &buf, n);
	return 0;
}

/**
 * cxl_file_read() - read a small file
 * @dir: directory
 * @name: file below it
 * @buf: receives the content and a terminating zero
 * @size: bytes in @buf
 *
 * Return: bytes read, without the zero, or a negative errno.
 */
ssize_t cxl_file_read(const char *dir, const char *name, char *buf, size_t size)
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	else
		buf[n] = 0;
	close(fd);
	return n;
}

/* Writes @text in one call. Return: 0 or a negative errno. */
int cxl_file_write(const char *dir, const char *name, const char *text)
{
	size_t len = strlen(text);
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	if (n < 0)
		n = -errno;
	else
		n = n == (ssize_t)len ? 0 : -EIO;
	close(fd);
	return n;
}

int cxl_file_number(const char *dir, const char *name, long long *value)
{
	char buf[64], *end;
	ssize_t n = cxl_file_read(dir, name, buf, sizeof(buf));

	if (n < 0)
		return n;
	errno = 0;
	*value = strtoll(buf, &end, 0);
	return errno || end == buf || (*end && *end != '\n') ? -EPROTO : 0;
}

/* Return: 0 or a negative errno. */
int cxl_find_binding(const struct cxl_afu *afu, struct cxl_binding *binding)
{
	char path[128], real[PATH_MAX];

	snprintf(path, sizeof(path), "%s/device/driver", afu->card_dir);
	if (!realpath(path, binding->driver))
		return -errno;
	snprintf(path, sizeof(path), "%s/device", afu->card_dir);
	if (!realpath(path, real))
		return -errno;
	snprintf(binding->device, sizeof(binding->device), "%s", strrchr(real, '/') + 1);
	return 0;
}

/* The driver lets go of the card, as if the card were unplugged. */
int cxl_unbind(const struct cxl_binding *binding)
{
	return cxl_file_write(binding->driver, "unbind", binding->device);
}

int cxl_bind(const struct cxl_binding *binding)
{
	return cxl_file_write(binding->driver, "bind", binding->device);
}

/* A number from the device tree of a card with one AFU in a partition, or -1. */
long cxl_of_number(const struct cxl_afu *afu, const char *property)
{
	unsigned char be[4];
	char pattern[256];
	glob_t found;
	long value = -1;
	FILE *file;

	snprintf(pattern, sizeof(pattern), "%s/device/of_node/*/%s", afu->card_dir, property);
	if (glob(pattern, 0, NULL, &found))
		return -1;
	file = found.gl_pathc == 1 ? fopen(found.gl_pathv[0], "r") : NULL;
	if (file && fread(be, sizeof(be), 1, file) == 1)
		value = be[0] << 24 | be[1] << 16 | be[2] << 8 | be[3];
	if (file)
		fclose(file);
	globfree(&found);
	return value;
}

/**
 * cxl_stat() - read one of the driver's counters
 * @afu: AFU
 * @name: counter
 * @value: receives it
 *
 * Return: 0, -ENOENT without debugfs or without this counter, or another
 * negative errno.
 */
int cxl_stat(const struct cxl_afu *afu, const char *name, __u64 *value)
{
	char dir[128], buf[4096], *line, *save = NULL;
	size_t len = strlen(name);
	ssize_t n;

	snprintf(dir, sizeof(dir), DEBUGFS_DIR "/afu%d.%d", afu->card, afu->slice);
	n = cxl_file_read(dir, "stats", buf, sizeof(buf));
	if (n < 0)
		return n;
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, name, len) && line[len] == ' ') {
			*value = strtoull(line + len, NULL, 0);
			return 0;
		}
	}
	return -ENOENT;
}

bool cxl_has_stats(const struct cxl_afu *afu)
{
	__u64 value;

	return !cxl_stat(afu, "attaches", &value);
}

/* Waits until a counter has reached @value: 0, -ETIMEDOUT or as cxl_stat(). */
int cxl_stat_wait(const struct cxl_afu *afu, const char *name, __u64 value)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS, now;
	int ret;

	for (;;) {
		ret = cxl_stat(afu, name, &now);
		if (ret || now >= value)
			return ret;
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		cxl_pause();
	}
}

/* Waits until as many contexts have ended as have started. */
int cxl_wait_all_detached(const struct cxl_afu *afu)
{
	__u64 attaches;
	int ret = cxl_stat(afu, "attaches", &attaches);

	return ret ? ret : cxl_stat_wait(afu, "detaches", attaches);
}

/* Fresh anonymous memory in small pages that nothing has touched, or NULL. */
void *cxl_pages(size_t bytes)
{
	void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return NULL;
	/* fails on a kernel without huge pages, where it is not needed */
	madvise(mem, bytes, MADV_NOHUGEPAGE);
	return mem;
}

/* Word number @index of a pattern without zero bytes and with no short period. */
static __u64 pattern(size_t index, unsigned int seed)
{
	__u64 x = (index + 1) * 0x9e3779b97f4a7c15ULL + seed * 0xbf58476d1ce4e5b9ULL;

	return (x ^ x >> 29) | 0x0101010101010101ULL;
}

void cxl_fill(void *buf, size_t bytes, unsigned int seed)
{
	char *p = buf;
	size_t i, len;
	__u64 word;

	for (i = 0; i < bytes; i += sizeof(word)) {
		word = pattern(i, seed);
		len = bytes - i < sizeof(word) ? bytes - i : sizeof(word);
		memcpy(p + i, &word, len);
	}
}

/* Offset of the first word that differs from cxl_fill(), or -1. */
long cxl_mismatch(const void *buf, size_t bytes, unsigned int seed)
{
	const char *p = buf;
	size_t i, len;
	__u64 word;

	for (i = 0; i < bytes; i += sizeof(word)) {
		word = pattern(i, seed);
		len = bytes - i < sizeof(word) ? bytes - i : sizeof(word);
		if (memcmp(p + i, &word, len))
			return i;
	}
	return -1;
}

/* Sets the pool of huge pages. Return: how many there were, or -1. */
long long cxl_set_huge_pages(long long pages)
{
	long long old = -1;
	char text[32];

	snprintf(text, sizeof(text), "%lld", pages);
	if (cxl_file_number("/proc/sys/vm", "nr_hugepages", &old) ||
	    cxl_file_write("/proc/sys/vm", "nr_hugepages", text))
		return -1;
	return old;
}

/* Bytes of the default huge page, 0 without any. */
size_t cxl_huge_page_size(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Hugepagesize: %zu kB", &kib) == 1)
			break;
	}
	if (file)
		fclose(file);
	return kib << 10;
}

/* One descriptor per context is more than many systems allow by default. */
void cxl_raise_file_limit(void)
{
	struct rlimit limit = { .rlim_cur = 16384, .rlim_max = 16384 };

	if (setrlimit(RLIMIT_NOFILE, &limit) && !getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

__u64 cxl_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* Between two looks at a condition that has no file descriptor to wait for. */
void cxl_pause(void)
{
	struct timespec ts = { .tv_nsec = 50000 };

	nanosleep(&ts, NULL);
}

/* Steps in shared memory that processes wait for each other to make. */
void cxl_step_set(int *step, int value)
{
	__atomic_store_n(step, value, __ATOMIC_RELEASE);
}

int cxl_step_wait(int *step, int value)
{
	__u64 end = cxl_now_ms() + CXL_WAIT_MS;

	while (__atomic_load_n(step, __ATOMIC_ACQUIRE) < value) {
		if (cxl_now_ms() > end)
			return -ETIMEDOUT;
		cxl_pause();
	}
	return 0;
}
