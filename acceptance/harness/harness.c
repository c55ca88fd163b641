#include "acceptance/harness/harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"
#include "codec/base64.h"
#include "rpc/test_message.h"
#include "rpc/tls.h"

#define COOKIE                                                                                     \
    "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"

enum { OUTPUT_BYTES_MAX = 16 << 20, ENVIRONMENT_MAX = 32 };

struct plugin {
    struct arena *arena;
    const char *folder, *temporary; /* the second is the plugin's TMPDIR */
    pid_t pid;
    int out; /* its stdout; end of file tells that it is gone */
    const char *line, *socket;
    grpc_channel *channel;
    grpc_completion_queue *queue;
    struct harness_call *held;
};

struct harness_call {
    struct plugin *plugin;
    grpc_call *call;
    grpc_metadata_array initial, trailing;
    grpc_byte_buffer *request, *reply;
    grpc_status_code status;
    grpc_slice details;
    bool done;
};

/* --- processes ---------------------------------------------------------------- */

static const char *binary(struct arena *a, unsigned flags)
{
    const char *path = getenv("ISTIO_TEST_PLUGIN");
    const char *slash = path ? strrchr(path, '/') : NULL;

    if (!slash)
        fail_msg("ISTIO_TEST_PLUGIN must be the path of the plugin");
    if (!(flags & HARNESS_FIXTURE))
        return path;
    return text_f(a, "%.*s/fixture-plugin", (int)(slash - path), path);
}

static void remove_folder(struct arena *a, const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        const char *inner = text_f(a, "%s/%s", path, entry->d_name);

        if (entry->d_name[0] != '.' && unlink(inner) != 0)
            remove_folder(a, inner);
    }
    if (folder)
        closedir(folder);
    rmdir(path);
}

static void drop_folder(void *path)
{
    struct arena *a = arena_new();

    remove_folder(a, path);
    arena_free(a);
}

static const char *make_folder(struct arena *a)
{
    char *folder = arena_strdup(a, "/tmp/harness-XXXXXX");

    if (!mkdtemp(folder))
        fail_msg("mkdtemp: %s", strerror(errno));
    arena_defer(a, drop_folder, folder);
    mkdir(text_f(a, "%s/t", folder), 0700);
    return folder;
}

static char **list_of(struct arena *a, const char *first, const char *const *more)
{
    char **list = arena_array(a, ENVIRONMENT_MAX + 1, sizeof(*list));
    size_t count = 0;

    list[count++] = arena_strdup(a, first);
    for (size_t i = 0; more && more[i] && count < ENVIRONMENT_MAX; i++)
        list[count++] = arena_strdup(a, more[i]);
    return list;
}

/* What the sanitizers need is handed on. */
static char **environment_of(struct arena *a, const char *temporary, const char *const *more)
{
    static const char *const inherited[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"};
    char **list = list_of(a, text_f(a, "TMPDIR=%s", temporary), more);
    size_t count = 0;

    while (list[count])
        count++;
    for (size_t i = 0; i < sizeof(inherited) / sizeof(inherited[0]); i++)
        if (getenv(inherited[i]) && count < ENVIRONMENT_MAX)
            list[count++] = text_f(a, "%s=%s", inherited[i], getenv(inherited[i]));
    return list;
}

static struct plugin *spawn(struct arena *a, unsigned flags, const char *const *arguments,
                            const char *const *environment)
{
    struct plugin *p = arena_alloc(a, sizeof(*p));
    const char *path = binary(a, flags);
    posix_spawn_file_actions_t actions;
    int ends[2], failure;

    p->arena = a;
    p->folder = make_folder(a);
    p->temporary = text_f(a, "%s/t", p->folder);
    if (pipe(ends) != 0)
        fail_msg("pipe: %s", strerror(errno));
    for (size_t i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, text_f(a, "%s/stderr", p->folder),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    failure = posix_spawn(&p->pid, path, &actions, NULL, list_of(a, path, arguments),
                          environment_of(a, p->temporary, environment));
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    p->out = ends[0];
    if (failure)
        fail_msg("cannot start %s: %s", path, strerror(failure));
    return p;
}

/* Reads stdout up to a byte (or its end); false = the end came first. */
static bool read_until(struct plugin *p, int last, struct text_builder *out)
{
    int64_t deadline_ms = clock_monotonic_ms() + HARNESS_WAIT_MS;
    struct pollfd reader = {.fd = p->out, .events = POLLIN};
    char byte;

    for (;;) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();

        if (left_ms <= 0 || poll(&reader, 1, (int)left_ms) == 0)
            fail_msg("the plugin neither spoke nor ended; stderr: %s", plugin_said(p));
        if (read(p->out, &byte, 1) != 1)
            return false;
        text_add_char(out, byte);
        if (byte == last)
            return true;
    }
}

int plugin_wait(struct plugin *p)
{
    struct text_builder rest;
    int status;

    text_builder_init(&rest, p->arena, OUTPUT_BYTES_MAX);
    while (read_until(p, -1, &rest))
        continue;
    if (waitpid(p->pid, &status, 0) != p->pid)
        fail_msg("waitpid: %s", strerror(errno));
    close(p->out);
    return status;
}

const char *plugin_said(const struct plugin *p)
{
    return test_file(p->arena, text_f(p->arena, "%s/stderr", p->folder)).at;
}

const char *plugin_left(const struct plugin *p)
{
    DIR *folder = opendir(p->temporary);
    struct dirent *entry;
    const char *names = "";

    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            names = text_f(p->arena, "%s %s", names, entry->d_name);
    if (folder)
        closedir(folder);
    return names;
}

bool harness_exited(int status, int code)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

struct harness_run harness_run(struct arena *a, unsigned flags, const char *const *arguments,
                               const char *const *environment)
{
    struct plugin *p = spawn(a, flags, arguments, environment);
    struct harness_run run = {.status = 0};
    struct text_builder out;

    text_builder_init(&out, a, OUTPUT_BYTES_MAX);
    while (read_until(p, -1, &out))
        continue;
    run.out = text_built(&out).at;
    run.status = plugin_wait(p);
    run.err = plugin_said(p);
    return run;
}

/* --- starting ------------------------------------------------------------------ */

static struct tls_identity client_identity(struct arena *a)
{
    struct tls_identity own;
    struct diags said;

    diags_init(&said, a);
    if (!tls_identity_make(a, &said, &own))
        fail_msg("%s", said.first->detail);
    return own;
}

static const char *read_line(struct plugin *p)
{
    struct text_builder b;

    text_builder_init(&b, p->arena, OUTPUT_BYTES_MAX);
    if (!read_until(p, '\n', &b))
        fail_msg("no line on stdout; stderr: %s", plugin_said(p));
    return text_z(p->arena, text_trim(text_built(&b)));
}

static struct text field(const char *line, int index)
{
    struct text rest = text_of(line), piece = TEXT("");

    for (int i = 0; i <= index; i++)
        if (!text_split(&rest, '|', &piece))
            return TEXT("");
    return piece;
}

/* "…"String":"PATH"…": all that is needed of the reattach line. */
static const char *reattach_socket(struct plugin *p)
{
    static const char key[] = "\"String\":\"";
    const char *at = NULL;

    while (!at) {
        p->line = read_line(p);
        at = strstr(p->line, key);
    }
    at += sizeof(key) - 1;
    return text_z(p->arena, (struct text){at, strcspn(at, "\"")});
}

static const char *server_pem(struct arena *a, const char *line)
{
    struct text der;

    if (!base64_decode(a, field(line, 5), BASE64_RAW, &der))
        fail_msg("no certificate in %s", line);
    return text_f(a, "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n",
                  text_z(a, base64_encode(a, der, BASE64_STANDARD)));
}

static grpc_channel_credentials *credentials(struct plugin *p, unsigned flags,
                                             const struct tls_identity *own)
{
    grpc_ssl_pem_key_cert_pair pair = {own->key_pem, own->certificate_pem};

    if (flags & (HARNESS_PLAIN | HARNESS_DEBUG))
        return grpc_insecure_credentials_create();
    return grpc_ssl_credentials_create(server_pem(p->arena, p->line), &pair, NULL, NULL);
}

static void connect_to(struct plugin *p, unsigned flags, const struct tls_identity *own)
{
    static char name_key[] = GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, name[] = "localhost";
    static char size_key[] = GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH;
    grpc_arg list[] = {
        {.type = GRPC_ARG_STRING, .key = name_key, .value.string = name},
        {.type = GRPC_ARG_INTEGER, .key = size_key, .value.integer = -1},
    };
    grpc_channel_args arguments = {.num_args = 2, .args = list};
    grpc_channel_credentials *how;

    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL); /* gRPC's threads may outlive main() */
    grpc_init();
    how = credentials(p, flags, own);
    p->channel = grpc_channel_create(text_f(p->arena, "unix:%s", p->socket), how, &arguments);
    grpc_channel_credentials_release(how);
    p->queue = grpc_completion_queue_create_for_next(NULL);
}

struct plugin *plugin_start(struct arena *a, unsigned flags, const char *const *more)
{
    static const char *const debug[] = {"-debug", NULL};
    struct tls_identity own = client_identity(a);
    const char *environment[ENVIRONMENT_MAX + 1] = {COOKIE, "PLUGIN_PROTOCOL_VERSIONS=5,6"};
    size_t count = 2;
    struct plugin *p;

    if (!(flags & HARNESS_PLAIN))
        environment[count++] = text_f(a, "PLUGIN_CLIENT_CERT=%s", own.certificate_pem);
    for (size_t i = 0; more && more[i] && count < ENVIRONMENT_MAX; i++)
        environment[count++] = more[i];
    p = spawn(a, flags, flags & HARNESS_DEBUG ? debug : NULL, environment);
    if (flags & HARNESS_DEBUG) {
        p->socket = reattach_socket(p);
    } else {
        p->line = read_line(p);
        p->socket = text_z(a, field(p->line, 3));
    }
    connect_to(p, flags, &own);
    return p;
}

const char *plugin_line(const struct plugin *p)
{
    return p->line;
}

const char *plugin_socket(const struct plugin *p)
{
    return p->socket;
}

void plugin_signal(struct plugin *p, int number)
{
    kill(p->pid, number);
}

/* --- calls ---------------------------------------------------------------------- */

static struct harness_call *call_new(struct plugin *p, const char *path)
{
    gpr_timespec deadline = gpr_time_add(gpr_now(GPR_CLOCK_REALTIME),
                                         gpr_time_from_millis(HARNESS_WAIT_MS, GPR_TIMESPAN));
    struct harness_call *call = arena_alloc(p->arena, sizeof(*call));
    grpc_slice method = grpc_slice_from_copied_string(path);

    call->plugin = p;
    call->call = grpc_channel_create_call(p->channel, NULL, GRPC_PROPAGATE_DEFAULTS, p->queue,
                                          method, NULL, deadline, NULL);
    grpc_slice_unref(method);
    grpc_metadata_array_init(&call->initial);
    grpc_metadata_array_init(&call->trailing);
    call->details = grpc_empty_slice();
    return call;
}

/* The six operations of a unary call; a held stream does without the first
 * reply. */
static void call_start(struct harness_call *call, bool with_reply)
{
    grpc_op operations[6];
    size_t count = 0;

    memset(operations, 0, sizeof(operations));
    operations[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
    operations[count].op = GRPC_OP_SEND_MESSAGE;
    operations[count++].data.send_message.send_message = call->request;
    operations[count++].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    if (with_reply) {
        operations[count].op = GRPC_OP_RECV_INITIAL_METADATA;
        operations[count++].data.recv_initial_metadata.recv_initial_metadata = &call->initial;
        operations[count].op = GRPC_OP_RECV_MESSAGE;
        operations[count++].data.recv_message.recv_message = &call->reply;
    }
    operations[count].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    operations[count].data.recv_status_on_client.trailing_metadata = &call->trailing;
    operations[count].data.recv_status_on_client.status = &call->status;
    operations[count++].data.recv_status_on_client.status_details = &call->details;
    if (grpc_call_start_batch(call->call, operations, count, call, NULL) != GRPC_CALL_OK)
        fail_msg("gRPC refused a batch");
}

struct harness_call *plugin_begin(struct plugin *p, const char *path, struct text request)
{
    struct harness_call *call = call_new(p, path);
    grpc_slice slice = grpc_slice_from_copied_buffer(request.at, request.len);

    call->request = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    call_start(call, true);
    return call;
}

void plugin_hold(struct plugin *p, const char *path)
{
    struct harness_call *call = call_new(p, path);
    grpc_slice nothing = grpc_empty_slice();

    call->request = grpc_raw_byte_buffer_create(&nothing, 1);
    call_start(call, false);
    p->held = call;
}

/* Runs the queue until this call is done; others may be done on the way. */
static void drive(struct harness_call *call)
{
    gpr_timespec deadline = gpr_time_add(gpr_now(GPR_CLOCK_REALTIME),
                                         gpr_time_from_millis(2 * HARNESS_WAIT_MS, GPR_TIMESPAN));

    while (!call->done) {
        grpc_event event = grpc_completion_queue_next(call->plugin->queue, deadline, NULL);

        if (event.type != GRPC_OP_COMPLETE)
            fail_msg("a call never ended");
        ((struct harness_call *)event.tag)->done = true;
    }
}

static struct text taken(struct arena *a, grpc_byte_buffer *buffer)
{
    grpc_byte_buffer_reader reader;
    struct text bytes = TEXT("");
    grpc_slice slice;

    if (!buffer || !grpc_byte_buffer_reader_init(&reader, buffer))
        return bytes;
    slice = grpc_byte_buffer_reader_readall(&reader);
    bytes.len = GRPC_SLICE_LENGTH(slice);
    bytes.at = arena_copy(a, GRPC_SLICE_START_PTR(slice), bytes.len);
    grpc_slice_unref(slice);
    grpc_byte_buffer_reader_destroy(&reader);
    return bytes;
}

struct harness_reply plugin_end(struct plugin *p, struct harness_call *call)
{
    struct harness_reply reply;

    drive(call);
    reply.status = (int)call->status;
    reply.status_text =
        text_z(p->arena, (struct text){(const char *)GRPC_SLICE_START_PTR(call->details),
                                       GRPC_SLICE_LENGTH(call->details)});
    reply.bytes = taken(p->arena, call->reply);
    grpc_slice_unref(call->details);
    grpc_metadata_array_destroy(&call->initial);
    grpc_metadata_array_destroy(&call->trailing);
    grpc_byte_buffer_destroy(call->request);
    grpc_byte_buffer_destroy(call->reply);
    grpc_call_unref(call->call);
    return reply;
}

struct harness_reply plugin_call(struct plugin *p, const char *path, struct text request)
{
    return plugin_end(p, plugin_begin(p, path, request));
}

static struct message_types types_of(struct arena *a, const struct value *request)
{
    struct message_types types = {.any_type = &type_dynamic};
    const char *name = value_text(request, "type_name");

    for (int kind = KIND_MANAGED; kind <= KIND_EPHEMERAL && !types.rows; kind++) {
        const struct resource *r = resource_find((enum resource_kind)kind, name);

        if (r) {
            types.rows = resource_attributes(a, r);
            types.identity = wire_identity_type(a, r);
        }
    }
    return types;
}

static const struct method *method_named(struct arena *a, const char *name)
{
    const struct method *m = method_find(text_of(text_f(a, "/tfplugin6.Provider/%s", name)));

    if (!m)
        fail_msg("no method %s", name);
    return m;
}

struct text harness_request(struct arena *a, const char *method, const struct value *request)
{
    struct message_types types = types_of(a, request);

    return message_request(a, &types, method_named(a, method), request);
}

const struct value *plugin_ask(struct plugin *p, const char *method, const struct value *request)
{
    const struct method *m = method_named(p->arena, method);
    struct message_types types = types_of(p->arena, request);
    struct harness_reply reply =
        plugin_call(p, m->path, harness_request(p->arena, method, request));

    if (reply.status)
        fail_msg("%s: status %d: %s", method, reply.status, reply.status_text);
    return message_reply(p->arena, &types, m, reply.bytes);
}

/* --- ending ---------------------------------------------------------------------- */

void plugin_hang_up(struct plugin *p)
{
    if (!p->channel)
        return;
    if (p->held) {
        grpc_call_cancel(p->held->call, NULL);
        (void)plugin_end(p, p->held);
    }
    grpc_channel_destroy(p->channel);
    p->channel = NULL;
    grpc_completion_queue_shutdown(p->queue);
    while (grpc_completion_queue_next(p->queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL).type !=
           GRPC_QUEUE_SHUTDOWN)
        continue;
    grpc_completion_queue_destroy(p->queue);
    grpc_shutdown();
}

void plugin_expect_end(struct plugin *p)
{
    int status = plugin_wait(p);

    if (!harness_exited(status, 0))
        fail_msg("status %x; stderr: %s", (unsigned)status, plugin_said(p));
    assert_string_equal(plugin_left(p), "");
}

void plugin_stop(struct plugin *p)
{
    struct harness_reply reply = plugin_call(p, "/plugin.GRPCController/Shutdown", TEXT(""));

    assert_int_equal(reply.status, 0);
    plugin_hang_up(p);
    plugin_expect_end(p);
}
