#include "acceptance/sandbox/faults.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "codec/json.h"

enum { WAIT_MS = 50, SLOW_MS = 2000 };

static const struct {
    const char *name;
    enum sandbox_fault what;
} names[] = {
    {"none", FAULT_NONE}, {"cut", FAULT_CUT},         {"cut-after", FAULT_CUT_AFTER},
    {"429", FAULT_429},   {"500", FAULT_500},         {"409", FAULT_409},
    {"slow", FAULT_SLOW}, {"garbage", FAULT_GARBAGE}, {"expired", FAULT_EXPIRED},
    {"hang", FAULT_HANG}, {"kill", FAULT_KILL},       {"kill-after", FAULT_KILL_AFTER},
};

bool sandbox_fault_parse(const char *name, enum sandbox_fault *out)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(names[i].name, name) != 0)
            continue;
        *out = names[i].what;
        return true;
    }
    return false;
}

void faults_init(struct faults *f, pthread_mutex_t *lock, pthread_cond_t *changed,
                 const bool *stopping)
{
    *f = (struct faults){.lock = lock, .changed = changed, .stopping = stopping};
    f->slow_ms = SLOW_MS;
}

void faults_free(struct faults *f)
{
    faults_clear(f);
    memory_free(f->log);
}

/* --- meeting them --------------------------------------------------------------------------- */
static void kill_target(const struct fault *fault)
{
    long long pid = fault->pid;
    FILE *file = fault->pidfile ? fopen(fault->pidfile, "r") : NULL;
    char line[32] = "";

    if (file && fgets(line, sizeof(line), file))
        pid = strtoll(line, NULL, 10);
    if (file)
        (void)fclose(file);
    if (pid > 1)
        kill((pid_t)pid, SIGKILL);
}

static bool is_due(const struct fault *fault)
{
    return fault->seen >= fault->first &&
           (fault->count == 0 || fault->seen < fault->first + fault->count);
}

enum sandbox_fault faults_meet(struct faults *f, const char *method, const char *target)
{
    enum sandbox_fault met = FAULT_NONE;
    struct arena *a = arena_new();
    const char *line = text_f(a, "%s %s", method, target);

    for (size_t i = 0; i < f->count; i++) {
        struct fault *fault = &f->items[i];

        if (fault->match && !strstr(line, fault->match))
            continue;
        fault->seen++;
        if (met != FAULT_NONE || !is_due(fault))
            continue;
        met = fault->what;
        if (met == FAULT_KILL)
            kill_target(fault);
    }
    arena_free(a);
    return met;
}

static void wait_a_moment(struct faults *f)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(f->changed, f->lock, &until);
}

static bool client_left(int socket)
{
    struct pollfd p = {.fd = socket, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

void faults_linger(struct faults *f, enum sandbox_fault met, int socket)
{
    int64_t until_ms = clock_monotonic_ms() + f->slow_ms;
    unsigned epoch = f->epoch;

    while (!*f->stopping && epoch == f->epoch && !client_left(socket) &&
           (met == FAULT_HANG || (met == FAULT_SLOW && clock_monotonic_ms() < until_ms)))
        wait_a_moment(f);
}

void faults_after(struct faults *f, enum sandbox_fault met)
{
    for (size_t i = 0; met == FAULT_KILL_AFTER && i < f->count; i++)
        if (f->items[i].what == met && is_due(&f->items[i]))
            kill_target(&f->items[i]);
}

/* --- setting them ----------------------------------------------------------------------------- */
bool faults_add(struct faults *f, const struct fault *fault)
{
    struct fault *added;

    if (f->count == FAULTS_MAX)
        return false;
    added = &f->items[f->count++];
    *added = *fault;
    added->match = fault->match ? memory_strdup(fault->match) : NULL;
    added->pidfile = fault->pidfile ? memory_strdup(fault->pidfile) : NULL;
    return true;
}

void faults_clear(struct faults *f)
{
    for (size_t i = 0; i < f->count; i++) {
        memory_free(f->items[i].match);
        memory_free(f->items[i].pidfile);
    }
    f->count = 0;
    f->epoch++;
    pthread_cond_broadcast(f->changed); /* hanging answers go on */
}

void faults_set(struct faults *f, enum sandbox_fault fault, size_t first_request, size_t count,
                const char *match)
{
    char *copy = match ? memory_strdup(match) : NULL;
    struct fault added = {.what = fault, .first = first_request ? first_request : 1};

    added.count = count;
    added.match = copy;
    pthread_mutex_lock(f->lock);
    if (fault == FAULT_NONE) {
        faults_clear(f);
    } else if (!faults_add(f, &added)) {
        fprintf(stderr, "istio-sandbox: too many faults: clear them with FAULT_NONE\n");
        exit(1);
    }
    pthread_mutex_unlock(f->lock);
    memory_free(copy);
}

/* --- the record ---------------------------------------------------------------------------------
 */
void faults_record(struct faults *f, const char *method, const char *target, int status)
{
    struct arena *a = arena_new();
    struct text line = text_of(text_f(a, "%s %s %d\n", method, target, status));

    if (f->log_bytes + line.len + 1 > f->log_capacity) {
        f->log_capacity = 2 * (f->log_bytes + line.len + 1);
        f->log = memory_resize(f->log, f->log_capacity);
    }
    memcpy(f->log + f->log_bytes, line.at, line.len + 1);
    f->log_bytes += line.len;
    f->log_lines++;
    arena_free(a);
}

char *faults_log(struct faults *f)
{
    char *copy;

    pthread_mutex_lock(f->lock);
    copy = memory_new(f->log_bytes + 1, 1);
    if (f->log_bytes)
        memcpy(copy, f->log, f->log_bytes);
    pthread_mutex_unlock(f->lock);
    return copy;
}

void faults_log_reset(struct faults *f)
{
    pthread_mutex_lock(f->lock);
    f->log_bytes = f->log_lines = 0;
    pthread_mutex_unlock(f->lock);
}

/* --- the control interface ----------------------------------------------------------------------
 */
static bool refuse(struct text *reply, const char *why)
{
    *reply = text_of(why);
    return false;
}

static bool read_fault(struct faults *f, struct arena *a, bool is_kill, struct text body,
                       struct fault *out, struct text *reply)
{
    const struct value *v = NULL;
    struct diags diags;
    const char *name;

    diags_init(&diags, a);
    if (!json_read(a, body, "fault", &diags, &v))
        return refuse(reply, diags.first->detail);
    name = is_kill ? "kill" : value_text(v, "fault");
    if (is_kill && value_flag(v, "after"))
        name = "kill-after";
    *out = (struct fault){.first = (size_t)value_integer_at(v, is_kill ? "at" : "first"),
                          .count = (size_t)value_integer_at(v, "count"),
                          .pid = value_integer_at(v, "pid")};
    if (out->first == 0)
        out->first = 1;
    if (is_kill)
        out->count = 1;
    if (value_has(v, "match"))
        out->match = arena_strdup(a, value_text(v, "match"));
    if (value_has(v, "pidfile"))
        out->pidfile = arena_strdup(a, value_text(v, "pidfile"));
    if (value_has(v, "slow_ms"))
        f->slow_ms = value_integer_at(v, "slow_ms");
    return sandbox_fault_parse(name, &out->what) ||
           refuse(reply, text_f(a, "unknown fault \"%s\"", name));
}

bool faults_control(struct faults *f, struct arena *a, const char *method, const char *path,
                    struct text body, struct text *reply)
{
    bool deletes = strcmp(method, "DELETE") == 0;
    struct fault fault = {.first = 1};

    *reply = TEXT("ok\n");
    if (strcmp(path, "/sandbox/requests") == 0) {
        if (deletes)
            f->log_bytes = f->log_lines = 0;
        *reply = (struct text){arena_copy(a, f->log ? f->log : "", f->log_bytes), f->log_bytes};
        return true;
    }
    if (deletes) {
        faults_clear(f);
        return true;
    }
    if (!read_fault(f, a, strcmp(path, "/sandbox/kill") == 0, body, &fault, reply))
        return false;
    return faults_add(f, &fault) ||
           refuse(reply, text_f(a, "%d faults are set already", FAULTS_MAX));
}
