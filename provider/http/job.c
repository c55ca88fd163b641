#include "http/job.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "http/trace.h"

enum { BODY_RESERVE_BYTES_MAX = 4 << 20, TARGET_BYTES_MAX = 64 * 1024, WORDS_BYTES_MAX = 1024 };

void inbox_init(struct inbox *inbox)
{
    pthread_condattr_t attributes;

    *inbox = (struct inbox){0};
    pthread_mutex_init(&inbox->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&inbox->wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

void inbox_clear(struct inbox *inbox)
{
    pthread_cond_destroy(&inbox->wake);
    pthread_mutex_destroy(&inbox->lock);
}

void job_fail(struct job *job, enum http_failure failure, const char *format, ...)
{
    va_list arguments;

    if (!job->words)
        job->words = arena_new();
    job->failure = failure;
    va_start(arguments, format);
    job->failure_text = text_fv(job->words, format, arguments);
    va_end(arguments);
}

bool job_is_idempotent(const struct job *job)
{
    const char *method = job->request->method;

    return job->request->flags & HTTP_IDEMPOTENT || strcmp(method, "GET") == 0 ||
           strcmp(method, "HEAD") == 0;
}

bool job_is_stream(const struct job *job)
{
    return job->request->on_data;
}

/* --- prepare -------------------------------------------------------------- */
/* A line break in a value (a token file's last one) would begin a new header. */
static bool header_is_sound(const struct http_header *header)
{
    if (!header->name[0])
        return false;
    for (const char *z = header->name; *z; z++)
        if (*z <= 0x20 || *z >= 0x7f || strchr("()<>@,;:\\\"/[]?={}", *z))
            return false;
    for (const char *z = header->value; *z; z++)
        if ((*z > 0 && *z < 0x20 && *z != '\t') || *z == 0x7f)
            return false;
    return true;
}

static bool target_is_sound(const char *target)
{
    size_t len = 0;

    for (; target[len]; len++)
        if (target[len] <= 0x20 || target[len] >= 0x7f || target[len] == '#' ||
            len >= TARGET_BYTES_MAX)
            return false;
    return !len || target[0] == '/' || target[0] == '?';
}

static bool has_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return true;
    return false;
}

static void add_header(struct job *job, const char *line)
{
    job->headers = curl_slist_append(job->headers, line);
}

/* curl's own additions are taken out, so that the wire shows what the caller
 * wrote: "Name:" removes a header, "Name;" sends an empty one. */
static void add_headers(struct job *job, struct arena *a)
{
    static const char *const unwanted[] = {"Accept", "Content-Type", "Expect"};
    const struct http_request *request = job->request;

    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
        if (!has_header(request, unwanted[i]))
            add_header(job, text_f(a, "%s:", unwanted[i]));
    if (request->endpoint->host_header && !has_header(request, "Host"))
        add_header(job, text_f(a, "Host: %s", request->endpoint->host_header));
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];

        add_header(job, *header->value ? text_f(a, "%s: %s", header->name, header->value)
                                       : text_f(a, "%s;", header->name));
    }
}

static bool check_request(struct job *job)
{
    const struct http_request *request = job->request;

    job->lasting = true;
    if (!target_is_sound(request->target)) {
        job_fail(job, HTTP_CONNECT, "The request's path has characters that no URL may have.");
        return false;
    }
    if (request->header_count > JOB_REQUEST_HEADERS_MAX) {
        job_fail(job, HTTP_CONNECT, "The request has over %d headers.", JOB_REQUEST_HEADERS_MAX);
        return false;
    }
    for (size_t i = 0; i < request->header_count; i++)
        if (!header_is_sound(&request->headers[i])) {
            job_fail(job, HTTP_CONNECT,
                     "The header %.60s has characters that no header may have, such as a line "
                     "break at the end of a token.",
                     request->headers[i].name);
            return false;
        }
    job->lasting = false;
    return true;
}

bool job_prepare(struct job *job, struct arena *a, const struct http_request *request,
                 int64_t deadline_ms)
{
    const struct http_endpoint *e = request->endpoint;

    *job = (struct job){.request = request, .deadline_ms = deadline_ms, .failure_text = ""};
    job->pieces_end = &job->pieces;
    job->timer.owner = job;
    job->shown_url = trace_url(a, text_f(a, "%s%s", e->url, request->target));
    if (!check_request(job))
        return false;
    job->url = text_f(a, "%s%s", e->wire_url, request->target);
    add_headers(job, a);
    return true;
}

/* --- what comes in -------------------------------------------------------- */
static void buffer_reserve(struct buffer *b, size_t len)
{
    if (b->at && len < b->capacity)
        return;
    b->capacity = len + 1 > b->capacity * 2 ? len + 1 : b->capacity * 2;
    b->at = memory_resize(b->at, b->capacity);
}

static void buffer_add(struct buffer *b, const char *data, size_t len)
{
    buffer_reserve(b, b->len + len);
    if (len)
        memcpy(b->at + b->len, data, len);
    b->len += len;
    b->at[b->len] = '\0';
}

static void buffer_clear(struct buffer *b)
{
    memory_free(b->at);
    *b = (struct buffer){0};
}

static void begin_stream(struct job *job)
{
    long status = 0, version = 0;

    curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(job->easy, CURLINFO_HTTP_VERSION, &version);
    job->streaming = status >= 200 && status <= 299;
    job->queued_bytes_max =
        version >= CURL_HTTP_VERSION_2_0 ? JOB_QUEUED_SHARED_BYTES_MAX : JOB_QUEUED_BYTES_MAX;
}

/* curl hands over one line at a time, of interim replies and trailers too. */
size_t job_on_head(char *data, size_t size, size_t count, void *context)
{
    struct job *job = context;
    size_t len = size * count;

    job->head_bytes += len;
    job->head_lines++;
    if (job->head_bytes > JOB_HEAD_BYTES_MAX || job->head_lines > JOB_HEADERS_MAX) {
        job_fail(job, HTTP_TOO_LARGE, "The reply of %s has more than %d headers or %d KiB of them.",
                 job->request->endpoint->authority, JOB_HEADERS_MAX, JOB_HEAD_BYTES_MAX / 1024);
        return 0;
    }
    if (len >= 5 && memcmp(data, "HTTP/", 5) == 0)
        job->head.len = 0; /* what came before was an interim reply */
    buffer_add(&job->head, data, len);
    if (job_is_stream(job) && (data[0] == '\r' || data[0] == '\n'))
        begin_stream(job);
    return len;
}

static size_t reply_bytes_max(const struct job *job)
{
    return job->request->reply_bytes_max ? job->request->reply_bytes_max
                                         : (size_t)HTTP_REPLY_BYTES_MAX;
}

static size_t collect(struct job *job, const char *data, size_t len)
{
    size_t most = reply_bytes_max(job);
    curl_off_t announced = -1;

    if (!job->body.at)
        curl_easy_getinfo(job->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    if (len > most - job->body.len || (announced > 0 && (uint64_t)announced > most)) {
        job_fail(job, HTTP_TOO_LARGE, "The reply of %s is longer than the %zu bytes allowed.",
                 job->request->endpoint->authority, most);
        return 0;
    }
    if (announced > 0 && announced <= BODY_RESERVE_BYTES_MAX)
        buffer_reserve(&job->body, (size_t)announced);
    buffer_add(&job->body, data, len);
    return len;
}

static size_t queue_piece(struct job *job, const char *data, size_t len)
{
    struct inbox *inbox = job->inbox;
    bool full;

    pthread_mutex_lock(&inbox->lock);
    full = job->queued_bytes >= job->queued_bytes_max;
    job->paused = full;
    if (!full) {
        struct piece *piece = memory_new(1, sizeof(*piece) + len);

        piece->len = len;
        memcpy(piece->bytes, data, len);
        *job->pieces_end = piece;
        job->pieces_end = &piece->next;
        job->queued_bytes += len;
        pthread_cond_signal(&inbox->wake);
    }
    pthread_mutex_unlock(&inbox->lock);
    return full ? CURL_WRITEFUNC_PAUSE : len;
}

size_t job_on_body(char *data, size_t size, size_t count, void *context)
{
    struct job *job = context;

    job->last_data_ms = clock_monotonic_ms();
    return (job->streaming ? queue_piece : collect)(job, data, size * count);
}

struct text job_header(const struct job *job, const char *name)
{
    struct text rest = {job->head.at, job->head.len}, line;
    size_t len = strlen(name);

    while (rest.len && text_split(&rest, '\n', &line))
        if (line.len > len && line.at[len] == ':' && strncasecmp(line.at, name, len) == 0)
            return text_trim((struct text){line.at + len + 1, line.len - len - 1});
    return (struct text){"", 0};
}

/* --- the outcome for the worker ------------------------------------------- */
static bool read_header(struct arena *a, struct text line, struct http_header *out)
{
    const char *colon = memchr(line.at, ':', line.len);
    size_t len = colon ? (size_t)(colon - line.at) : 0;
    char *name;

    if (!len)
        return false;
    name = text_z(a, (struct text){line.at, len});
    for (char *c = name; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    out->name = name;
    out->value = text_z(a, text_trim((struct text){colon + 1, line.len - len - 1}));
    return true;
}

static void read_headers(const struct job *job, struct arena *a, struct http_reply *reply)
{
    struct text rest = {job->head.at, job->head.len}, line;
    struct http_header *headers;
    size_t lines = 0;

    for (size_t i = 0; i < rest.len; i++)
        lines += rest.at[i] == '\n';
    reply->headers = headers = arena_array(a, lines, sizeof(*headers));
    if (rest.len)
        text_split(&rest, '\n', &line); /* the status line */
    while (reply->header_count < lines && text_split(&rest, '\n', &line))
        if (read_header(a, line, &headers[reply->header_count]))
            reply->header_count++;
}

void job_reply(struct job *job, struct arena *a, struct http_reply *reply)
{
    *reply = (struct http_reply){.failure = job->failure, .attempts = job->attempts};
    reply->failure_text = arena_strdup(a, job->failure_text);
    reply->body = (struct text){"", 0};
    if (job->failure != HTTP_FINE && !job->streaming)
        return;
    reply->status = job->status;
    read_headers(job, a, reply);
    if (!job->body.at)
        return;
    /* Handed over, not copied: a list of pods may have many megabytes. */
    job->body.at = memory_resize(job->body.at, job->body.len + 1);
    arena_defer(a, memory_free, job->body.at);
    reply->body = (struct text){job->body.at, job->body.len};
    job->body = (struct buffer){0};
}

void job_clear(struct job *job)
{
    struct piece *piece;

    while ((piece = job->pieces)) {
        job->pieces = piece->next;
        memory_free(piece);
    }
    curl_slist_free_all(job->headers);
    buffer_clear(&job->head);
    buffer_clear(&job->body);
    arena_free(job->words);
    *job = (struct job){0};
}
