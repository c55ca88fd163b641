/* request - one operation from input to output: encoded once, signed anew and sent for
 * every attempt, decoded, and reported when it was refused. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "aws/session.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "http/retry.h"
#include "http/url.h"

enum {
    REPLY_BYTES_MAX = 32 << 20,
    PAGES_MAX = 1000,
    SKEW_TOLERATED_S = 60, /* less than that is no reason for a refusal */
};

/* One call of session_ask() and what its attempts share. */
struct request {
    struct call *c;
    struct aws *session;
    const struct aws_operation *operation;
    const struct aws_credentials *as; /* NULL = the session's */
    struct session_service *service;
    struct protocol_request encoded;
    uint64_t generation; /* of the session's credentials that signed */
    int attempts;
    bool has_token, clock_mended, renewed;
};

/* --- input ---------------------------------------------------------------------- */

/* RFC 9562, version 4. */
static const char *random_uuid(struct call *c)
{
    unsigned char b[16];

    if (!digest_random(c->diags, b, sizeof(b)))
        return NULL;
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    return text_f(c->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", digest_hex(c->arena, b, 4),
                  digest_hex(c->arena, b + 4, 2), digest_hex(c->arena, b + 6, 2),
                  digest_hex(c->arena, b + 8, 2), digest_hex(c->arena, b + 10, 6));
}

static bool with_token(struct request *r, const struct value **input)
{
    const char *member = r->operation->token, *token;

    r->has_token = member != NULL;
    if (!member || *value_text(*input, member))
        return true;
    token = random_uuid(r->c);
    if (!token)
        return false;
    *input = value_with(r->c->arena, *input, member, value_string(r->c->arena, token));
    return true;
}

/* --- one attempt ---------------------------------------------------------------- */

/* What is signed is what is sent: the host with its port, and the path behind the
 * address's own. */
static void place_of(const struct request *r, struct signature_request *out)
{
    struct arena *a = r->c->arena;
    struct url url;
    const char *origin = url_parse(a, r->service->address.url, &url) ? url_origin(a, &url) : "";
    const char *host = strstr(origin, "://");

    out->host = host ? host + 3 : "";
    if (host && strcmp(url.path, "/") != 0)
        out->path = text_f(a, "%s%s", url.path, out->path);
}

static bool sign(struct request *r, struct signature *signature, struct aws_credentials *key)
{
    struct arena *a = r->c->arena;
    const struct session_service *service = r->service;
    const struct signature_scope scope = {service->address.region,
                                          r->operation->service->signing_name, aws_now(r->session)};
    struct signature_request to_sign = {
        .method = r->encoded.method,
        .path = r->encoded.path,
        .query = r->encoded.query,
        .headers = r->encoded.headers,
        .header_count = r->encoded.header_count,
        .body = r->encoded.body,
    };

    place_of(r, &to_sign);
    if (r->as)
        *key = *r->as;
    else if (!session_credentials_now(r->c, r->session, key, &r->generation))
        return false;
    return signature_of(a, r->c->diags, &key->key, &scope, &to_sign, signature);
}

static bool headers_of(struct request *r, struct http_header **headers, size_t *count)
{
    struct http_header *list = arena_array(r->c->arena, r->encoded.header_count + 3, sizeof(*list));
    struct signature signature;
    struct aws_credentials key;

    *headers = list;
    *count = r->encoded.header_count;
    if (*count)
        memcpy(list, r->encoded.headers, *count * sizeof(*list));
    if (r->operation->flags & AWS_UNSIGNED)
        return true;
    if (!sign(r, &signature, &key))
        return false;
    list[(*count)++] = (struct http_header){"X-Amz-Date", signature.date};
    list[(*count)++] = (struct http_header){"Authorization", signature.authorization};
    if (*key.key.session_token)
        list[(*count)++] = (struct http_header){"X-Amz-Security-Token", key.key.session_token};
    return true;
}

static bool attempt(struct request *r, struct http_reply *reply)
{
    unsigned secret = r->operation->flags & AWS_SECRET ? HTTP_SECRET_BODY | HTTP_SECRET_REPLY : 0;
    struct http_request http = {
        .endpoint = r->service->endpoint,
        .method = r->encoded.method,
        .target = *r->encoded.query
                      ? text_f(r->c->arena, "%s?%s", r->encoded.path, r->encoded.query)
                      : r->encoded.path,
        .body = r->encoded.body,
        .flags = secret | HTTP_NO_RETRY,
        .reply_bytes_max = REPLY_BYTES_MAX,
    };
    struct http_header *headers;

    if (!headers_of(r, &headers, &http.header_count))
        return false;
    http.headers = headers;
    r->attempts++;
    http_send_all(r->c, &http, 1, 1, reply);
    return true;
}

/* --- what to do about a refusal --------------------------------------------------- */

/* RFC 9110, section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT"; -1 when it is not. */
static int64_t http_date(const char *z)
{
    return *z ? retry_after_ms(text_of(z), 0) / 1000 : -1;
}

/* Takes the difference of clocks from the answer, once. */
static bool mend_clock(struct request *r, const struct http_reply *reply)
{
    int64_t theirs = http_date(http_reply_header(reply, "date")), offset = theirs - clock_now();

    if (r->clock_mended || theirs <= 0 || (offset < SKEW_TOLERATED_S && offset > -SKEW_TOLERATED_S))
        return false;
    r->clock_mended = true;
    pthread_mutex_lock(&r->session->lock);
    r->session->clock_offset_s = offset;
    pthread_mutex_unlock(&r->session->lock);
    log_event(LOG_WARN, "aws",
              "this machine's clock differs from AWS's; requests are signed by theirs", "seconds",
              text_f(r->c->arena, "%" PRId64, offset), NULL);
    return true;
}

static bool renew(struct request *r, bool *again)
{
    *again = false;
    if (r->as || r->renewed)
        return true;
    r->renewed = true;
    return session_renew(r->c, r->session, r->generation, again);
}

static uint64_t random_number(struct call *c)
{
    struct diags ignored;
    uint64_t random = 0;

    diags_init(&ignored, c->arena);
    (void)!digest_random(&ignored, &random, sizeof(random));
    return random;
}

static int64_t pause_ms(struct request *r, const struct http_reply *reply,
                        enum aws_error_class class)
{
    const char *after = http_reply_header(reply, "retry-after");
    const struct aws_attempt facts = {
        .failure = reply->failure,
        .sent = reply->failure != HTTP_CONNECT && reply->failure != HTTP_RESOLVE,
        .reads = r->operation->flags & AWS_READS,
        .has_token = r->has_token,
        .class = class,
        .number = r->attempts,
        .retry_after_ms = *after ? retry_after_ms(text_of(after), clock_now()) : -1,
    };
    int64_t pause;

    pthread_mutex_lock(&r->session->lock);
    pause = aws_retry_pause_ms(&r->service->bucket, &facts, r->session->retries_max,
                               random_number(r->c));
    pthread_mutex_unlock(&r->session->lock);
    return pause;
}

/* *again: it is worth sending once more, and the pause before it is over. */
static bool reconsider(struct request *r, const struct http_reply *reply,
                       const struct aws_error *error, bool *again)
{
    enum aws_error_class class = reply->failure ? AWS_TRANSIENT : aws_error_class(error);
    int64_t pause;

    *again = false;
    if (!reply->failure && class == AWS_CLOCK && mend_clock(r, reply)) {
        *again = true;
        return true;
    }
    /* EC2 says of an expired session what it says of an old signature. */
    if (!reply->failure && (class == AWS_EXPIRED || strcmp(error->code, "RequestExpired") == 0))
        return renew(r, again);
    pause = pause_ms(r, reply, class);
    if (pause < 0)
        return true;
    log_event(LOG_DEBUG, "aws", "will be asked again", "operation", r->operation->name, "code",
              error->code, "pause_ms", text_f(r->c->arena, "%" PRId64, pause), NULL);
    *again = true;
    return call_wait_ms(
        r->c, pause,
        text_f(r->c->arena, "%s to take %s", r->operation->service->name, r->operation->name),
        *error->message ? error->message : reply->failure_text);
}

static bool unreachable(const struct request *r, const struct http_reply *reply)
{
    if (reply->failure == HTTP_CANCELLED)
        return diag_error(r->c->diags, NULL, "Interrupted", "Terraform was stopped during %s.",
                          r->operation->name);
    return diag_error(r->c->diags, NULL,
                      text_f(r->c->arena, "Cannot reach %s", r->operation->service->name),
                      "%s at %s, for %s: %s", r->operation->service->name, r->service->address.url,
                      r->operation->name, reply->failure_text);
}

bool session_ask(struct call *c, struct aws *s, const struct aws_operation *operation,
                 const struct value *input, const struct aws_credentials *as,
                 struct aws_reply *reply)
{
    struct request r = {.c = c, .session = s, .operation = operation, .as = as};
    struct http_reply http;
    bool again = true;

    *reply = (struct aws_reply){.error = {.code = "", .message = "", .request_id = ""}};
    if (!session_service(c, s, operation->service, &r.service) || !with_token(&r, &input) ||
        !protocol_encode(c->arena, c->diags, operation, input, &r.encoded))
        return false;
    while (again) {
        if (!attempt(&r, &http))
            return false;
        if (!http.failure && http.status / 100 == 2)
            break;
        reply->error = (struct aws_error){.code = "", .message = "", .request_id = ""};
        if (!http.failure)
            protocol_error(c->arena, operation->service, &http, &reply->error);
        if (!reconsider(&r, &http, &reply->error, &again))
            return false;
    }
    if (http.failure)
        return unreachable(&r, &http);
    if (http.status / 100 != 2)
        return true;
    pthread_mutex_lock(&s->lock);
    if (r.attempts == 1)
        aws_retry_succeeded(&r.service->bucket);
    pthread_mutex_unlock(&s->lock);
    return protocol_decode(c->arena, c->diags, operation, &http, &reply->output);
}

/* --- what callers use ------------------------------------------------------------- */

bool aws_try(struct call *c, struct aws *session, const struct aws_operation *operation,
             const struct value *input, struct aws_reply *reply)
{
    return session_ask(c, session, operation, input, NULL, reply);
}

/* AWS knows no such key at all: no question of permissions. */
static const char *const unknown_key[] = {"AuthFailure", "InvalidClientTokenId",
                                          "UnrecognizedClientException",
                                          "MissingAuthenticationToken", NULL};

/* What a person can do about it. */
static const char *advice(struct call *c, struct aws *s, const struct aws_operation *operation,
                          const struct aws_error *error)
{
    struct aws_credentials key;
    struct diags ignored;
    struct call quiet = call_quietly(c, &ignored);
    const char *source = "";

    diags_init(&ignored, c->arena);
    if (!(operation->flags & AWS_UNSIGNED) && aws_credentials_now(&quiet, s, &key))
        source = key.source;
    if (aws_error_is(error, unknown_key))
        return text_f(c->arena,
                      "\n\nThe credentials come from %s, and %s does not take them: the key was "
                      "deleted or is of another partition, its secret is another one, or the "
                      "account has not enabled the region.",
                      source, s->region);
    switch (aws_error_class(error)) {
    case AWS_UNAUTHORIZED:
        return text_f(c->arena,
                      "\n\nThe credentials come from %s. Their identity needs the permission "
                      "%s:%s, and no policy of the organization may deny it.",
                      source, operation->service->signing_name, operation->name);
    case AWS_EXPIRED:
        return text_f(c->arena,
                      "\n\nThe credentials come from %s and could not be renewed. Log in again.",
                      source);
    case AWS_CLOCK:
        return text_f(c->arena,
                      "\n\nThe credentials come from %s. Either the secret access key is not the "
                      "one of its id, or this machine's clock is wrong.",
                      source);
    case AWS_THROTTLED:
        return "\n\nAWS limits how often this account may ask. What was done so far is kept; "
               "apply again later, or raise max_retries.";
    case AWS_TRANSIENT:
        return "\n\nThe service has trouble of its own. What was done so far is kept; apply again "
               "later.";
    default:
        return "";
    }
}

bool aws_refused(struct call *c, struct aws *session, const struct aws_operation *operation,
                 const char *subject, const struct aws_error *error)
{
    const char *code = *error->code ? error->code : text_f(c->arena, "HTTP %d", error->status);

    return diag_error(
        c->diags, NULL,
        text_f(c->arena, "%s refused %s: %s", operation->service->name, operation->name, code),
        "%s%sIn %s: %s%s%s%s%s", subject, *subject ? ". " : "", session->region, error->message,
        *error->request_id ? " (request " : "", error->request_id, *error->request_id ? ")" : "",
        advice(c, session, operation, error));
}

bool aws_call(struct call *c, struct aws *session, const struct aws_operation *operation,
              const struct value *input, const struct value **out)
{
    struct aws_reply reply;

    *out = NULL;
    if (!aws_try(c, session, operation, input, &reply))
        return false;
    *out = reply.output;
    return reply.output || aws_error_is(&reply.error, operation->gone) ||
           aws_refused(c, session, operation, "", &reply.error);
}

bool aws_list(struct call *c, struct aws *session, const struct aws_operation *operation,
              const struct value *input, const struct value **items)
{
    struct value_builder all;
    const struct value *page;

    value_builder_init(&all, c->arena);
    for (int pages = 0; pages < PAGES_MAX; pages++) {
        const struct value *list, *next;

        if (!aws_call(c, session, operation, input, &page))
            return false;
        list = page ? value_at(page, operation->items) : &value_empty_list;
        for (size_t i = 0; i < value_count(list); i++)
            value_builder_add(&all, value_item(list, i));
        next = page && operation->page_out ? value_at(page, operation->page_out) : &value_null;
        if (!*value_z(next)) {
            *items = value_builder_list(&all);
            return true;
        }
        input = value_with(c->arena, input, operation->page_in, next);
    }
    return diag_error(c->diags, NULL, text_f(c->arena, "%s never ends", operation->name),
                      "%s gave %d pages and names yet another one.", operation->service->name,
                      PAGES_MAX);
}
