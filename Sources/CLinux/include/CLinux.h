#ifndef CLINUX_H
#define CLINUX_H
/* What the Glibc module lacks: epoll and its relatives, and calls behind _GNU_SOURCE (wrapped in clinux.c, since
   defining _GNU_SOURCE in a public header makes fd_set differ between clang modules). */
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/types.h>

/* accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); -1 and errno on failure. */
int clinux_accept(int listener);
#endif
