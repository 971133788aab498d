// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to registers. A card that is gone, or that the host bridge has cut off
 * after an error, reads all ones; nothing else tells at first. So every read
 * looks for that, and lets the error recovery of the platform (EEH) have a look.
 */
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/pci.h>

#include <asm/eeh.h>

#include "native.h"
#include "regs.h"

#define MAX_LOOKS	16
#define POLL_US		20
#define POLL_LIMIT_US	(5 * USEC_PER_SEC)

/**
 * native_online() - can registers be reached?
 * @adapter: the card
 *
 * A hint: the next access may find that they cannot. Any context.
 *
 * Return: false between an error that was noticed and the end of recovery.
 */
bool native_online(struct native_adapter *adapter)
{
	return READ_ONCE(adapter->online) && !pci_channel_offline(adapter->pci);
}

/**
 * native_notice() - let the platform have a look at a card that is cut off
 * @adapter: the card
 *
 * Its error recovery starts if it has not, unless firmware has the card in reset: that
 * ends by itself, and must not be disturbed. Any context.
 */
void native_notice(struct native_adapter *adapter)
{
	if (!READ_ONCE(adapter->in_reset))
		eeh_dev_check_failure(pci_dev_to_eeh_dev(adapter->pci));
}

/**
 * native_read() - read a register
 * @adapter: its card
 * @reg: the register
 *
 * Any context.
 *
 * Return: its value, or PSL_GONE.
 */
u64 native_read(struct native_adapter *adapter, void __iomem *reg)
{
	u64 value;

	if (!native_online(adapter))
		return PSL_GONE;
	value = in_be64(reg);
	if (value == PSL_GONE)
		native_notice(adapter);
	return value;
}

/**
 * native_write() - write a register
 * @adapter: its card
 * @reg: the register
 * @value: what to write; lost if the card is gone
 *
 * Any context.
 */
void native_write(struct native_adapter *adapter, void __iomem *reg, u64 value)
{
	if (native_online(adapter))
		out_be64(reg, value);
}

static bool settled(u64 value, u64 mask, u64 want)
{
	return value == PSL_GONE || (value & mask) == want;
}

/**
 * native_look() - look at a register until some reads have not been enough
 * @adapter: its card
 * @reg: the register
 * @mask: bits to look at
 * @want: what they are to be
 *
 * A read takes about as long as most of what is waited for. Any context.
 *
 * Return: the last value, or PSL_GONE.
 */
u64 native_look(struct native_adapter *adapter, void __iomem *reg, u64 mask, u64 want)
{
	unsigned int looks = 0;
	u64 value;

	do {
		value = native_read(adapter, reg);
	} while (!settled(value, mask, want) && ++looks < MAX_LOOKS);
	return value;
}

/**
 * native_poll() - wait for a register
 * @adapter: its card
 * @reg: the register
 * @mask: bits to look at
 * @want: what they are to be
 *
 * May sleep.
 *
 * Return: 0, -EIO when the card is gone, or -EBUSY after five seconds.
 */
int native_poll(struct native_adapter *adapter, void __iomem *reg, u64 mask, u64 want)
{
	u64 value = native_look(adapter, reg, mask, want);
	int ret = 0;

	if (!settled(value, mask, want))
		ret = read_poll_timeout(native_read, value, settled(value, mask, want),
					POLL_US, POLL_LIMIT_US, false, adapter, reg);
	if (value == PSL_GONE)
		return -EIO;
	return ret ? -EBUSY : 0;
}

u64 native_p1_read(struct native_adapter *adapter, unsigned int reg)
{
	return native_read(adapter, adapter->p1 + reg);
}

void native_p1_write(struct native_adapter *adapter, unsigned int reg, u64 value)
{
	native_write(adapter, adapter->p1 + reg, value);
}

u64 native_p1n_read(struct native_afu *afu, unsigned int reg)
{
	return native_read(native_adapter_of(afu), afu->p1n + reg);
}

void native_p1n_write(struct native_afu *afu, unsigned int reg, u64 value)
{
	native_write(native_adapter_of(afu), afu->p1n + reg, value);
}

u64 native_p2n_read(struct native_afu *afu, unsigned int reg)
{
	return native_read(native_adapter_of(afu), afu->p2n + reg);
}

void native_p2n_write(struct native_afu *afu, unsigned int reg, u64 value)
{
	native_write(native_adapter_of(afu), afu->p2n + reg, value);
}
