#include "http/attempt.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "http/io.h"
#include "http/tls.h"

enum {
    KEEPALIVE_SECONDS = 30,
    UNANSWERED_MS = 20 * 1000, /* unacknowledged bytes: the peer is gone */
    IDLE_SECONDS_MAX = 45,     /* below the 60 s of common load balancers */
    CURL_WORDS_BYTES_MAX = 400,
};

/* curl's setter is a macro with variable types, hence this one. */
#define SET(option, value) (curl_easy_setopt(easy, (option), (value)) == CURLE_OK)

/* --- callbacks ------------------------------------------------------------ */
/* Plugins that kube starts must not inherit the socket. */
static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)context, (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Without this a server that vanished holds every request of a shared HTTP/2
 * connection until each has timed out. */
static int on_socket_ready(void *context, curl_socket_t fd, curlsocktype purpose)
{
    unsigned ms = UNANSWERED_MS;

    (void)context, (void)purpose;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
    return CURL_SOCKOPT_OK;
}

static CURLcode on_ssl_context(CURL *easy, void *ssl_context, void *context)
{
    struct job *job = context;

    (void)easy;
    return tls_witness_watch(job->witness, ssl_context) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* Before each send, curl's own second one on a kept connection that turned out
 * to be dead included: that is right only for what may be sent twice. */
static int on_send(void *context, char *to, char *from, int to_port, int from_port)
{
    struct job *job = context;
    struct lane *lane = job->request->endpoint->lane;
    struct curl_tlssessioninfo *tls = NULL;

    (void)to, (void)from, (void)to_port, (void)from_port;
    if (job->sends++ && !job_is_idempotent(job))
        return CURL_PREREQFUNC_ABORT;
    if (!job->request->endpoint->tls)
        return CURL_PREREQFUNC_OK;
    curl_easy_getinfo(job->easy, CURLINFO_TLS_SSL_PTR, &tls);
    lane->protocol =
        tls && tls->internals && tls_is_http2(tls->internals) ? LANE_HTTP2 : LANE_HTTP1;
    if (lane->probing)
        io_open_lane(job->request->endpoint);
    return CURL_PREREQFUNC_OK;
}

/* --- options -------------------------------------------------------------- */
static bool set_general(CURL *easy, struct job *job)
{
    return SET(CURLOPT_PRIVATE, job) && SET(CURLOPT_NOSIGNAL, 1L) &&
           SET(CURLOPT_ERRORBUFFER, job->curl_words) && SET(CURLOPT_PROTOCOLS_STR, "http,https") &&
           SET(CURLOPT_HEADERFUNCTION, job_on_head) && SET(CURLOPT_HEADERDATA, job) &&
           SET(CURLOPT_WRITEFUNCTION, job_on_body) && SET(CURLOPT_WRITEDATA, job) &&
           SET(CURLOPT_PREREQFUNCTION, on_send) && SET(CURLOPT_PREREQDATA, job) &&
           SET(CURLOPT_OPENSOCKETFUNCTION, on_socket) &&
           SET(CURLOPT_SOCKOPTFUNCTION, on_socket_ready) && SET(CURLOPT_TCP_KEEPALIVE, 1L) &&
           SET(CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_SECONDS) &&
           SET(CURLOPT_CONNECTTIMEOUT_MS, (long)JOB_CONNECT_MS) &&
           SET(CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS_MAX) &&
           SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) && SET(CURLOPT_PATH_AS_IS, 1L);
}

static bool set_body(CURL *easy, const struct http_request *request)
{
    bool expected = strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0 ||
                    strcmp(request->method, "PATCH") == 0;

    if (strcmp(request->method, "HEAD") == 0)
        return SET(CURLOPT_NOBODY, 1L);
    if (!request->body.len && !expected)
        return SET(CURLOPT_HTTPGET, 1L) && SET(CURLOPT_CUSTOMREQUEST, request->method);
    return SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len) &&
           SET(CURLOPT_POSTFIELDS, request->body.len ? request->body.at : "") &&
           SET(CURLOPT_CUSTOMREQUEST, request->method);
}

static bool wants_encoding(const struct job *job)
{
    for (size_t i = 0; i < job->request->header_count; i++)
        if (strcasecmp(job->request->headers[i].name, "Accept-Encoding") == 0)
            return false; /* then the caller gets the bytes as they are */
    return !job_is_stream(job) && curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_LIBZ;
}

static bool set_request(CURL *easy, const struct job *job)
{
    bool http2_likely = job->request->endpoint->lane->protocol != LANE_HTTP1;

    return SET(CURLOPT_URL, job->url) && SET(CURLOPT_HTTPHEADER, job->headers) &&
           SET(CURLOPT_USERAGENT, "terraform-provider-istio/" PROVIDER_VERSION) &&
           SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) &&
           SET(CURLOPT_PIPEWAIT, http2_likely ? 1L : 0L) && set_body(easy, job->request) &&
           (!wants_encoding(job) || SET(CURLOPT_ACCEPT_ENCODING, "gzip"));
}

static bool set_proxy(CURL *easy, const struct http_endpoint *e)
{
    /* NO_PROXY was judged when the endpoint was made. */
    return SET(CURLOPT_PROXY, e->proxy) && SET(CURLOPT_NOPROXY, "") &&
           SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
           SET(CURLOPT_PROXY_CAPATH, NULL) && SET(CURLOPT_PROXY_CAINFO, tls_system_ca_file());
}

static struct curl_blob blob(char *pem)
{
    return (struct curl_blob){pem, strlen(pem), CURL_BLOB_NOCOPY};
}

/* curl compares all of this before it reuses a connection, the bytes included:
 * endpoints with different trust or identity never share one. CAPATH has to go,
 * or the system's CAs would be trusted beside the given one. */
static bool set_tls(CURL *easy, struct job *job)
{
    const struct http_endpoint *e = job->request->endpoint;

    if (!SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ||
        !SET(CURLOPT_SSL_VERIFYPEER, 1L) || !SET(CURLOPT_SSL_VERIFYHOST, 2L) ||
        !SET(CURLOPT_SSL_SESSIONID_CACHE, 0L) || !SET(CURLOPT_CAPATH, NULL) ||
        !SET(CURLOPT_SSL_CTX_FUNCTION, on_ssl_context) || !SET(CURLOPT_SSL_CTX_DATA, job) ||
        !SET(CURLOPT_CONNECT_TO, e->connect_to))
        return false;
    if (e->ca_pem) {
        struct curl_blob ca = blob(e->ca_pem);

        if (!SET(CURLOPT_CAINFO_BLOB, &ca))
            return false;
    } else if (!SET(CURLOPT_CAINFO, e->ca_file)) {
        return false;
    }
    if (e->client_cert_pem) {
        struct curl_blob cert = blob(e->client_cert_pem), key = blob(e->client_key_pem);

        return SET(CURLOPT_SSLCERT_BLOB, &cert) && SET(CURLOPT_SSLKEY_BLOB, &key);
    }
    return true;
}

static void forget_attempt(struct job *job)
{
    job->sends = 0;
    job->head.len = job->body.len = 0;
    job->head_bytes = job->head_lines = 0;
    job->curl_words[0] = '\0';
    job->failure = HTTP_FINE;
    job->failure_text = "";
    job->lasting = false;
    job->status = 0;
    arena_free(job->words);
    job->words = NULL;
}

bool attempt_begin(struct job *job, CURL *easy)
{
    const struct http_endpoint *e = job->request->endpoint;

    forget_attempt(job);
    job->easy = easy;
    job->attempts++;
    if (set_general(easy, job) && set_request(easy, job) && set_proxy(easy, e)) {
        if (!e->tls)
            return true;
        job->witness = tls_witness_new();
        if (set_tls(easy, job))
            return true;
    }
    job->lasting = true;
    job_fail(job, HTTP_CONNECT, "This build of libcurl (%s) lacks what a safe connection needs.",
             curl_version_info(CURLVERSION_NOW)->version);
    return false;
}

/* --- the verdict ---------------------------------------------------------- */
/* curl's own sentence, without a full stop. */
static const char *words_of(struct arena *a, const struct job *job, CURLcode code)
{
    struct text t = text_of(job->curl_words[0] ? job->curl_words : curl_easy_strerror(code));
    long number = 0;
    char reason[128];

    t = text_trim(text_of(text_printable(a, t, CURL_WORDS_BYTES_MAX)));
    while (t.len && t.at[t.len - 1] == '.')
        t.len--;
    curl_easy_getinfo(job->easy, CURLINFO_OS_ERRNO, &number);
    if (number && code == CURLE_COULDNT_CONNECT &&
        strerror_r((int)number, reason, sizeof(reason)) == 0)
        return text_f(a, "%s (%s)", text_z(a, t), reason);
    return text_z(a, t);
}

static void fail_tls(struct job *job, const char *words)
{
    const struct http_endpoint *e = job->request->endpoint;
    const char *seen = tls_witness_text(job->words, job->witness), *client = "";

    job->lasting = true;
    if (strstr(words, "wrong version number") || strstr(words, "packet length too long"))
        seen = "What answers at this port does not speak TLS: is the port right?";
    if (strstr(words, "alert") && e->client_name)
        client = text_f(job->words, " The client certificate sent: %s.", e->client_name);
    else if (strstr(words, "alert"))
        client = " No client certificate was sent.";
    job_fail(job, HTTP_TLS, "TLS with %s failed: %s.%s%s Expected: a certificate %s.%s",
             e->authority, words, *seen ? " " : "", seen, e->expected, client);
}

/* OpenSSL's errors reach us as text only. */
static bool is_tls_refusal(const struct job *job, const char *words)
{
    static const char *const telling[] = {"alert",
                                          "wrong version number",
                                          "certificate verify",
                                          "unsupported protocol",
                                          "no shared cipher",
                                          "no alternative",
                                          "packet length too long"};

    if (!strstr(words, "SSL") && !strstr(words, "TLS"))
        return false;
    for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
        if (strstr(words, telling[i]))
            return true;
    return tls_witness_refused(job->witness);
}

static void fail_proxy(struct job *job, const char *words)
{
    const struct http_endpoint *e = job->request->endpoint;
    long status = 0;

    curl_easy_getinfo(job->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    job->lasting = status >= 300 && status < 500;
    job_fail(job, HTTP_PROXY, "The proxy %s did not connect to %s: %s.", e->proxy_name,
             e->authority, words);
}

static bool is_proxy_failure(const struct job *job, CURLcode code)
{
    long status = 0;

    if (!*job->request->endpoint->proxy)
        return false;
    curl_easy_getinfo(job->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    return status >= 300 || code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY ||
           code == CURLE_COULDNT_CONNECT;
}

static void fail_by_code(struct job *job, CURLcode code, const char *words)
{
    const char *authority = job->request->endpoint->authority;

    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        job_fail(job, HTTP_RESOLVE, "The name in %s has no address: %s.", authority, words);
        break;
    case CURLE_COULDNT_CONNECT:
        job_fail(job, HTTP_CONNECT, "No connection to %s: %s.", authority, words);
        break;
    case CURLE_OPERATION_TIMEDOUT:
        job_fail(job, HTTP_CONNECT, "No connection to %s within %d s: %s.", authority,
                 JOB_CONNECT_MS / 1000, words);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        fail_tls(job, words);
        break;
    case CURLE_ABORTED_BY_CALLBACK:
        job_fail(job, HTTP_CUT,
                 "%s closed the connection before it answered. The request may have been carried "
                 "out; it is not sent twice.",
                 authority);
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        job_fail(job, HTTP_CUT, "What %s sent is not HTTP: %s.", authority, words);
        break;
    default:
        if (is_tls_refusal(job, words))
            fail_tls(job, words);
        else
            job_fail(job, HTTP_CUT, "The connection to %s was lost: %s.", authority, words);
    }
}

void attempt_end(struct job *job, CURLcode code)
{
    long status = 0;

    curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK || job->streaming)
        job->status = (int)status;
    if (code != CURLE_OK && job->failure == HTTP_FINE) {
        const char *words;

        if (!job->words)
            job->words = arena_new();
        words = words_of(job->words, job, code);
        if (is_proxy_failure(job, code))
            fail_proxy(job, words);
        else
            fail_by_code(job, code, words);
    }
    tls_witness_drop(job->witness);
    job->witness = NULL;
    job->easy = NULL;
}
