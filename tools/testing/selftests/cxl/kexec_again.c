// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_again KERNEL INITRD WORDS: start this kernel (an ELF file) without firmware in
 * between, as kexec -s does. For guests that have nothing but busybox.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/reboot.h>
#include <sys/syscall.h>

int main(int argc, char **argv)
{
	int kernel, initrd;

	if (argc != 4) {
		fputs("usage: kexec_again KERNEL INITRD WORDS\n", stderr);
		return 2;
	}
	kernel = open(argv[1], O_RDONLY | O_CLOEXEC);
	initrd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (kernel < 0 || initrd < 0) {
		perror("kexec_again");
		return 1;
	}
	if (syscall(__NR_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3], 0UL)) {
		perror("kexec_file_load");
		return 1;
	}
	/* the kernel is loaded from what is in memory; nobody waits for disks here */
	reboot(RB_KEXEC);
	perror("reboot");
	return 1;
}
