// SPDX-License-Identifier: GPL-2.0-only
/*
 * The operations that bench.c measures.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define EVENTS		64
#define OPENS		10000
#define PROCESSES	8

/* Memory in segments of 256 MiB each, below that of the program */
#define FAR		0x2000000000UL
#define SEGMENT		0x10000000UL
#define SEGMENTS	16
#define PAGES		64

#define STREAM_MIB	64UL
#define STREAM_PIECE	((STREAM_MIB << 20) / SEGMENTS)
#define STREAM_BYTES	(2 * (STREAM_MIB << 20))
/* Longer than every image can do, so that the ring holds all of it */
#define STREAM_ELEMENT	8192U
#define STREAM_LINES	((unsigned int)((STREAM_MIB << 20) / STREAM_ELEMENT / MC_PER_LINE + 1))

#define EVENT_SIZE	(sizeof(struct cxl_event_header) + \
			 sizeof(struct cxl_event_afu_interrupt))
#define LARGE_READ	(64 * 1024)

static char buffer[LARGE_READ + EVENTS * EVENT_SIZE];

/* A descriptor without the length of the ring: the AFU stops before the first look. */
int bench_start_idle(int fd)
{
	return cxl_start_wed(fd, FAR);
}

static int open_slave(struct bench *b)
{
	b->fd = cxl_open(b->afu.slave, O_RDWR | O_CLOEXEC);
	return b->fd < 0 ? b->fd : 0;
}

static int close_slave(struct bench *b)
{
	int ret = b->fd < 0 ? 0 : close(b->fd);

	b->fd = -1;
	return ret ? -errno : 0;
}

static void give_up(struct bench *b)
{
	close_slave(b);
	mc_close(&b->mc);
}

static int start(struct bench *b)
{
	return bench_start_idle(b->fd);
}

static int open_and_start(struct bench *b)
{
	int ret = open_slave(b);

	return ret ? ret : start(b);
}

static int spin(struct bench *b)
{
	unsigned long rounds = b->op->units;

	asm volatile("mtctr %0; 1: bdnz 1b" : : "r" (rounds) : "ctr");
	return 0;
}

static int open_and_close(struct bench *b)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < b->op->units; i++) {
		ret = open_slave(b);
		if (!ret)
			ret = close_slave(b);
	}
	return ret;
}

static int open_start_close(struct bench *b)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < b->op->units; i++) {
		ret = open_and_start(b);
		if (!ret)
			ret = close_slave(b);
	}
	return ret;
}

static int expect_event(const char *event, ssize_t n)
{
	const struct cxl_event_header *header = (const struct cxl_event_header *)event;

	if (n < 0)
		return n;
	return header->type == CXL_EVENT_AFU_INTERRUPT ? 0 : -EPROTO;
}

static int take_event(struct bench *b)
{
	return expect_event(buffer, cxl_read(b->mc.fd, buffer, CXL_READ_MIN_SIZE));
}

/* The stopped context executes what was pushed, up to the interrupt. */
static int run_batch(struct bench *b)
{
	mc_reg_write(&b->mc, MC_REG_CONTROL, MC_CONTROL_RESTART);
	return take_event(b);
}

/* The interrupt comes before the status, and stops the context. */
static int end_batch(struct bench *b)
{
	int status = mc_wait(&b->mc, b->last, CXL_WAIT_MS);

	if (status != MC_DONE)
		return status < 0 ? status : -EIO;
	return mc_wait_stopped(&b->mc);
}

static int push_irq(struct bench *b)
{
	b->last = mc_push(&b->mc, MC_IRQ, 1, NULL, NULL);
	return b->last ? 0 : -ENOSPC;
}

static int make_context(struct bench *b, unsigned int lines, struct cxl_ioctl_start_work *work)
{
	int ret = mc_open(&b->mc, b->afu.slave, lines);

	if (!ret)
		ret = mc_start(&b->mc, work);
	if (!ret)
		ret = mc_map(&b->mc, b->afu.dir);
	if (!ret)
		ret = push_irq(b);
	/* the AFU finds that by itself: who restarted it might come too late for that */
	if (!ret)
		ret = take_event(b);
	return ret ? ret : end_batch(b);
}

static int setup_context(struct bench *b)
{
	return make_context(b, STREAM_LINES, NULL);
}

static int setup_many_irqs(struct bench *b)
{
	struct cxl_ioctl_start_work work = {
		.flags = CXL_START_WORK_NUM_IRQS,
		.num_interrupts = EVENTS,
	};

	return make_context(b, STREAM_LINES, &work);
}

/* Each element ends with the context stopped; nobody reads of it yet. */
static int raise_all(struct bench *b)
{
	unsigned int i;
	int ret = 0;

	for (i = 1; !ret && i <= b->op->units; i++) {
		b->last = mc_push(&b->mc, MC_IRQ, i, NULL, NULL);
		if (!b->last)
			return -ENOSPC;
		mc_reg_write(&b->mc, MC_REG_CONTROL, MC_CONTROL_RESTART);
		ret = end_batch(b);
	}
	return ret;
}

/* One after the other, as they come; what they are is looked at later. */
static int drain(struct bench *b)
{
	ssize_t n;

	b->got = 0;
	while (b->got < b->op->units * EVENT_SIZE) {
		n = cxl_read(b->mc.fd, buffer + b->got, b->op->arg);
		if (n <= 0)
			return n ? n : -EPROTO;
		b->got += n;
	}
	return 0;
}

static int check_drained(struct bench *b)
{
	const struct cxl_event *event;
	unsigned int irq;

	if (b->got != b->op->units * EVENT_SIZE)
		return -EPROTO;
	for (irq = 1; irq <= b->op->units; irq++) {
		event = (const struct cxl_event *)(buffer + (irq - 1) * EVENT_SIZE);
		if (event->header.type != CXL_EVENT_AFU_INTERRUPT ||
		    event->header.size != EVENT_SIZE || event->irq.irq != irq)
			return -EPROTO;
	}
	return 0;
}

static int poll_once(struct bench *b)
{
	int ret = cxl_poll(b->mc.fd, 0);

	if (ret < 0)
		return ret;
	return !!ret == b->op->arg ? 0 : -EPROTO;
}

/* Fresh memory, so that the AFU is the first to touch it, unless @touch. */
static char *map_at(unsigned long address, size_t bytes, bool touch)
{
	char *map = mmap((void *)address, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | (address ? MAP_FIXED_NOREPLACE : 0),
			 -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	madvise(map, bytes, MADV_NOHUGEPAGE);
	return touch ? memset(map, 1, bytes) : map;
}

static int push_to_pages(struct bench *b)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		if (!mc_push(&b->mc, MC_COPY, 128, b->mc.ring, b->mem + i * b->page))
			return -ENOSPC;
	}
	return push_irq(b);
}

static int prepare_pages(struct bench *b)
{
	b->mem = map_at(0, PAGES * b->page, false);
	return b->mem ? push_to_pages(b) : -ENOMEM;
}

static int drop_pages(struct bench *b)
{
	int ret = end_batch(b);

	munmap(b->mem, PAGES * b->page);
	return ret;
}

static int push_again(struct bench *b)
{
	int ret = end_batch(b);

	return ret ? ret : push_to_pages(b);
}

static char *segment(unsigned int number)
{
	return (char *)FAR + number * SEGMENT;
}

static void unmap_segments(struct bench *b)
{
	unsigned int i;

	give_up(b);
	for (i = 0; i < 2 * SEGMENTS; i++)
		munmap(segment(i), SEGMENT);
	cxl_file_write(b->afu.dir, "prefault_mode", "none");
}

static int map_segments(struct bench *b)
{
	size_t bytes = b->op->arg;
	unsigned int i;

	for (i = 0; i < 2 * SEGMENTS; i++) {
		if (!map_at((unsigned long)segment(i), bytes, true))
			return -ENOMEM;
	}
	return 0;
}

/* Far from all others: who enters several at once does not help the next one. */
static char *lonely_segment(unsigned int number)
{
	return segment(2 * SEGMENTS * (number + 1));
}

static void unmap_lonely(struct bench *b)
{
	unsigned int i;

	give_up(b);
	for (i = 0; i < SEGMENTS; i++)
		munmap(lonely_segment(i), b->op->arg);
}

static int map_lonely(struct bench *b)
{
	unsigned int i;

	for (i = 0; i < SEGMENTS; i++) {
		if (!map_at((unsigned long)lonely_segment(i), b->op->arg, true))
			return -ENOMEM;
	}
	return 0;
}

static int push_to_segments(struct bench *b)
{
	unsigned int i;

	for (i = 0; i < SEGMENTS; i++) {
		if (!mc_push(&b->mc, MC_COPY, 128, b->mc.ring, lonely_segment(i)))
			return -ENOSPC;
	}
	return push_irq(b);
}

/* Another context knows no segments. */
static int prepare_segments(struct bench *b)
{
	int ret = make_context(b, 8 * SEGMENTS, NULL);

	return ret ? ret : push_to_segments(b);
}

static int segments_again(struct bench *b)
{
	int ret = end_batch(b);

	return ret ? ret : push_to_segments(b);
}

static int close_context(struct bench *b)
{
	int ret = end_batch(b);

	mc_close(&b->mc);
	return ret;
}

/* What is copied is in the first half of the pieces, in one map or in segments. */
static char *stream_piece(char *map, unsigned int number)
{
	return map ? map + number * STREAM_PIECE : segment(number);
}

/*
 * Both ends of each element get a number that was not there before. The rest is for
 * tests: it would take longer than what is measured.
 */
static void fill_stream(char *map)
{
	static __u64 value;
	__u64 *element;
	unsigned int i;
	size_t offset;

	for (i = 0; i < SEGMENTS; i++) {
		for (offset = 0; offset < STREAM_PIECE; offset += STREAM_ELEMENT) {
			element = (__u64 *)(stream_piece(map, i) + offset);
			element[0] = ++value;
			element[STREAM_ELEMENT / sizeof(*element) - 1] = value;
		}
	}
}

static int check_stream(char *map)
{
	const size_t words = STREAM_PIECE / sizeof(__u64);
	const size_t step = STREAM_ELEMENT / sizeof(__u64);
	const __u64 *from, *to;
	unsigned int i;
	size_t at;

	for (i = 0; i < SEGMENTS; i++) {
		from = (const __u64 *)stream_piece(map, i);
		to = (const __u64 *)stream_piece(map, SEGMENTS + i);
		for (at = 0; at < words; at += step) {
			if (to[at] != from[at] || to[at + step - 1] != from[at + step - 1])
				return -EIO;
		}
	}
	return 0;
}

static int push_stream(struct bench *b)
{
	unsigned int i;
	size_t offset;

	for (i = 0; i < SEGMENTS; i++) {
		for (offset = 0; offset < STREAM_PIECE; offset += STREAM_ELEMENT) {
			if (!mc_push(&b->mc, MC_COPY, STREAM_ELEMENT,
				     stream_piece(b->mem, i) + offset,
				     stream_piece(b->mem, SEGMENTS + i) + offset))
				return -ENOSPC;
		}
	}
	return push_irq(b);
}

static const char *const prefault_modes[] = { "none", "work_element_descriptor", "all" };

static int prepare_stream(struct bench *b)
{
	const char *mode = prefault_modes[b->op->contexts ? b->op->contexts - 1 : 0];
	int ret;

	fill_stream(NULL);
	ret = mc_open(&b->mc, b->afu.slave, STREAM_LINES);
	if (!ret)
		ret = cxl_file_write(b->afu.dir, "prefault_mode", mode);
	return ret ? ret : push_stream(b);
}

/* What is in the ring is executed from the start on. */
static int start_stream(struct bench *b)
{
	int ret = mc_start(&b->mc, NULL);

	return ret ? ret : take_event(b);
}

static int end_stream(struct bench *b)
{
	int status = mc_wait(&b->mc, b->last, CXL_WAIT_MS);

	mc_close(&b->mc);
	if (status != MC_DONE)
		return status < 0 ? status : -EIO;
	return check_stream(b->map);
}

static int setup_stream(struct bench *b)
{
	b->map = NULL;
	return map_segments(b);
}

/* The same memory has two addresses: @map for the program, and @mem for the AFU. */
static int setup_populated(struct bench *b)
{
	b->map = MAP_FAILED;
	b->fd = memfd_create("bench", MFD_CLOEXEC);
	if (b->fd < 0 || ftruncate(b->fd, STREAM_BYTES))
		return -errno;
	b->map = mmap(NULL, STREAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
	return b->map == MAP_FAILED ? -errno : 0;
}

/* The kernel has entered all pages, but the processor has used none. */
static int map_populated(struct bench *b)
{
	char *map = mmap(NULL, STREAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	b->mem = map;
	return madvise(map, STREAM_BYTES, MADV_POPULATE_WRITE) ? -errno : 0;
}

static int prepare_populated(struct bench *b)
{
	int ret = map_populated(b);

	if (ret)
		return ret;
	fill_stream(b->map);
	ret = mc_open(&b->mc, b->afu.slave, STREAM_LINES);
	return ret ? ret : push_stream(b);
}

static void unmap_populated(struct bench *b)
{
	if (b->mem)
		munmap(b->mem, STREAM_BYTES);
	b->mem = NULL;
}

static int end_populated(struct bench *b)
{
	int ret = end_stream(b);

	unmap_populated(b);
	return ret;
}

static void drop_populated(struct bench *b)
{
	unmap_populated(b);
	if (b->map != MAP_FAILED)
		munmap(b->map, STREAM_BYTES);
	give_up(b);
}

static int setup_window(struct bench *b)
{
	int ret = open_and_start(b);

	return ret ? ret : cxl_file_number(b->afu.dir, "mmio_size", &b->map_size);
}

static int map_window(struct bench *b)
{
	b->map = mmap(NULL, b->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
	return b->map == MAP_FAILED ? -errno : 0;
}

static int unmap_window(struct bench *b)
{
	return munmap(b->map, b->map_size) ? -errno : 0;
}

static int map_and_unmap(struct bench *b)
{
	int ret = map_window(b);

	return ret ? ret : unmap_window(b);
}

static int load_first(struct bench *b)
{
	return mc_load((char *)b->map + MC_REG_HANDLE) == ~0ULL ? -EIO : 0;
}

static int load(struct bench *b)
{
	unsigned int i;

	for (i = 0; i < b->op->units; i++) {
		if (mc_load((char *)b->mc.mmio + MC_REG_HANDLE) == ~0ULL)
			return -EIO;
	}
	return 0;
}

static int store(struct bench *b)
{
	unsigned int i;

	/* the descriptor cannot be written */
	for (i = 0; i < b->op->units; i++)
		mc_store((char *)b->mc.mmio + MC_REG_WED, 0);
	return 0;
}

static int read_attribute(struct bench *b)
{
	ssize_t n = cxl_file_read(b->afu.dir, "irqs_max", buffer, sizeof(buffer));

	return n < 0 ? n : 0;
}

/* Opens and closes, once the pipe has been closed. */
static void be_child(const struct bench *b, int pipe)
{
	unsigned int i;
	char byte;
	int fd;

	if (read(pipe, &byte, 1))
		_exit(2);
	for (i = 0; i < OPENS / PROCESSES; i++) {
		fd = cxl_open(b->afu.slave, O_RDWR);
		if (fd < 0)
			_exit(1);
		close(fd);
	}
	_exit(0);
}

static int make_children(struct bench *b)
{
	unsigned int i;
	int fds[2];

	if (pipe(fds))
		return -errno;
	for (i = 0; i < PROCESSES; i++) {
		b->children[i] = fork();
		if (b->children[i] < 0)
			return -errno;
		if (!b->children[i]) {
			close(fds[1]);
			be_child(b, fds[0]);
		}
	}
	close(fds[0]);
	b->pipe = fds[1];
	return 0;
}

static int let_children_open(struct bench *b)
{
	unsigned int i;
	int status, ret = 0;

	close(b->pipe);
	for (i = 0; i < PROCESSES; i++) {
		if (waitpid(b->children[i], &status, 0) < 0 || status)
			ret = -EIO;
	}
	return ret;
}

#define ATTACH(word, number)							\
	{									\
		.name = word, .per = "start", .units = 1, .contexts = number,	\
		.prepare = open_slave, .timed = start, .finish = close_slave,	\
		.teardown = give_up,						\
	}

#define DETACH(word, number)							\
	{									\
		.name = word, .per = "close", .units = 1, .contexts = number,	\
		.prepare = open_and_start, .timed = close_slave,		\
		.teardown = give_up,						\
	}

#define INTERRUPT(word, number)							\
	{									\
		.name = word, .per = "interrupt", .units = 1,			\
		.contexts = number, .setup = setup_context,			\
		.prepare = push_irq, .timed = run_batch, .finish = end_batch,	\
		.teardown = give_up,						\
	}

#define STREAM(mode, number)							\
	{									\
		.name = "stream_prefault_" mode, .per = "MiB",			\
		.units = STREAM_MIB, .samples = 9, .contexts = number,		\
		.arg = STREAM_PIECE, .setup = setup_stream,			\
		.prepare = prepare_stream, .timed = start_stream,		\
		.finish = end_stream, .teardown = unmap_segments,		\
	}

const struct bench_op bench_ops[] = {
	{ .name = "spin", .per = "iteration", .units = 100000, .timed = spin },
	{
		.name = "open", .per = "open", .units = 1,
		.timed = open_slave, .finish = close_slave, .teardown = give_up,
	}, {
		.name = "open_close", .per = "open", .units = 16,
		.timed = open_and_close, .teardown = give_up,
	}, {
		/* while somebody else has a context, too */
		.name = "open_close_2", .per = "open", .units = 16, .contexts = 2,
		.timed = open_and_close, .teardown = give_up,
	}, {
		.name = "open_start_close", .per = "context", .units = 16,
		.timed = open_start_close, .teardown = give_up,
	}, {
		.name = "open_start_close_2", .per = "context", .units = 16, .contexts = 2,
		.timed = open_start_close, .teardown = give_up,
	},
	ATTACH("attach_1", 1),
	DETACH("detach_1", 1),
	INTERRUPT("interrupt_1", 1),
	ATTACH("attach_16", 16),
	DETACH("detach_16", 16),
	INTERRUPT("interrupt_16", 16),
	ATTACH("attach_128", 128),
	DETACH("detach_128", 128),
	INTERRUPT("interrupt_128", 128),
	ATTACH("attach_256", 256),
	DETACH("detach_256", 256),
	INTERRUPT("interrupt_256", 256),
	ATTACH("attach_509", 509),
	DETACH("detach_509", 509),
	INTERRUPT("interrupt_509", 509),
	ATTACH("attach_511", 511),
	DETACH("detach_511", 511),
	INTERRUPT("interrupt_511", 511),
	{
		.name = "drain_4096", .per = "event", .units = EVENTS, .arg = 4096,
		.setup = setup_many_irqs, .prepare = raise_all, .timed = drain,
		.finish = check_drained, .teardown = give_up,
	}, {
		.name = "drain_65536", .per = "event", .units = EVENTS, .arg = LARGE_READ,
		.setup = setup_many_irqs, .prepare = raise_all, .timed = drain,
		.finish = check_drained, .teardown = give_up,
	}, {
		.name = "poll_event", .per = "poll", .units = 1, .arg = 1,
		.setup = setup_many_irqs, .prepare = raise_all, .timed = poll_once,
		.finish = take_event, .teardown = give_up,
	}, {
		.name = "poll_nothing", .per = "poll", .units = 1, .arg = 0,
		.setup = setup_context, .timed = poll_once, .teardown = give_up,
	}, {
		.name = "segment_miss", .per = "miss", .units = SEGMENTS, .arg = 65536,
		.setup = map_lonely, .prepare = prepare_segments, .timed = run_batch,
		.again = segments_again, .finish = close_context,
		.teardown = unmap_lonely,
	}, {
		.name = "page_fault", .per = "fault", .units = PAGES,
		.setup = setup_context, .prepare = prepare_pages, .timed = run_batch,
		.again = push_again, .finish = drop_pages, .teardown = give_up,
	},
	STREAM("none", 1),
	STREAM("wed", 2),
	STREAM("all", 3),
	{
		.name = "stream_populated", .per = "MiB", .units = STREAM_MIB,
		.samples = 9, .setup = setup_populated, .prepare = prepare_populated,
		.timed = start_stream, .finish = end_populated,
		.teardown = drop_populated,
	},
	{
		.name = "mmap", .per = "mmap and munmap", .units = 1,
		.setup = setup_window, .timed = map_and_unmap, .teardown = give_up,
	}, {
		.name = "mmio_first", .per = "load", .units = 1,
		.setup = setup_window, .prepare = map_window, .timed = load_first,
		.finish = unmap_window, .teardown = give_up,
	}, {
		.name = "mmio_load", .per = "load", .units = 64,
		.setup = setup_context, .timed = load, .teardown = give_up,
	}, {
		.name = "mmio_store", .per = "store", .units = 64,
		.setup = setup_context, .timed = store, .teardown = give_up,
	}, {
		.name = "sysfs_read", .per = "open, read and close", .units = 1,
		.timed = read_attribute,
	}, {
		/* with one more, as it depends on luck else who has the only one */
		.name = "opens_of_8_processes", .per = "open", .units = OPENS, .samples = 9,
		.contexts = 2, .prepare = make_children, .timed = let_children_open,
	},
	{ }
};
