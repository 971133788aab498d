# SPDX-License-Identifier: GPL-2.0-only
"""The machines that guests run on, as words for QEMU.

A guest has four consoles: the kernel's log, results, the channel to the host,
and data. On a PowerVM guest all of them come from the hypervisor. Bare metal has
one console in its firmware; the others are virtio devices, behind a host bridge
of their own, because that of a card in CAPI mode is good for nothing else. In
both cases Linux calls them hvc0 to hvc3, in this order.
"""

_PSERIES = [
    "-machine", "pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,"
                "cap-ccf-assist=off,cap-hpt-max-page-size=16M",
    "-cpu", "power8", "-smp", "2", "-m", "1G",
]

# The firmware powers the machine off through its service processor.
_POWERNV8 = [
    "-machine", "powernv8",
    "-device", "ipmi-bmc-sim,id=bmc0",
    "-device", "isa-ipmi-bt,bmc=bmc0,irq=10",
    "-device", "pnv-phb,chip-id=0,index=1,id=phb1",
    "-device", "pnv-phb-root-port,bus=phb1,id=rp1",
]

_CARDS = {"pseries": "spapr-capi", "powernv8": "pnv-capi,models=both"}

PLATFORMS = tuple(_CARDS)


def _port(chip):
    """The name of the port of a chip that its card is plugged into."""
    return f"rp0-chip{chip}" if chip else "rp0"


def _chips(count):
    """So many POWER8 chips, each with processors, memory and a port for a card."""
    words = ["-smp", f"{max(count, 2)},sockets={count}", "-m", f"{1024 + 256 * (count - 1)}M"]
    for chip in range(count):
        words += ["-device", f"pnv-phb,chip-id={chip},index=0,id=phb-{_port(chip)}",
                  "-device", f"pnv-phb-root-port,bus=phb-{_port(chip)},id={_port(chip)}"]
    return words


def arguments(platform, cards=1):
    """The machine with room for so many cards, without them and consoles."""
    if platform == "pseries":
        return _PSERIES
    # A chip can connect one card.
    return _POWERNV8 + _chips(max(cards, 1))


def default_card(platform):
    """The device that a guest has unless told otherwise."""
    return _CARDS[platform]


def consoles(platform, names):
    """Connect the character devices of these names to the consoles, in order."""
    words = ["-serial", f"chardev:{names[0]}"]
    if platform == "powernv8":
        words += ["-device", "virtio-serial-pci,bus=rp1"]
    for name in names[1:]:
        if platform == "powernv8":
            words += ["-device", f"virtconsole,chardev={name}"]
        else:
            words += ["-serial", f"chardev:{name}"]
    return words


def device(platform, words, card=0):
    """The word for -device: on bare metal it needs a place, that of this card."""
    if platform == "powernv8" and ",bus=" not in words:
        words += f",bus={_port(card)}"
    return words
