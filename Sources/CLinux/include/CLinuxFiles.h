#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H
/* Opening files that somebody else named. */

/* Opens path below directory, close-on-exec, without following any link and without leaving the directory: openat2 with
   RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS. On a kernel without openat2 (before 5.6) each part of
   the path is opened by itself with O_NOFOLLOW. -1 and errno on failure: ELOOP for a link, EXDEV for a path that leaves. */
int clinux_open_beneath(int directory, const char *path, int flags);

/* O_PATH, which glibc shows to C only: to look at a file without a right to read it. */
int clinux_path_flag(void);

/* 1 when the open file is made up by the kernel (proc, sys, cgroup, debug, trace), 0 when not, -1 and errno. */
int clinux_is_kernel_filesystem(int descriptor);

/* Columns of the terminal behind descriptor; 0 when it is none or does not say. */
int clinux_terminal_width(int descriptor);
#endif
