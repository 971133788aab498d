# SPDX-License-Identifier: GPL-2.0-only
#
# The front door. Every target is a small script in tools/testing/vm; all that
# is built lives in build/.

vm := tools/testing/vm

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup kernel-tree kernel kernel-debug qemu rootfs demo shell \
	check kunit selftest cards sislite restart crash lint matrix coverage peer-check bench \
	clean distclean

help:
	@echo 'Try it:'
	@echo '  demo          copy a file through an emulated accelerator and prove the copy'
	@echo '  shell         the same guest, with a prompt'
	@echo '                CARD=flash for a card with disks, of which cxlflash has the AFU'
	@echo '  check         build and run every test'
	@echo
	@echo 'Parts of it:'
	@echo '  setup         install the Debian packages that are missing (says which and why)'
	@echo '  kernel-tree   Linux 6.12 with this driver in build/linux;'
	@echo '                KDIR=DIR puts the driver into a kernel tree of yours instead'
	@echo '  kernel        the kernel as users run it; KERNEL=NAME another one, as below'
	@echo '  kernel-debug  the kernel with lockdep, kmemleak, UBSAN and more'
	@echo '  qemu          QEMU with the emulated cards; QEMU_SRC=DIR builds a tree of yours'
	@echo '  rootfs        the root file system of the test guests'
	@echo '  kunit         unit tests in a guest, on the kernels that check uses'
	@echo '  selftest      system tests in a guest, on the same kernels;'
	@echo '                TESTS="smoke open" runs only these, KERNEL=NAME only there:'
	@echo '                $(basename $(notdir $(sort $(wildcard $(vm)/config/*.variant))))'
	@echo '                PLATFORM=powernv8 for bare metal instead of PowerVM, also demo, shell,'
	@echo '                peer-check'
	@echo '  cards         system tests with four cards of four AFUs, on the last of these'
	@echo '  sislite       tests of the storage AFU, with two disks'
	@echo '  restart       another kernel is started, and the power goes off, with contexts at work'
	@echo '  crash         the machine dies in each phase of the download of an image'
	@echo '  lint          static checks of all sources'
	@echo '  matrix        the driver compiled in every kind of configuration, and built in'
	@echo '  coverage      which lines of the driver the tests execute, build/coverage/index.html'
	@echo '  peer-check    the same tests with the driver that Linux 6.12 has, and what differs;'
	@echo '                TESTS="smoke open" runs only these, CARD=flash those of the disks'
	@echo '  bench         what operations cost with this driver and with that of Linux 6.12, on'
	@echo '                both platforms or on PLATFORM; build/bench.json, build/bench.svg'
	@echo '  clean         remove what was built, keep what was downloaded'
	@echo '  distclean     remove build/ altogether'

setup:
	@$(vm)/setup

kernel-tree:
	@$(vm)/kernel-tree $(if $(KDIR),"$(KDIR)")

kernel: setup
	@$(vm)/kernel-build "$(or $(KERNEL),release)"

kernel-debug: setup
	@$(vm)/kernel-build debug

qemu: setup
	@QEMU_SRC="$(QEMU_SRC)" $(vm)/qemu-build

rootfs: setup
	@$(vm)/kernel-build "$(or $(KERNEL),release)"
	@$(vm)/rootfs "$(or $(KERNEL),release)"

demo shell kunit restart crash selftest cards sislite: setup
	@QEMU_SRC="$(QEMU_SRC)" PLATFORM="$(PLATFORM)" CARD="$(CARD)" \
		$(vm)/guest-run $@ "$(KERNEL)" "$(TESTS)"

lint: setup
	@$(vm)/lint

matrix: setup
	@$(vm)/matrix
	@QEMU_SRC="$(QEMU_SRC)" $(vm)/guest-run "demo kunit selftest" builtin \
		"smoke events fault sysfs unbind module.sh"

coverage:
	@$(vm)/setup coverage
	@QEMU_SRC="$(QEMU_SRC)" $(vm)/coverage

peer-check: setup
	@QEMU_SRC="$(QEMU_SRC)" PLATFORM="$(PLATFORM)" CARD="$(CARD)" $(vm)/peer-check $(TESTS)

bench:
	@$(vm)/setup bench
	@QEMU_SRC="$(QEMU_SRC)" PLATFORM="$(PLATFORM)" $(vm)/bench

check: setup
	@QEMU_SRC="$(QEMU_SRC)" $(vm)/check

clean:
	@$(vm)/clean

distclean:
	@rm -rf build
