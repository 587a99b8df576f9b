#define _GNU_SOURCE
#include "CLinuxFiles.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Part by part: what openat2 does, for kernels without it. */
static int open_parts(int directory, const char *path, int flags) {
    int current = dup(directory);
    while (current >= 0) {
        size_t length = strcspn(path, "/");
        char part[256];
        if (length >= sizeof part || length == 0 || (length == 2 && strncmp(path, "..", 2) == 0)) {
            close(current);
            errno = length >= sizeof part ? ENAMETOOLONG : EXDEV;
            return -1;
        }
        memcpy(part, path, length);
        part[length] = 0;
        int is_last = path[length] == 0;
        int next = openat(current, part, O_NOFOLLOW | O_CLOEXEC | (is_last ? flags : O_PATH | O_DIRECTORY));
        int failure = errno;
        close(current);
        errno = failure;
        if (is_last) return next;
        current = next;
        path += length + 1;
    }
    return -1;
}

int clinux_open_beneath(int directory, const char *path, int flags) {
    struct open_how how = {
        .flags = (unsigned long long)(flags | O_CLOEXEC | O_NOFOLLOW),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    /* EAGAIN: something was renamed meanwhile, and the kernel cannot tell whether it stayed below. */
    for (int attempt = 0; attempt < 16; attempt++) {
        long descriptor = syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (descriptor >= 0) return (int)descriptor;
        if (errno == ENOSYS || errno == EPERM) return open_parts(directory, path, flags);
        if (errno != EAGAIN && errno != EINTR) return -1;
    }
    errno = EXDEV;
    return -1;
}

int clinux_path_flag(void) { return O_PATH; }

int clinux_is_kernel_filesystem(int descriptor) {
    struct statfs status;
    if (fstatfs(descriptor, &status) != 0) return -1;
    switch ((unsigned long)status.f_type) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
        return 1;
    default:
        return 0;
    }
}

int clinux_terminal_width(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
