/* faults - requests that go wrong on purpose, and the record of all of them.
 *
 * One for each server; guarded by the server's own lock, which callers hold. */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H
#include <pthread.h>

#include "acceptance/sandbox/sandbox.h"
#include "base/text.h"

enum { FAULTS_MAX = 32 };

struct fault {
    enum sandbox_fault what;
    size_t first, count, seen; /* count 0 = all from the first on */
    char *match;
    int64_t pid;   /* FAULT_KILL: whom */
    char *pidfile; /* or where that stands */
};

struct faults {
    pthread_mutex_t *lock;   /* of the server */
    pthread_cond_t *changed; /* waited on by slow and hanging answers */
    const bool *stopping;
    struct fault items[FAULTS_MAX];
    size_t count;
    unsigned epoch; /* grows when faults are cleared: hanging answers go on */
    int64_t slow_ms;
    char *log; /* of requests */
    size_t log_bytes, log_capacity, log_lines;
};

void faults_init(struct faults *f, pthread_mutex_t *lock, pthread_cond_t *changed,
                 const bool *stopping);
void faults_free(struct faults *f);
/* Counts the request against every fault; the first one that is due. The kill
 * faults are carried out here (at once) or by faults_after(). */
enum sandbox_fault faults_meet(struct faults *f, const char *method, const char *target);
/* Slow and hanging answers wait here, without the lock, until the client behind the
 * socket leaves. */
void faults_linger(struct faults *f, enum sandbox_fault met, int socket);
/* Kills that wait for the request to be done. */
void faults_after(struct faults *f, enum sandbox_fault met);
/* Copies the texts; false when there are FAULTS_MAX already. */
bool faults_add(struct faults *f, const struct fault *fault);
void faults_clear(struct faults *f);
/* sandbox_fault() for any server: takes the lock. */
void faults_set(struct faults *f, enum sandbox_fault fault, size_t first_request, size_t count,
                const char *match);
void faults_record(struct faults *f, const char *method, const char *target, int status);
/* A copy of the record, for memory_free(); takes the lock. */
char *faults_log(struct faults *f);
void faults_log_reset(struct faults *f);
/* What the control interface is asked below /sandbox/; *reply is the answer or, with
 * false, why there is none. */
bool faults_control(struct faults *f, struct arena *a, const char *method, const char *path,
                    struct text body, struct text *reply);

#endif
