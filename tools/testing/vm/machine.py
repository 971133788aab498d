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
    "-cpu", "power8",
]

# The firmware powers the machine off through its service processor.
_POWERNV8 = [
    "-machine", "powernv8",
    "-device", "ipmi-bmc-sim,id=bmc0",
    "-device", "isa-ipmi-bt,bmc=bmc0,irq=10",
    "-device", "pnv-phb,chip-id=0,index=0,id=phb0",
    "-device", "pnv-phb-root-port,bus=phb0,id=rp0",
    "-device", "pnv-phb,chip-id=0,index=1,id=phb1",
    "-device", "pnv-phb-root-port,bus=phb1,id=rp1",
]

_MACHINES = {"pseries": _PSERIES, "powernv8": _POWERNV8}
_CARDS = {"pseries": "spapr-capi", "powernv8": "pnv-capi"}

PLATFORMS = tuple(_MACHINES)


def arguments(platform):
    """The machine, without consoles and cards."""
    return _MACHINES[platform]


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


def device(platform, words):
    """The word for -device: cards on bare metal need a place."""
    if platform == "powernv8" and ",bus=" not in words:
        words += ",bus=rp0"
    return words
