/* charts - a stand-in chart repository and OCI registry on loopback: the charts of a
 * folder, packed when it starts.
 *
 * Repositories, each at an address below the URL:
 *   /charts      as it should be          /private    wants charts_username, charts_password
 *   /relative    urls relative to a folder, with a query kept (?team=mesh)
 *   /redirected  archives lead to another port, where credentials are refused
 *   /html        answers with a web page  /forged     digests of the index are wrong
 *   /truncated   archives are cut short   /broken     the index is no YAML
 *   /downgrade   archives lead to plain HTTP          /pages   archives are web pages
 *   /pointing    the index names oci:// addresses
 * Registry: registry_server.c. Each daemon answers for both, plain and with TLS, and has a
 * second port that only serves what redirects lead to. Thread-safe. */
#ifndef SANDBOX_CHARTS_H
#define SANDBOX_CHARTS_H
#include <stdbool.h>
#include <stddef.h>

struct charts;

#define CHARTS_USERNAME "reader"
#define CHARTS_PASSWORD "stand-in-chart-password"

/* Ends the process with a message when it cannot listen or read. */
struct charts *charts_start(const char *folder);
void charts_stop(struct charts *s);
/* "http://127.0.0.1:1234" and its "https://…" twin. */
const char *charts_url(const struct charts *s);
const char *charts_tls_url(const struct charts *s);
const char *charts_ca_pem(const struct charts *s);
/* Lines "GET /charts/index.yaml 200\n" since the start or the last reset; caller frees
 * with memory_free(). */
char *charts_requests(struct charts *s);
void charts_requests_reset(struct charts *s);

#endif
