#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H
/* Starting, watching and confining processes: what needs _GNU_SOURCE or is variadic, and so is out of Swift's reach. */
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* posix_spawn with descriptors[0..<count] as the child's 0..<count and every other one closed, default signal actions and
   an empty signal mask (or the caller's), optionally in a session of its own and in another working directory (NULL:
   the caller's). 0 and *pid, or an errno value. */
int clinux_spawn(pid_t *pid, const char *path, char *const arguments[], char *const environment[],
                 const int descriptors[], int count, bool new_session, bool keep_mask, const char *directory);

/* pidfd_open(pid, 0), close-on-exec; -1 and errno on failure. */
int clinux_pidfd_open(pid_t pid);
/* pidfd_send_signal; -1 and errno on failure. */
int clinux_pidfd_signal(int pidfd, int signal);
/* Reaps the child behind pidfd without waiting. 1: *status is its exit status, or 128 + the signal that ended it;
   0: it still runs; -1 and errno: ECHILD when it is not a child of ours. */
int clinux_pidfd_reap(int pidfd, int *status);

/* setgroups (to one group), setresgid, setresuid and no_new_privs, in this order; -1 and errno on failure. */
int clinux_become(uid_t user, gid_t group);
/* setgroups (to one group), setegid, seteuid: until clinux_become; -1 and errno on failure. Only root can. */
int clinux_act_as(uid_t user, gid_t group);
/* prctl(PR_SET_NO_NEW_PRIVS) for the calling thread and those it starts; -1 and errno on failure. */
int clinux_forbid_new_privileges(void);
/* prctl(PR_SET_PDEATHSIG, signal): sent to this process when the thread that started it ends. */
int clinux_signal_on_parent_death(int signal);
/* prctl(PR_SET_DUMPABLE, 0). */
int clinux_forbid_inspection(void);
/* open without following a link in the last component, close-on-exec (Swift cannot call variadic open). */
int clinux_openat(int directory, const char *name, int flags, mode_t mode);
/* pipe2(ends, O_CLOEXEC). */
int clinux_pipe(int ends[2]);

/* socketpair(AF_UNIX, SOCK_SEQPACKET or SOCK_STREAM), close-on-exec; -1 and errno on failure. */
int clinux_packet_pair(int ends[2]);
int clinux_stream_pair(int ends[2]);
/* One packet, with a copy of descriptor unless that is -1. The bytes sent, or -1 and errno; never SIGPIPE. */
ssize_t clinux_send_packet(int socket, const void *bytes, size_t count, int descriptor);
/* One packet and the descriptor that came with it (close-on-exec), or -1 in *descriptor. Does not wait. The bytes received,
   0 at the end, or -1 and errno. */
ssize_t clinux_receive_packet(int socket, void *bytes, size_t room, int *descriptor);

/* prctl(PR_SET_CHILD_SUBREAPER): descendants whose parents have ended become children of this process. */
int clinux_adopt_orphans(void);
/* Reaps the child pid without waiting. 1: *status as wait4(2) gives it, *peak_kib its largest resident memory; 0: it still
   runs; -1 and errno. */
int clinux_reap(pid_t pid, int *status, long *peak_kib);
/* The next whole number of a text; 1, or something else at its end. */
int clinux_read_number(FILE *file, unsigned long *number);
/* Sets soft and hard limit of RLIMIT_DATA, RLIMIT_NOFILE, RLIMIT_CORE (0: no core dumps); -1 and errno on failure. */
int clinux_limit_memory(unsigned long long bytes);
int clinux_limit_files(unsigned long long count);
int clinux_forbid_core_dumps(void);

/* Gives back the memory of program and library pages that were read so far; those still needed are read again, from the
   page cache. Only segments that are never written, so nothing is lost. */
void clinux_drop_program_pages(void);

/* environ(7), which Swift 6 takes for a race: nothing in Sluice changes the environment. */
char *const *clinux_environment(void);
#endif
