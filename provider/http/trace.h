/* trace - what of a request may be written to the log.
 *
 * DEBUG: one line per attempt. TRACE: headers, and bodies when the user asked
 * for them and the request does not forbid it. Never written: values of headers
 * and query parameters that authenticate. Thread-safe. */
#ifndef HTTP_TRACE_H
#define HTTP_TRACE_H
#include "http/client.h"

/* "authorization" and its like, by exact name and by tell-tale words. */
bool trace_is_secret(struct text name);
/* The URL with the values of secret query parameters masked. */
const char *trace_url(struct arena *a, const char *url);
void trace_request(const struct http_request *request, const char *shown_url, bool bodies);
void trace_attempt(const struct http_request *request, const char *shown_url, int attempt,
                   int64_t took_ms, int status, const char *failure_text);
void trace_reply(const struct http_request *request, const char *shown_url,
                 const struct http_reply *reply, bool bodies);

#endif
