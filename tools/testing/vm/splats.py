# SPDX-License-Identifier: GPL-2.0-only
"""Lines in a kernel log that mean that the kernel found something wrong.

Each entry is a regular expression and a line of a real log that it must match;
the tests of the runner check every one of them.
"""

import re

SPLATS = [
    (r"WARNING: ",
     "WARNING: CPU: 1 PID: 77 at kernel/workqueue.c:3012 __flush_work+0x2c/0x50"),
    (r"WARNING: possible circular locking dependency",
     "WARNING: possible circular locking dependency detected"),
    (r"WARNING: suspicious RCU usage", "WARNING: suspicious RCU usage"),
    (r"\bBUG: ",
     "BUG: sleeping function called from invalid context at mm/slab.h:330"),
    (r"\bBUG: KFENCE", "BUG: KFENCE: use-after-free read in foo+0x10/0x20"),
    (r"\bBUG: KASAN", "BUG: KASAN: slab-out-of-bounds in foo+0x10/0x20"),
    (r"\bBUG [\w:.-]+ \(.*\): ",
     "BUG kmalloc-64 (Tainted: G        W         ): Poison overwritten"),
    (r"kernel BUG at ", "kernel BUG at mm/slub.c:4032!"),
    (r"\bOops: ", "Oops: Kernel access of bad area, sig: 11 [#1]"),
    (r"\bOops - ", "Oops - bad mode"),
    (r"Unable to handle kernel ",
     "Unable to handle kernel paging request for data at address 0x10"),
    (r"Kernel panic - not syncing", "Kernel panic - not syncing: Fatal exception"),
    (r"Kernel attempted to (read|write|execute) ",
     "Kernel attempted to read user page (18) - exploit attempt? (uid: 0)"),
    (r"\bUBSAN: ", "UBSAN: shift-out-of-bounds in lib/foo.c:12:3"),
    (r"\bODEBUG: ", "ODEBUG: free active (active state 0) object type: timer_list"),
    (r"\bINFO: task .* blocked for more than ",
     "INFO: task afu_copy:123 blocked for more than 61 seconds."),
    (r"\bINFO: trying to register non-static key",
     "INFO: trying to register non-static key."),
    (r"\binconsistent lock state", "WARNING: inconsistent lock state"),
    (r"\brcu: INFO: .*(stall|detected)",
     "rcu: INFO: rcu_sched self-detected stall on CPU"),
    (r"\brcu:? .*kthread (starved|timer wakeup)",
     "rcu: rcu_sched kthread starved for 5250 jiffies! g101"),
    (r"\bwatchdog: ", "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [sh:1]"),
    (r"\bworkqueue lockup", "BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0"),
    (r"\blist_(add|del) corruption",
     "list_add corruption. next->prev should be prev (c0), but was c1."),
    (r"\brefcount_t: ", "refcount_t: underflow; use-after-free."),
    (r"\bkmemleak: \d+ new suspected memory leak",
     "kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)"),
    (r"\bkmemleak: .*(disabled|early log|exceeded)",
     "kmemleak: Kernel memory leak detector disabled"),
    (r"\bunreferenced object 0x",
     "unreferenced object 0xc00000000a1b2c00 (size 64):"),
    (r"\bpagealloc: (memory corruption|single bit error)",
     "pagealloc: memory corruption"),
    (r"\bBad page (state|map)", "BUG: Bad page state in process sh  pfn:01234"),
    (r"\bpage allocation failure: ",
     "modprobe: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)"),
    (r"\bsysfs: cannot create duplicate filename",
     "sysfs: cannot create duplicate filename '/class/cxl/card0'"),
    (r"\bDevice '.*' does not have a release\(\) function",
     "Device 'afu0.0' does not have a release() function, it is broken"),
    (r"\bkobject: .*(tried to init|is not initialized)",
     "kobject: '(null)' ((____ptrval____)): is not initialized, yet kobject_put()"),
    (r"\bTrying to (vfree|free|unmap)\b",
     "Trying to vfree() nonexistent vm area (0000000000000000)"),
    (r"\birq \d+: nobody cared", "irq 17: nobody cared (try booting with ...)"),
    (r"\bRemoving .* with .*(active|in use)",
     "remove_proc_entry: Removing /irq/17 with 1 in use"),
    (r"\b[Mm]achine [Cc]heck", "Machine check in kernel mode."),
    # But for that of EEH, which shows who met an error of the hardware.
    (r"\b(?<!EEH: )Call Trace:", "Call Trace:"),
    (r"\bOut of memory: ", "Out of memory: Killed process 88 (afu_copy)"),
    (r"\bcxl: disagrees about version|\bUnknown symbol ",
     "cxl: Unknown symbol foo (err -2)"),
]

_ANY = re.compile("|".join(f"(?:{regex})" for regex, _ in SPLATS))
# A printk timestamp may stand before it, and a thread or processor number.
_PREFIX = re.compile(r"^(\[ *\d+\.\d+\](\[ *[CT]\d+\])? ?)?")

# Complaints about Linux itself, in code that has nothing to do with the driver:
# their first line, and one that follows it. Linux 6.12 looks for its processor's data
# at boot, as the only task that there is, on any POWER8 without a hypervisor.
KNOWN = [
    (r"^BUG: using smp_processor_id\(\) in preemptible \[0+\] code: swapper/0/1$",
     r"^caller is set_subcores_per_core\+0x"),
]

# From the first line of a complaint to those that belong to it: another processor may
# have something to say in between.
_WITHIN = 8


def _bare(line):
    """A line of a log without what stands before the text."""
    return _PREFIX.sub("", line.rstrip("\r\n"))


def _known(log):
    """The numbers of the lines that would be splats, but are known."""
    numbers = set()
    texts = [_bare(line) for line in log]
    for i, text in enumerate(texts):
        near = range(i + 1, min(i + _WITHIN, len(texts)))
        if not any(re.search(first, text) and any(re.search(second, texts[k]) for k in near)
                   for first, second in KNOWN):
            continue
        numbers.add(i)
        numbers.update([k for k in near if texts[k].startswith("Call Trace:")][:1])
    return numbers


def find(log):
    """Return the lines of a kernel log, given as lines, that are splats."""
    log = list(log)
    known = _known(log)
    return [line.rstrip("\r\n") for i, line in enumerate(log)
            if i not in known and _ANY.search(_bare(line))]
