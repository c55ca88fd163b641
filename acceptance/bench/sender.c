/* bench-sender - a bare HTTP/2 client, for the benchmark to compare with.
 *
 *   bench-sender send URL CA_FILE BODIES   one PATCH for each line "TARGET<tab>BODY"
 *                                          of BODIES, 100 at a time on one connection
 *   bench-sender call SOCKET PATH          one gRPC call with an empty message
 *
 * The bearer token is in BENCH_TOKEN. Prints one JSON object with milliseconds and
 * counts. It keeps nothing of the replies, looks only at their status, and tries
 * nothing again: exit status 1 when any request failed. Options of curl that cost
 * or save time are those of the plugin. */
#include <curl/curl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/text.h"

enum {
    IN_FLIGHT_MAX = 100, /* streams of one connection */
    HOST_CONNECTIONS_MAX = 128,
    HTTP1_IN_FLIGHT_MAX = 16, /* connections, where the server has no HTTP/2 */
    POLL_MS_MAX = 20,         /* curl 7.88 may forget bytes that it has read */
    FILE_BYTES_MAX = 64 << 20,
    FRAME_HEAD_BYTES = 5, /* of a gRPC message: compressed or not, length */
};

struct request {
    const char *target;
    struct text body;
};

struct slot {
    CURL *easy;
    size_t bytes; /* of the reply */
};

struct sender {
    struct arena *arena;
    CURLM *multi;
    struct curl_slist *headers, *patch_headers;
    const char *url, *ca_file;
    struct request *requests;
    size_t count, next, in_flight, failed;
    struct slot slots[IN_FLIGHT_MAX];
};

static _Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("bench-sender: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* --- bodies ------------------------------------------------------------------ */

static struct text read_file(struct arena *a, const char *path)
{
    struct text_builder b;
    char part[1 << 16];
    FILE *file = fopen(path, "rb");
    size_t got;

    if (!file)
        die("%s: %s", path, strerror(errno));
    text_builder_init(&b, a, FILE_BYTES_MAX);
    while ((got = fread(part, 1, sizeof(part), file)) > 0)
        text_add(&b, (struct text){part, got});
    fclose(file);
    return text_built(&b);
}

static void read_requests(struct sender *s, const char *path)
{
    struct text file = read_file(s->arena, path), rest = file, line, target;
    size_t lines = 0;

    while (text_split(&rest, '\n', &line))
        lines++;
    s->requests = arena_array(s->arena, lines, sizeof(*s->requests));
    for (rest = file; text_split(&rest, '\n', &line);)
        if (text_split(&line, '\t', &target) && target.len)
            s->requests[s->count++] =
                (struct request){text_f(s->arena, "%s%s", s->url, text_z(s->arena, target)), line};
}

/* --- sending ----------------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct slot *slot = context;

    (void)data;
    slot->bytes += size * count;
    return size * count;
}

static void set_general(struct sender *s, struct slot *slot)
{
    CURL *easy = slot->easy;

    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_CAINFO, s->ca_file);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, s->headers);
}

static void add(struct sender *s, const struct slot *slot)
{
    curl_multi_add_handle(s->multi, slot->easy);
    s->in_flight++;
}

static void start_next(struct sender *s, struct slot *slot)
{
    const struct request *request = &s->requests[s->next++];

    set_general(s, slot);
    curl_easy_setopt(slot->easy, CURLOPT_URL, request->target);
    curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, s->patch_headers);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, request->body.at);
    curl_easy_setopt(slot->easy, CURLOPT_CUSTOMREQUEST, "PATCH");
    add(s, slot);
}

static void finish(struct sender *s, CURL *easy, CURLcode code)
{
    struct slot *slot = NULL;
    long status = 0;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status < 200 || status > 299) {
        fprintf(stderr, "bench-sender: status %ld, %s\n", status, curl_easy_strerror(code));
        s->failed++;
    }
    curl_multi_remove_handle(s->multi, easy);
    s->in_flight--;
    if (slot && s->next < s->count)
        start_next(s, slot);
}

static void run(struct sender *s)
{
    int running, left;

    while (s->in_flight) {
        CURLMsg *message;

        if (curl_multi_perform(s->multi, &running) != CURLM_OK)
            die("curl_multi_perform failed");
        while ((message = curl_multi_info_read(s->multi, &left)))
            if (message->msg == CURLMSG_DONE)
                finish(s, message->easy_handle, message->data.result);
        if (s->in_flight)
            curl_multi_poll(s->multi, NULL, 0, POLL_MS_MAX, NULL);
    }
}

/* So that connecting can be told from sending. How many may be in flight. */
static size_t connect_first(struct sender *s)
{
    struct slot *slot = &s->slots[0];
    long version = 0;

    set_general(s, slot);
    curl_easy_setopt(slot->easy, CURLOPT_URL, text_f(s->arena, "%s/version", s->url));
    add(s, slot);
    s->next = s->count; /* nothing behind it */
    run(s);
    s->next = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_HTTP_VERSION, &version);
    return version == CURL_HTTP_VERSION_2_0 ? IN_FLIGHT_MAX : HTTP1_IN_FLIGHT_MAX;
}

static struct curl_slist *with_token(struct arena *a, const char *token)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");

    return curl_slist_append(headers, text_f(a, "Authorization: Bearer %s", token));
}

static void sender_init(struct sender *s)
{
    const char *token = getenv("BENCH_TOKEN");

    curl_global_init(CURL_GLOBAL_ALL);
    s->multi = curl_multi_init();
    curl_multi_setopt(s->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(s->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS_MAX);
    for (size_t i = 0; i < IN_FLIGHT_MAX; i++)
        s->slots[i].easy = curl_easy_init();
    s->headers = with_token(s->arena, token ? token : "");
    s->patch_headers = curl_slist_append(with_token(s->arena, token ? token : ""),
                                         "Content-Type: application/apply-patch+yaml");
}

static void sender_clear(struct sender *s)
{
    for (size_t i = 0; i < IN_FLIGHT_MAX; i++)
        curl_easy_cleanup(s->slots[i].easy);
    curl_multi_cleanup(s->multi);
    curl_slist_free_all(s->headers);
    curl_slist_free_all(s->patch_headers);
}

static int send_all(struct arena *a, const char *url, const char *ca_file, const char *bodies)
{
    struct sender s = {.arena = a, .url = url, .ca_file = ca_file};
    double began = now_ms(), connected, sent;
    size_t in_flight_max;

    sender_init(&s);
    read_requests(&s, bodies);
    in_flight_max = connect_first(&s);
    connected = now_ms();
    for (size_t i = 0; i < in_flight_max && s.next < s.count; i++)
        start_next(&s, &s.slots[i]);
    run(&s);
    sent = now_ms();
    printf("{\"connect_ms\": %.3f, \"send_ms\": %.3f, \"requests\": %zu, \"failed\": %zu}\n",
           connected - began, sent - connected, s.count, s.failed);
    sender_clear(&s);
    return s.failed ? 1 : 0;
}

/* --- gRPC ---------------------------------------------------------------------- */

/* The status stands in the trailers, which curl gives as headers. */
static size_t on_head(char *data, size_t size, size_t count, void *context)
{
    struct text line = {data, size * count};
    bool *fine = context;

    if (text_starts_with(line, "grpc-status:"))
        *fine = text_is(text_trim(line), "grpc-status: 0");
    return size * count;
}

static CURL *call_handle(const char *socket, const char *path, struct arena *a,
                         struct curl_slist *headers)
{
    static const char empty_message[FRAME_HEAD_BYTES];
    CURL *easy = curl_easy_init();

    curl_easy_setopt(easy, CURLOPT_URL, text_f(a, "http://localhost%s", path));
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)FRAME_HEAD_BYTES);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, empty_message);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    return easy;
}

static int call(struct arena *a, const char *socket, const char *path)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/grpc");
    struct slot slot = {.bytes = 0};
    double began, took;
    bool fine = false;
    CURLcode code;

    headers = curl_slist_append(headers, "TE: trailers");
    slot.easy = call_handle(socket, path, a, headers);
    curl_easy_setopt(slot.easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(slot.easy, CURLOPT_WRITEDATA, &slot);
    curl_easy_setopt(slot.easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(slot.easy, CURLOPT_HEADERDATA, &fine);
    began = now_ms();
    code = curl_easy_perform(slot.easy);
    took = now_ms() - began;
    if (code != CURLE_OK || !fine || slot.bytes < FRAME_HEAD_BYTES)
        die("the call failed: %s", code == CURLE_OK ? "gRPC status" : curl_easy_strerror(code));
    printf("{\"bytes\": %zu, \"ms\": %.3f}\n", slot.bytes - FRAME_HEAD_BYTES, took);
    curl_easy_cleanup(slot.easy);
    curl_slist_free_all(headers);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new();
    int status;

    if (argc == 5 && strcmp(argv[1], "send") == 0)
        status = send_all(a, argv[2], argv[3], argv[4]);
    else if (argc == 4 && strcmp(argv[1], "call") == 0)
        status = call(a, argv[2], argv[3]);
    else
        die("usage: bench-sender send URL CA_FILE BODIES | call SOCKET PATH");
    arena_free(a);
    return status;
}
