// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scheduled processes area: process elements, and the commands that tell the PSL
 * of them.
 */
#include <linux/cleanup.h>
#include <linux/gfp.h>
#include <linux/iopoll.h>
#include <linux/kmemleak.h>

#include "../trace.h"
#include "native.h"
#include "regs.h"
#include "spa.h"

#define COMMAND_STEP_US		1
#define COMMAND_SPIN_US		20
#define COMMAND_POLL_US		20
#define COMMAND_LIMIT_US	(5 * USEC_PER_SEC)

/**
 * native_spa_alloc() - an empty area for as many processes as the AFU takes
 * @afu: without one
 *
 * Return: 0 or -ENOMEM.
 */
int native_spa_alloc(struct native_afu *afu)
{
	struct native_spa *spa = &afu->spa;

	spa->size = native_spa_size(afu->desc.max_processes, PAGE_SIZE);
	/* Pages of a power of two bytes are aligned to their size. */
	spa->elements = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
						 get_order(spa->size));
	if (!spa->elements)
		return -ENOMEM;

	spa->nr = min(native_spa_capacity(spa->size), afu->desc.max_processes);
	spa->status = (void *)spa->elements + native_spa_status_offset(spa->size);
	return 0;
}

/**
 * native_spa_free() - free the area
 * @afu: the AFU; the PSL does not use the area any more
 */
void native_spa_free(struct native_afu *afu)
{
	free_pages((unsigned long)afu->spa.elements, get_order(afu->spa.size));
	afu->spa.elements = NULL;
}

int native_spa_answer(u64 status, u64 command, u16 link)
{
	if (status & SPA_STATUS_ERROR)
		return -EIO;
	return status >> 48 == command && (status >> 32 & 0xffff) == command &&
	       (status & 0xffff) == link;
}

static int command_answer(struct native_afu *afu, u64 command, u16 link)
{
	return native_spa_answer(be64_to_cpu(READ_ONCE(*afu->spa.status)), command, link);
}

/* Memory does not tell when the card is gone, nor what the PSL waits for. */
static int command_state(struct native_afu *afu, u64 command, u16 link)
{
	int ret = command_answer(afu, command, link);

	if (ret)
		return ret;
	if (native_p2n_read(afu, PSL_PEHANDLE) == PSL_GONE)
		return -EIO;
	native_faults_look(afu);
	return 0;
}

/*
 * A command takes a few microseconds, less than to sleep, unless transactions of the
 * process are left. Then this waits for fault work.
 */
static int await_answer(struct native_afu *afu, u64 command, u16 link)
{
	int ret, err;

	err = read_poll_timeout_atomic(command_answer, ret, ret, COMMAND_STEP_US,
				       COMMAND_SPIN_US, false, afu, command, link);
	if (err)
		err = read_poll_timeout(command_state, ret, ret, COMMAND_POLL_US,
					COMMAND_LIMIT_US, false, afu, command, link);
	return err ?: min(ret, 0);
}

/*
 * A command that has not been answered may still be: the place for the answer cannot
 * be used again before a reset.
 */
static int give_command(struct native_afu *afu, u64 command, u16 link, u32 state)
{
	struct native_element *element = &afu->spa.elements[link];
	u64 answer;
	int ret;

	lockdep_assert_held(&afu->command_lock);

	if (!native_online(native_adapter_of(afu)))
		return -EIO;
	if (afu->command_lost)
		return -EBUSY;

	/* All of the element is there before it says so, ... */
	mb();
	WRITE_ONCE(element->state, cpu_to_be32(state));
	/* ... it says so before the command is there, ... */
	mb();
	WRITE_ONCE(*afu->spa.status, cpu_to_be64(native_spa_command(command, link)));
	/* ... and the command before the PSL is told to look. */
	mb();
	native_p1n_write(afu, PSL_LLCMD, native_spa_command(command, link));

	ret = await_answer(afu, command, link);
	trace_cxl_llcmd(&afu->core, command, link, ret);
	if (!ret)
		return 0;
	if (!native_online(native_adapter_of(afu)))
		return -EIO;
	/* A card that did not seem to be there may go on with it, too. */
	answer = be64_to_cpu(*afu->spa.status);
	afu->command_lost = answer == PSL_GONE || !(answer & SPA_STATUS_ERROR);
	dev_err_ratelimited(&afu->core.dev, "process element %u: command %llu %s, status %#llx\n",
			    link, command, afu->command_lost ? "not answered" : "failed",
			    answer);
	return afu->command_lost ? -EBUSY : -EIO;
}

static int add(struct native_afu *afu, unsigned int pe)
{
	int ret;

	if (afu->command_lost)
		return -EBUSY;
	ret = give_command(afu, SPA_ADD, pe, NATIVE_STATE_V);
	if (!ret)
		return 0;
	if (afu->command_lost)
		return -ETIMEDOUT;
	WRITE_ONCE(afu->spa.elements[pe].state, 0);
	return ret;
}

/**
 * native_spa_add() - let the AFU have a process
 * @afu: enabled, in directed mode
 * @pe: its element, complete but for the state
 *
 * May sleep. Who is killed before the command has been given does not give it; one
 * that was given is waited for, as nobody else could give one meanwhile.
 *
 * Return: 0; -EIO, -EBUSY or -ERESTARTSYS; or -ETIMEDOUT when the PSL may have it
 * nevertheless.
 */
int native_spa_add(struct native_afu *afu, unsigned int pe)
{
	int ret;

	if (mutex_lock_killable(&afu->command_lock))
		return -ERESTARTSYS;
	ret = add(afu, pe);
	mutex_unlock(&afu->command_lock);
	return ret;
}

/**
 * native_spa_remove() - take a process from the AFU
 * @afu: the AFU
 * @pe: its element
 *
 * Done if it never was valid. May sleep; the faults of the process have to be
 * answered meanwhile.
 *
 * Return: 0; -EIO or -EBUSY when the PSL may still use the element.
 */
int native_spa_remove(struct native_afu *afu, unsigned int pe)
{
	struct native_element *element = &afu->spa.elements[pe];
	int ret;

	guard(mutex)(&afu->command_lock);

	if (!element->state)
		return 0;
	ret = give_command(afu, SPA_TERMINATE, pe, NATIVE_STATE_V | NATIVE_STATE_T);
	if (ret)
		return ret;
	return give_command(afu, SPA_REMOVE, pe, 0);
}
