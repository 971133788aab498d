/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access to CAPI accelerators below /dev/cxl and /sys/class/cxl.
 *
 * Calls return 0 (or a count, or a descriptor) or a negative errno, so that a
 * test compares one value. Nothing here needs the test harness.
 */
#ifndef CXL_SELFTEST_UTILS_H
#define CXL_SELFTEST_UTILS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The header of this tree, not one that the distribution installed. */
#include "../../../../include/uapi/misc/cxl.h"

/* Where nothing is mapped, and where the kernel maps nothing unless told to. */
#ifdef __LP64__
#define CXL_HOLE ((char *)0x1000000000UL)
#else
#define CXL_HOLE ((char *)0x60000000UL)
#endif

/* Upper bound of a wait that is expected to end at once. */
#define CXL_WAIT_MS 20000

/**
 * struct cxl_afu - where to find one AFU
 * @card: N of cardN
 * @slice: M of afuN.M
 * @card_dir: sysfs directory of the card
 * @dir: sysfs directory of the AFU
 * @master_dir: sysfs directory of the master node
 * @slave_dir: sysfs directory of the slave node
 * @master: path of the master node in /dev
 * @slave: path of the slave node in /dev
 */
struct cxl_afu {
	int card;
	int slice;
	char card_dir[64];
	char dir[64];
	char master_dir[64];
	char slave_dir[64];
	char master[64];
	char slave[64];
};

/**
 * struct cxl_binding - what ties a card to its driver
 * @driver: sysfs directory of the driver
 * @device: name of the device that has the card
 */
struct cxl_binding {
	char driver[PATH_MAX];
	char device[256];
};

int cxl_find_afus(struct cxl_afu *afus, unsigned int max,
		  bool (*fits)(const struct cxl_afu *afu));
int cxl_find_memcpy_afu(struct cxl_afu *afu);
int cxl_find_memcpy_afus(struct cxl_afu *afus, unsigned int max);
bool cxl_is_guest(const struct cxl_afu *afu);

int cxl_open(const char *node, int flags);
int cxl_start(int fd, struct cxl_ioctl_start_work *work);
int cxl_start_wed(int fd, __u64 wed);
int cxl_get_pe(int fd, __u32 *pe);
int cxl_get_afu_id(int fd, struct cxl_afu_id *id);
ssize_t cxl_read(int fd, void *buf, size_t size);
int cxl_poll(int fd, int timeout_ms);
int cxl_read_event(int fd, struct cxl_event *event, int timeout_ms);

ssize_t cxl_file_read(const char *dir, const char *name, char *buf, size_t size);
int cxl_file_write(const char *dir, const char *name, const char *text);
int cxl_file_number(const char *dir, const char *name, long long *value);

int cxl_find_binding(const struct cxl_afu *afu, struct cxl_binding *binding);
int cxl_unbind(const struct cxl_binding *binding);
int cxl_bind(const struct cxl_binding *binding);

long cxl_of_number(const struct cxl_afu *afu, const char *property);

bool cxl_has_stats(const struct cxl_afu *afu);
int cxl_stat(const struct cxl_afu *afu, const char *name, __u64 *value);
int cxl_stat_wait(const struct cxl_afu *afu, const char *name, __u64 value);
int cxl_wait_all_detached(const struct cxl_afu *afu);

void *cxl_pages(size_t bytes);
void cxl_fill(void *buf, size_t bytes, unsigned int seed);
long cxl_mismatch(const void *buf, size_t bytes, unsigned int seed);

size_t cxl_huge_page_size(void);
long long cxl_set_huge_pages(long long pages);

void cxl_raise_file_limit(void);
__u64 cxl_now_ms(void);
void cxl_pause(void);
void cxl_step_set(int *step, int value);
int cxl_step_wait(int *step, int value);

#endif /* CXL_SELFTEST_UTILS_H */
