#ifndef CLINUX_H
#define CLINUX_H
/* What the Glibc module lacks: epoll and its relatives, and calls behind _GNU_SOURCE (wrapped in clinux.c, since
   defining _GNU_SOURCE in a public header makes fd_set differ between clang modules). */
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>

/* accept4(..., SOCK_NONBLOCK | SOCK_CLOEXEC); *length goes in as the room at peer and comes out as the address's length.
   -1 and errno on failure. */
int clinux_accept(int listener, struct sockaddr_storage *peer, socklen_t *length);

/* socket(...) with SOCK_NONBLOCK | SOCK_CLOEXEC. */
int clinux_stream_socket(int family);

/* One pointer per thread, NULL at the thread's start: which event loop this thread runs. */
void clinux_set_current_loop(void *loop);
void *clinux_current_loop(void);

/* Names the calling thread for ps and debuggers; the kernel keeps 15 bytes. */
void clinux_name_thread(const char *name);

/* Cores in the calling thread's affinity mask; 0 if the kernel does not say. */
int clinux_usable_cores(void);

/* Blocks, in the calling thread, every signal except those a fault raises (which a blocked mask would turn into
   silent death) and SIGPROF. The mask before is stored in *old. 0, or an error number. */
int clinux_block_async_signals(void *old, unsigned long room);
int clinux_restore_signals(const void *old);

#include "CLinuxFiles.h"
#include "CLinuxProcess.h"
#endif
