// SPDX-License-Identifier: GPL-2.0-only
/* Downloads of images that fail, are interrupted or take long; then another one. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "card_image.h"
#include "cxl_host.h"
#include "cxl_test.h"
#include "inject.h"
#include "machine.h"

#define CHUNK	16384
#define CHUNKS	5

/* Interruptions of random kinds at random places */
#define INTERRUPTIONS	500

#define RC_BAD_DATA	(-70)
#define RC_SG_LIST	(-72)
#define RC_UNSUPPORTED	(-67)

FIXTURE(flash_errors) {
	struct cxl_afu afu;
	struct card_image image;
	char card[16];
};

FIXTURE_SETUP(flash_errors)
{
	if (no_afu(_metadata, &self->afu))
		SKIP(return, "no memcpy AFU");
	if (!cxl_is_guest(&self->afu))
		SKIP(return, "flashed by the PCI device");
	if (!host_present())
		SKIP(return, "images are for emulated cards");
	ASSERT_EQ(0, card_wait_back(&self->afu));
	snprintf(self->card, sizeof(self->card), "card%d", self->afu.card);
	/* the last chunk is not full */
	ASSERT_EQ(0, card_image_make(&self->image, &self->afu, "",
				     (CHUNKS - 1) * CHUNK + 1000));
	/* the reset after each attempt is not what takes the time here */
	ASSERT_EQ(0, host_set(self->card, "facility-reset-ms", "1"));
}

FIXTURE_TEARDOWN(flash_errors)
{
	card_image_free(&self->image);
	if (!self->card[0])
		return;
	host_set(self->card, "inject-rc", "\"\"");
	host_set(self->card, "busy-download-rounds", "0");
	host_set(self->card, "busy-download-ms", "0");
	host_set(self->card, "flash-abandon-ms", "3000");
	host_set(self->card, "facility-reset-ms", "100");
	EXPECT_EQ(0, card_wait_back(&self->afu));
}

/* What the card has been loaded with is the image, byte by byte. */
static void check_loaded(struct __test_metadata *_metadata, FIXTURE_DATA(flash_errors) *self)
{
	char hex[65], quoted[68], text[80];

	ASSERT_EQ(0, card_image_sha256(&self->image, hex));
	snprintf(quoted, sizeof(quoted), "\"%s\"", hex);
	ASSERT_EQ(0, host_get(self->card, "flash-sha256", text, sizeof(text)));
	ASSERT_STREQ(quoted, text);
}

static void check_flash(struct __test_metadata *_metadata, FIXTURE_DATA(flash_errors) *self)
{
	ASSERT_EQ(0, card_flash(&self->afu, &self->image, CHUNK));
	check_loaded(_metadata, self);
}

/* Up to a chunk of the download or, after all of it, of the validation. */
static int pass_until(int fd, const struct card_image *image, int chunk)
{
	int i, ret;

	for (i = 0; i < chunk; i++) {
		size_t offset = (size_t)(i % CHUNKS) * CHUNK;
		size_t len = image->len - offset;

		ret = card_piece(fd, i < CHUNKS ? CARD_DOWNLOAD : CARD_VALIDATE, image,
				 offset, len < CHUNK ? len : CHUNK);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int pass_one(int fd, const struct card_image *image, int chunk)
{
	size_t offset = (size_t)(chunk % CHUNKS) * CHUNK;
	size_t len = image->len - offset;

	return card_piece(fd, chunk < CHUNKS ? CARD_DOWNLOAD : CARD_VALIDATE, image, offset,
			  len < CHUNK ? len : CHUNK);
}

/* The next call of the download fails, and no other. */
static int fail_next(const char *card, int rc)
{
	return host_set(card, "inject-rc", "\"0x364:*:%d:1\"", rc);
}

TEST_F_TIMEOUT(flash_errors, each_answer, 120)
{
	static const struct {
		int rc;
		int ret;
	} answers[] = {
		{ RC_HARDWARE, -EBUSY }, { RC_FUNCTION, -EINVAL },
		{ RC_PARAMETER, -EINVAL }, { RC_RESOURCE, -EBUSY },
		{ RC_AUTHORITY, -EBUSY }, { RC_BAD_DATA, -EINVAL },
		{ RC_SG_LIST, -EINVAL }, { RC_STATE, -EBUSY },
		{ RC_UNSUPPORTED, -EINVAL },
	};
	static const int chunks[] = { 0, 2, CHUNKS - 1, CHUNKS, CHUNKS + 1, 2 * CHUNKS - 1 };
	unsigned int i, k;
	int fd;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		for (k = 0; k < ARRAY_SIZE(chunks); k++) {
			fd = card_open(&self->afu, O_RDWR);
			ASSERT_GE(fd, 0);
			ASSERT_EQ(0, pass_until(fd, &self->image, chunks[k]));
			ASSERT_EQ(0, fail_next(self->card, answers[i].rc));
			EXPECT_EQ(answers[i].ret, pass_one(fd, &self->image, chunks[k]))
				TH_LOG("%d at %d", answers[i].rc, chunks[k]);
			/* what comes next is the beginning */
			EXPECT_EQ(-EINVAL, pass_one(fd, &self->image, CHUNKS));
			EXPECT_EQ(1, pass_one(fd, &self->image, 0));
			close(fd);
		}
	}
	check_flash(_metadata, self);
}

/* The reset that ends an attempt fails as well; the next attempt begins with one. */
TEST_F_TIMEOUT(flash_errors, reset_fails_too, 60)
{
	int fd, ret, i;

	fd = card_open(&self->afu, O_RDWR);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, pass_until(fd, &self->image, 3));
	ASSERT_EQ(0, host_set(self->card, "inject-rc", "\"0x368:1:%d:1\"", RC_HARDWARE));
	close(fd);
	for (i = 0; i < 3; i++) {
		ret = card_flash(&self->afu, &self->image, CHUNK);
		if (!ret)
			break;
		EXPECT_EQ(-EBUSY, ret);
	}
	EXPECT_LT(i, 3);
	check_flash(_metadata, self);
}

TEST_F_TIMEOUT(flash_errors, busy, 60)
{
	ASSERT_EQ(0, host_set(self->card, "busy-download-rounds", "2"));
	check_flash(_metadata, self);
	ASSERT_EQ(0, host_set(self->card, "busy-download-rounds", "0"));
	ASSERT_EQ(0, host_set(self->card, "busy-download-ms", "20"));
	check_flash(_metadata, self);
}

/* A fatal signal ends the wait, whatever the hypervisor does. */
TEST_F_TIMEOUT(flash_errors, killed_while_busy, 60)
{
	int fds[2], status, chunk;
	__u64 start;
	pid_t child;
	char byte;

	for (chunk = 0; chunk < 2 * CHUNKS; chunk += 3) {
		ASSERT_EQ(0, pipe(fds));
		child = fork();
		ASSERT_GE(child, 0);
		if (!child) {
			int fd = card_open(&self->afu, O_RDWR);

			if (fd < 0 || pass_until(fd, &self->image, chunk) ||
			    host_set(self->card, "busy-download-rounds", "%u", ~0U) ||
			    write(fds[1], "w", 1) != 1)
				_exit(2);
			pass_one(fd, &self->image, chunk);
			_exit(3);
		}
		close(fds[1]);
		ASSERT_EQ(1, read(fds[0], &byte, 1));
		close(fds[0]);
		usleep(50000);
		start = cxl_now_ms();
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
		EXPECT_LT(cxl_now_ms() - start, (__u64)CXL_WAIT_MS);
		ASSERT_EQ(0, host_set(self->card, "busy-download-rounds", "0"));
		check_flash(_metadata, self);
	}
}

/* What a monitor keeps open is in nobody's way, and dead afterwards. */
TEST_F_TIMEOUT(flash_errors, held_open, 60)
{
	const char *const dirs[] = { self->afu.card_dir, self->afu.dir, self->afu.master_dir };
	int fds[64], n = 0, i;
	struct dirent *entry;
	char path[512], buf[16];
	DIR *dir;

	for (i = 0; i < (int)ARRAY_SIZE(dirs); i++) {
		dir = opendir(dirs[i]);
		ASSERT_NE(NULL, dir);
		while ((entry = readdir(dir)) && n < (int)ARRAY_SIZE(fds)) {
			snprintf(path, sizeof(path), "%s/%s", dirs[i], entry->d_name);
			if (entry->d_type != DT_REG)
				continue;
			fds[n] = open(path, O_RDONLY);
			n += fds[n] >= 0;
		}
		closedir(dir);
	}
	ASSERT_GT(n, 10);
	check_flash(_metadata, self);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(-1, read(fds[i], buf, sizeof(buf)));
		EXPECT_EQ(ENODEV, errno);
		close(fds[i]);
	}
}

struct users {
	const struct cxl_afu *afu;
	int stop;
	unsigned int starts;
	int failed;
};

static void *start_and_end(void *arg)
{
	struct users *users = arg;
	struct mc mc;
	int ret;

	while (!__atomic_load_n(&users->stop, __ATOMIC_RELAXED)) {
		ret = mc_setup(&mc, users->afu, 1);
		if (!ret) {
			mc_close(&mc);
			users->starts++;
		} else if (ret != -EBUSY && ret != -ENODEV && ret != -EIO && ret != -ENOENT &&
			   ret != -ENXIO) {
			users->failed = ret;
		}
	}
	return NULL;
}

/* Contexts come and go: the card is flashed in between, or it is said to be busy. */
TEST_F_TIMEOUT(flash_errors, beside_users, 120)
{
	struct users users = { .afu = &self->afu };
	unsigned int i, good = 0, busy = 0;
	pthread_t thread;
	int ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, start_and_end, &users));
	for (i = 0; i < machine_rounds(20); i++) {
		ret = card_flash(&self->afu, &self->image, CHUNK);
		good += !ret;
		busy += ret == -EBUSY;
		EXPECT_TRUE(!ret || ret == -EBUSY)
			TH_LOG("%d", ret);
	}
	__atomic_store_n(&users.stop, 1, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	TH_LOG("%u flashed, %u busy, %u starts", good, busy, users.starts);
	EXPECT_EQ(0, users.failed);
	EXPECT_GT(users.starts, 0U);
	check_flash(_metadata, self);
}

enum way { CLOSE, KILL, SIGNAL, LATE, ANSWER, WAYS };

/* In a process of its own: begin, and end in that way at that chunk. */
static void interrupted(FIXTURE_DATA(flash_errors) *self, enum way way, int chunk)
{
	int fd = card_open(&self->afu, O_RDWR);

	if (fd < 0 || pass_until(fd, &self->image, chunk))
		_exit(1);
	switch (way) {
	case KILL:
		raise(SIGKILL);
		break;
	case SIGNAL:
		raise(SIGTERM);
		break;
	case LATE:
		if (host_set(self->card, "flash-abandon-ms", "1"))
			_exit(1);
		pass_one(fd, &self->image, chunk);
		usleep(5000);
		pass_one(fd, &self->image, chunk + 1);
		break;
	case ANSWER:
		if (fail_next(self->card, RC_HARDWARE))
			_exit(1);
		pass_one(fd, &self->image, chunk);
		break;
	default:
		close(fd);
	}
	_exit(0);
}

TEST_F_TIMEOUT(flash_errors, random_interruptions, 400)
{
	unsigned int i, rounds = machine_rounds(INTERRUPTIONS);
	pid_t child;
	int status;

	srand(1);
	for (i = 0; i < rounds; i++) {
		enum way way = rand() % WAYS;
		int chunk = rand() % (2 * CHUNKS - 1);

		child = fork();
		ASSERT_GE(child, 0);
		if (!child)
			interrupted(self, way, chunk);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status))
			TH_LOG("round %u: way %d at %d", i, way, chunk);
		ASSERT_EQ(0, host_set(self->card, "flash-abandon-ms", "3000"));
		ASSERT_EQ(0, card_flash(&self->afu, &self->image, CHUNK))
			TH_LOG("round %u: way %d at %d", i, way, chunk);
	}
	check_flash(_metadata, self);
}

/* As large as images are. */
TEST_F_TIMEOUT(flash_errors, large, 120)
{
	card_image_free(&self->image);
	ASSERT_EQ(0, card_image_make(&self->image, &self->afu, "", 64UL * 1024 * 1024));
	ASSERT_EQ(0, card_flash(&self->afu, &self->image, CXL_AI_MAX_CHUNK_SIZE));
	check_loaded(_metadata, self);
}

TEST_HARNESS_MAIN
