#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H
/* Starting, watching and confining processes: what needs _GNU_SOURCE or is variadic, and so is out of Swift's reach. */
#include <stdbool.h>
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
/* prctl(PR_SET_PDEATHSIG, signal): sent to this process when the thread that started it ends. */
int clinux_signal_on_parent_death(int signal);
/* prctl(PR_SET_DUMPABLE, 0). */
int clinux_forbid_inspection(void);
/* open without following a link in the last component, close-on-exec (Swift cannot call variadic open). */
int clinux_openat(int directory, const char *name, int flags, mode_t mode);
/* pipe2(ends, O_CLOEXEC). */
int clinux_pipe(int ends[2]);

/* Gives back the memory of program and library pages that were read so far; those still needed are read again, from the
   page cache. Only segments that are never written, so nothing is lost. */
void clinux_drop_program_pages(void);

/* environ(7), which Swift 6 takes for a race: nothing in Sluice changes the environment. */
char *const *clinux_environment(void);
#endif
