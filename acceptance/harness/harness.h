/* harness - drives a plugin binary as Terraform does: process, handshake, gRPC.
 *
 * For *_test.c: whatever cannot work fails the test. Every wait has an end
 * (HARNESS_WAIT_MS). The process gets a folder of its own as TMPDIR, so that
 * what it leaves behind is seen. One thread; replies live in the arena. The
 * binary is ISTIO_TEST_PLUGIN; the fixture plugin, which has the types of
 * rpc/test_fixture.h, lies beside it. */
#ifndef HARNESS_HARNESS_H
#define HARNESS_HARNESS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "schema/value.h"

enum { HARNESS_WAIT_MS = 60 * 1000 };

/* --- processes ------------------------------------------------------------ */
enum harness_flags {
    HARNESS_FIXTURE = 1 << 0, /* the fixture plugin instead of the real one */
    HARNESS_PLAIN = 1 << 1,   /* no TLS, as under TF_DISABLE_PLUGIN_TLS */
    HARNESS_DEBUG = 1 << 2,   /* -debug: connects by the reattach line */
};

struct harness_run {
    int status; /* as waitpid() gives it */
    const char *out, *err;
};

/* Runs the plugin to its end; arguments and environment end with NULL, the
 * environment ("NAME=value") is all that it gets beside TMPDIR. */
struct harness_run harness_run(struct arena *a, unsigned flags, const char *const *arguments,
                               const char *const *environment);
bool harness_exited(int status, int code);

/* --- a running plugin ------------------------------------------------------ */
struct plugin;

/* Starts it, reads its line and connects; more is as above, or NULL. */
struct plugin *plugin_start(struct arena *a, unsigned flags, const char *const *more);
/* The handshake line without its newline. */
const char *plugin_line(const struct plugin *p);
const char *plugin_socket(const struct plugin *p);
void plugin_signal(struct plugin *p, int number);
/* Closes the connection as a client that died. */
void plugin_hang_up(struct plugin *p);
/* Waits for the process; its status. */
int plugin_wait(struct plugin *p);
/* What it wrote to stderr; names of what it left in TMPDIR, "" for nothing. */
const char *plugin_said(const struct plugin *p);
const char *plugin_left(const struct plugin *p);
/* Waits for the process; the test fails unless it ends with 0 and leaves nothing. */
void plugin_expect_end(struct plugin *p);
/* Shutdown as Terraform does it, answered, and then the end. */
void plugin_stop(struct plugin *p);

/* --- calls ------------------------------------------------------------------ */
struct harness_reply {
    int status; /* gRPC's: 0 = OK, 3 = INVALID_ARGUMENT, 12 = UNIMPLEMENTED, … */
    const char *status_text;
    struct text bytes;
};

struct harness_call;

struct harness_call *plugin_begin(struct plugin *p, const char *path, struct text request);
struct harness_reply plugin_end(struct plugin *p, struct harness_call *call);
struct harness_reply plugin_call(struct plugin *p, const char *path, struct text request);
/* Opens a stream that is never read; it ends with the connection. At most one. */
void plugin_hold(struct plugin *p, const char *path);

/* The same in JSON (rpc/test_message.h), the method without its service. Values
 * are of the types in the test program's registry; the call must succeed. */
struct text harness_request(struct arena *a, const char *method, const struct value *request);
const struct value *plugin_ask(struct plugin *p, const char *method, const struct value *request);

#endif
