// SPDX-License-Identifier: Apache-2.0
// usb_client.h: the host's side of a test on an emulated USB: starts build/tests/usb_bed and tells it what to do (tests/driver/usb_bed.c).
//
//     int main(int argc, char **argv)
//     {
//         usb_under_umockdev(argv);            // starts this program again under umockdev's library
//         usb_bed_start();
//         usb_say("plug 0");
#ifndef USB_CLIENT_H
#define USB_CLIENT_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static FILE *usb_to_bed, *usb_from_bed;
static pid_t usb_bed_pid;

static inline void usb_under_umockdev(char **argv)
{
    const char *now = getenv("LD_PRELOAD");
    if (now && strstr(now, "libumockdev-preload"))
        return;
    setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
    execv("/proc/self/exe", argv);
    perror("exec");
    exit(70);
}

static inline const char *usb_say(const char *fmt, ...)
{
    static char answer[256];
    va_list ap;
    va_start(ap, fmt);
    vfprintf(usb_to_bed, fmt, ap);
    va_end(ap);
    fputc('\n', usb_to_bed);
    fflush(usb_to_bed);
    if (!fgets(answer, sizeof answer, usb_from_bed))
        fail_msg("the bed is gone");
    answer[strcspn(answer, "\n")] = 0;
    if (strcmp(answer, "what?") == 0)
        fail_msg("the bed does not know '%s'", fmt);
    return answer;
}

static inline void usb_bed_start(void)
{
    int down[2], up[2];
    if (pipe(down) || pipe(up))
        exit(70);
    usb_bed_pid = fork();
    if (usb_bed_pid == 0) {
        dup2(down[0], 0);
        dup2(up[1], 1);
        for (int fd = 3; fd < 32; fd++)
            close(fd);
        unsetenv("UMOCKDEV_DIR");
        execl("build/tests/usb_bed", "usb_bed", (char *)NULL);
        _exit(70);
    }
    close(down[0]);
    close(up[1]);
    usb_to_bed = fdopen(down[1], "w");
    usb_from_bed = fdopen(up[0], "r");
    signal(SIGPIPE, SIG_IGN);
    setenv("UMOCKDEV_DIR", usb_say("dir 0"), 1);
}

static inline int usb_bed_end(void)
{
    int status = 1;
    fclose(usb_to_bed);
    waitpid(usb_bed_pid, &status, 0);
    fclose(usb_from_bed);
    return status;
}

// Frames to and from the board, words of memory written, faults: since the last call.
typedef struct usb_counts {
    unsigned out, in;
    unsigned long long written, faults;
} usb_counts;

static inline usb_counts usb_count(int device)
{
    usb_counts c;
    if (sscanf(usb_say("count %d", device), "%u %u %llu %llu", &c.out, &c.in, &c.written, &c.faults) != 4)
        fail_msg("count");
    return c;
}

static inline double usb_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
