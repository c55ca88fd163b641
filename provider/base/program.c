#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { LOOK_MS = 50 }; /* between two looks at cancellation and end */

extern char **environ;

/* A pipe's end must not be inherited by a program that is started at the same
 * time by another thread: its reader would wait for both. */
static pthread_mutex_t spawn_lock = PTHREAD_MUTEX_INITIALIZER;

struct running {
    const struct program *program;
    pid_t pid;
    int out, err; /* our ends */
    char output[PROGRAM_OUTPUT_BYTES_MAX], error[PROGRAM_ERROR_BYTES_MAX];
    size_t output_len, error_len;
    bool too_large;
};

char **program_environment(void)
{
    return environ;
}

/* --- starting --------------------------------------------------------------- */

static bool pipe_open(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return true;
}

/* With default signals, because a Go program would inherit an ignored SIGPIPE. */
static int spawn(struct running *r, int out, int err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int error;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                  POSIX_SPAWN_SETSIGDEF));
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    error = posix_spawnp(&r->pid, r->program->arguments[0], &actions, &attributes,
                         r->program->arguments,
                         r->program->variables ? r->program->variables : environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static int start_locked(struct running *r)
{
    int out[2], err[2], error;

    if (!pipe_open(out))
        return errno;
    if (!pipe_open(err)) {
        error = errno;
        close(out[0]);
        close(out[1]);
        return error;
    }
    error = spawn(r, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    r->out = out[0];
    r->err = err[0];
    if (error) {
        close(r->out);
        close(r->err);
    }
    return error;
}

static int start(struct running *r)
{
    int error;

    pthread_mutex_lock(&spawn_lock);
    error = start_locked(r);
    pthread_mutex_unlock(&spawn_lock);
    return error;
}

/* --- reading ---------------------------------------------------------------- */

static void output_take(struct running *r)
{
    ssize_t got;

    while (r->output_len < sizeof(r->output) &&
           (got = read(r->out, r->output + r->output_len, sizeof(r->output) - r->output_len)) > 0)
        r->output_len += (size_t)got;
    r->too_large = r->output_len == sizeof(r->output);
}

/* Keeps the end, where a program says why it gave up. */
static void error_take(struct running *r)
{
    char piece[1024];
    ssize_t got;

    while ((got = read(r->err, piece, sizeof(piece))) > 0) {
        size_t len = (size_t)got;

        if (r->error_len + len > sizeof(r->error)) {
            size_t drop = r->error_len + len - sizeof(r->error);

            memmove(r->error, r->error + drop, r->error_len - drop);
            r->error_len -= drop;
        }
        memcpy(r->error + r->error_len, piece, len);
        r->error_len += len;
    }
}

static void take(struct running *r)
{
    output_take(r);
    error_take(r);
}

static const char *reason_to_end(const struct running *r, int64_t until)
{
    int64_t now = clock_monotonic_ms();

    if (r->program->cancel && cancel_fired(r->program->cancel))
        return "it was interrupted.";
    if (now >= until || now >= r->program->deadline_ms)
        return "it took too long and was ended.";
    return r->too_large ? "it printed more than 1 MiB." : NULL;
}

/* Until the program itself ends: children that it leaves behind may hold the
 * pipes open for ever. *why set when it was ended by us. */
static int wait_status(struct running *r, const char **why)
{
    int64_t until = clock_monotonic_ms() + PROGRAM_RUN_MS_MAX;
    int status = 0;

    *why = NULL;
    while (waitpid(r->pid, &status, WNOHANG) == 0) {
        struct pollfd ends[] = {{r->out, POLLIN, 0}, {r->err, POLLIN, 0}};

        take(r);
        *why = reason_to_end(r, until);
        if (*why) {
            kill(-r->pid, SIGKILL);
            waitpid(r->pid, &status, 0);
            return -1;
        }
        /* A closed pipe would make poll() return at once, again and again. */
        if (poll(ends, 2, LOOK_MS) > 0 && !((ends[0].revents | ends[1].revents) & POLLIN))
            poll(NULL, 0, LOOK_MS / 10);
    }
    take(r);
    return status;
}

bool program_run(struct arena *a, const struct program *program, struct program_end *out)
{
    struct running *r = arena_alloc(a, sizeof(*r));
    int error, status;

    *out = (struct program_end){.said = ""};
    r->program = program;
    error = start(r);
    if (error) {
        out->trouble = text_f(a, "it cannot be started: %s.", strerror(error));
        return false;
    }
    status = wait_status(r, &out->trouble);
    close(r->out);
    close(r->err);
    out->output = (struct text){r->output, r->output_len};
    out->said = text_printable(a, text_trim((struct text){r->error, r->error_len}),
                               PROGRAM_ERROR_BYTES_MAX);
    if (out->trouble)
        return false;
    if (WIFSIGNALED(status))
        out->trouble = text_f(a, "it was ended by signal %d.", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        out->trouble = text_f(a, "it ended with code %d.", WEXITSTATUS(status));
    return !out->trouble;
}
