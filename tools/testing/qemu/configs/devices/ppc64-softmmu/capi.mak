# SPDX-License-Identifier: GPL-2.0-or-later
#
# The machines that the emulated CAPI cards are for, and little else

CONFIG_PSERIES=y
CONFIG_SPAPR_CAPI=y

CONFIG_POWERNV=y
CONFIG_PNV_CAPI=y
CONFIG_PCI_DEVICES=y
CONFIG_PCIE_PORT=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_SCSI=y
CONFIG_VIRTIO_SERIAL=y

# What the two machines refer to without selecting it
CONFIG_ACPI=y
CONFIG_NVDIMM=y
CONFIG_SERIAL_ISA=y
CONFIG_USB_OHCI_PCI=y
