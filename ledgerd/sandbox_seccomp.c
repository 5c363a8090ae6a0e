/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lang/lang.h"
#include "ledgerd/sandbox_int.h"

/*
 * Three kinds of system calls. What ledgerd and its libraries use is allowed. What only somebody
 * who has taken ledgerd over would try ends the process, and shows in the kernel's log. All others
 * fail with ENOSYS, as they would in an older kernel: a new C library that tries a new call then
 * does without, and an upgrade of the system doesn't kill a ledger.
 */
static const char *const allowed[] = {
    /* files */
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "lseek",
    "close", "open", "openat", "stat", "lstat", "fstat", "newfstatat", "statx", "access",
    "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64", "statfs", "fstatfs", "fsync",
    "fdatasync", "ftruncate", "fchmod", "rename", "renameat", "renameat2", "unlink", "unlinkat",
    "dup", "dup2", "dup3", "pipe2", "fadvise64",
    /* sockets that are open, and waiting; sending is below */
    "accept", "accept4", "connect", "getsockname", "getpeername", "getsockopt", "setsockopt",
    "recvfrom", "recvmsg", "recvmmsg", "shutdown", "poll", "ppoll", "select", "pselect6",
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2",
    "timerfd_create", "timerfd_settime", "timerfd_gettime",
    /* memory and threads; mmap, mprotect and clone are below */
    "brk", "munmap", "mremap", "madvise", "mlock", "munlock", "futex", "set_robust_list", "rseq",
    "set_tid_address", "sched_yield", "sched_getaffinity", "exit", "exit_group", "restart_syscall",
    /* signals to handle */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack",
    /* time, chance, and who it is */
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
    "times", "getrandom", "getrusage", "getrlimit", "sysinfo", "uname", "getpid", "getppid",
    "gettid", "getuid", "geteuid", "getgid", "getegid",
    /* the end of the keeper */
    "wait4", "waitid"};

/* (Not the kernel's keyrings: where the system keeps tickets of Kerberos there, libpq looks for
 * them, and goes on without.) */
static const char *const deadly[] = {
    /* programs, and other processes */
    "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "perf_event_open",
    /* other views of the system */
    "mount", "umount2", "move_mount", "open_tree", "fsopen", "pivot_root", "chroot", "setns",
    "unshare", "open_by_handle_at",
    /* the kernel, and the machine */
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "bpf",
    "userfaultfd", "reboot", "swapon", "swapoff", "settimeofday", "clock_settime", "acct", "iopl",
    "ioperm"};

/* A name that this machine or this libseccomp doesn't have is passed over. */
static int add_all(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t n)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n; i++) {
        int call = seccomp_syscall_resolve_name(names[i]);

        if (call >= 0)
            rc = seccomp_rule_add(ctx, action, call, 0);
    }
    return rc;
}

static int add_if(scmp_filter_ctx ctx, int call, struct scmp_arg_cmp argument)
{
    return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, 1, &argument);
}

/*
 * What is asked of open files. Not who gets a signal when there is something to read, and which
 * (F_SETOWN, F_SETSIG, FIOASYNC, SIOCSPGRP): that would signal, and so end, other processes.
 */
static int add_controls(scmp_filter_ctx ctx)
{
    static const int commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL,
                                   /* Kerberos locks its files, where libpq uses it. */
                                   F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW};
    static const int requests[] = {FIONREAD, FIONBIO, TCGETS};
    int rc = 0;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        rc |= add_if(ctx, SCMP_SYS(fcntl),
                     SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, (scmp_datum_t)commands[i]));
    for (size_t i = 0; i < ARRAY_LEN(requests); i++)
        rc |= add_if(ctx, SCMP_SYS(ioctl),
                     SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, (scmp_datum_t)requests[i]));
    return rc;
}

/* Sending, where it doesn't connect as well: Landlock isn't asked about that (seen with Linux
 * 6.18). */
static int add_sending(scmp_filter_ctx ctx)
{
    int rc = 0;

    rc |= add_if(ctx, SCMP_SYS(sendto), SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
    rc |= add_if(ctx, SCMP_SYS(sendmsg), SCMP_A2(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
    rc |= add_if(ctx, SCMP_SYS(sendmmsg), SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
    return rc;
}

/* What is allowed with some arguments only. */
static int add_partly(scmp_filter_ctx ctx, bool network)
{
    static const int families[] = {AF_INET, AF_INET6, AF_NETLINK}; /* the resolver's too */
    int rc = 0;

    /* No memory that can be written and run, and none that becomes runnable later: but by way of a
     * file, which what runs already would have to write first. */
    rc |= add_if(ctx, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    rc |= add_if(ctx, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_WRITE, 0));
    rc |= add_if(ctx, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* Threads, no processes. clone3 hides its flags in memory; the C library takes clone instead.
     */
    rc |= add_if(ctx, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    /* abort() */
    rc |= add_if(ctx, SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
    /* Limits are read and not set. */
    rc |= add_if(ctx, SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0, 0));
    rc |= add_controls(ctx);
    rc |= add_sending(ctx);
    rc |= add_if(ctx, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
    for (size_t i = 0; network && i < ARRAY_LEN(families); i++)
        rc |= add_if(ctx, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
    if (network) /* the resolver's netlink socket; Landlock keeps it from TCP ports */
        rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(bind), 0);
    if (network) /* libcurl's threads that look names up wake it by one */
        rc |= add_if(ctx, SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
    return rc;
}

int sandbox_seccomp(bool network, const char **why)
{
    uint32_t arch = seccomp_arch_native();
    scmp_filter_ctx ctx;
    int rc;

    /* Elsewhere other calls are made for the same things, and nobody has tried which. */
    if (arch != SCMP_ARCH_X86_64 && arch != SCMP_ARCH_AARCH64) {
        *why = _("no filter was made for this kind of machine");
        return -1;
    }
    ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (ctx == NULL) {
        *why = _("libseccomp can't start");
        return -1;
    }
    rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == 0)
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rc == 0) /* a tree of comparisons, not a chain of a hundred */
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (rc == 0)
        rc = add_all(ctx, SCMP_ACT_ALLOW, allowed, ARRAY_LEN(allowed));
    if (rc == 0)
        rc = add_all(ctx, SCMP_ACT_KILL_PROCESS, deadly, ARRAY_LEN(deadly));
    if (rc == 0)
        rc = add_partly(ctx, network);
    if (rc == 0)
        rc = seccomp_load(ctx);
    if (rc != 0)
        *why = strerror(rc == -ECANCELED ? ENOSYS : -rc);
    seccomp_release(ctx);
    return rc == 0 ? 0 : -1;
}
