#include "acceptance/sandbox/faults.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/identity.h"
#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"
#include "codec/json.h"

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

/* --- meeting them --------------------------------------------------------------------------- */
static void kill_target(const struct fault *f)
{
    long long pid = f->pid;
    FILE *file = f->pidfile ? fopen(f->pidfile, "r") : NULL;
    char line[32] = "";

    if (file && fgets(line, sizeof(line), file))
        pid = strtoll(line, NULL, 10);
    if (file)
        (void)fclose(file);
    if (pid > 1)
        kill((pid_t)pid, SIGKILL);
}

static bool is_due(const struct fault *f)
{
    return f->seen >= f->first && (f->count == 0 || f->seen < f->first + f->count);
}

enum sandbox_fault faults_meet(struct sandbox *s, const char *method, const char *target)
{
    enum sandbox_fault met = FAULT_NONE;
    struct arena *a = arena_new();
    const char *line = text_f(a, "%s %s", method, target);

    for (size_t i = 0; i < s->fault_count; i++) {
        struct fault *f = &s->faults[i];

        if (f->match && !strstr(line, f->match))
            continue;
        f->seen++;
        if (met != FAULT_NONE || !is_due(f))
            continue;
        met = f->what;
        if (met == FAULT_KILL)
            kill_target(f);
    }
    arena_free(a);
    return met;
}

void faults_after(struct sandbox *s, enum sandbox_fault met)
{
    for (size_t i = 0; met == FAULT_KILL_AFTER && i < s->fault_count; i++)
        if (s->faults[i].what == met && is_due(&s->faults[i]))
            kill_target(&s->faults[i]);
}

void faults_answer(struct request *r, enum sandbox_fault met)
{
    if (met == FAULT_429)
        status_fail(r, 429, "TooManyRequests",
                    "the server has received too many requests and has asked us to try again "
                    "later");
    else if (met == FAULT_500)
        status_fail(r, 500, "InternalError",
                    "Internal error occurred: etcdserver: request timed out");
    else if (met == FAULT_409)
        status_fail(r, 409, "Conflict",
                    "Operation cannot be fulfilled: the object has been modified; please apply "
                    "your changes to the latest version and try again");
    else if (met == FAULT_EXPIRED)
        status_fail(r, 401, "Unauthorized", "Unauthorized");
    else if (met == FAULT_GARBAGE)
        reply_text(r, 200, "application/json", TEXT("{\"kind\":\"Conf\x01 not JSON at all"));
}

/* --- setting them ----------------------------------------------------------------------------- */
bool faults_add(struct sandbox *s, const struct fault *fault)
{
    struct fault *f;

    if (s->fault_count == FAULTS_MAX)
        return false;
    f = &s->faults[s->fault_count++];
    *f = *fault;
    f->match = fault->match ? memory_strdup(fault->match) : NULL;
    f->pidfile = fault->pidfile ? memory_strdup(fault->pidfile) : NULL;
    return true;
}

void faults_clear(struct sandbox *s)
{
    for (size_t i = 0; i < s->fault_count; i++) {
        memory_free(s->faults[i].match);
        memory_free(s->faults[i].pidfile);
    }
    s->fault_count = 0;
    s->fault_epoch++;
    pthread_cond_broadcast(&s->changed); /* hanging answers go on */
}

/* --- the record ---------------------------------------------------------------------------------
 */
void faults_record(struct sandbox *s, const char *method, const char *target, int status)
{
    struct arena *a = arena_new();
    struct text line = text_of(text_f(a, "%s %s %d\n", method, target, status));

    if (s->log_bytes + line.len + 1 > s->log_capacity) {
        s->log_capacity = 2 * (s->log_bytes + line.len + 1);
        s->log = memory_resize(s->log, s->log_capacity);
    }
    memcpy(s->log + s->log_bytes, line.at, line.len + 1);
    s->log_bytes += line.len;
    s->log_lines++;
    arena_free(a);
}

/* --- /sandbox ------------------------------------------------------------------------------------
 */
static bool read_fault(struct request *r, struct fault *out)
{
    const struct value *v = NULL;
    struct diags diags;
    bool is_kill = strcmp(r->path, "/sandbox/kill") == 0;
    const char *name;

    diags_init(&diags, r->a);
    if (!json_read(r->a, r->body, "fault", &diags, &v))
        return status_fail(r, 400, "BadRequest", "%s", diags.first->detail);
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
        out->match = arena_strdup(r->a, value_text(v, "match"));
    if (value_has(v, "pidfile"))
        out->pidfile = arena_strdup(r->a, value_text(v, "pidfile"));
    if (value_has(v, "slow_ms"))
        r->s->slow_ms = value_integer_at(v, "slow_ms");
    return sandbox_fault_parse(name, &out->what) ||
           status_fail(r, 400, "BadRequest", "unknown fault \"%s\"", name);
}

static void handle_log(struct request *r)
{
    struct sandbox *s = r->s;

    if (strcmp(r->method, "DELETE") == 0)
        s->log_bytes = s->log_lines = 0;
    reply_text(r, 200, "text/plain",
               (struct text){arena_copy(r->a, s->log ? s->log : "", s->log_bytes), s->log_bytes});
}

bool faults_handle(struct request *r)
{
    struct fault fault = {.first = 1};

    if (strncmp(r->path, "/sandbox/", 9) != 0)
        return false;
    if (!user_in_group(&r->user, "system:masters"))
        return !status_fail(r, 403, "Forbidden", "the control interface is for administrators");
    if (strcmp(r->path, "/sandbox/requests") == 0) {
        handle_log(r);
    } else if (strcmp(r->path, "/sandbox/compact") == 0) {
        store_compact(r->s);
        reply_text(r, 200, "text/plain", TEXT("ok\n"));
    } else if (strcmp(r->method, "DELETE") == 0) {
        faults_clear(r->s);
        reply_text(r, 200, "text/plain", TEXT("ok\n"));
    } else if (read_fault(r, &fault)) {
        if (faults_add(r->s, &fault))
            reply_text(r, 200, "text/plain", TEXT("ok\n"));
        else
            status_fail(r, 400, "BadRequest", "%d faults are set already", FAULTS_MAX);
    }
    return true;
}
