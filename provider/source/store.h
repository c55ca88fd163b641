/* store - what the calls of one process have fetched, so that each thing is fetched
 * once: indexes, lists of tags, archives by digest. For the files of source alone.
 *
 * A key is held by one call while it fetches; others that want it wait, each with its
 * own deadline and cancellation, and take over when it fails. What was given stays
 * until chart_store_free() and may be read without a lock. Thread-safe. */
#ifndef SOURCE_STORE_H
#define SOURCE_STORE_H
#include "source/source.h"

struct http_endpoint;

/* One of the two is there, as it was given. */
struct stored {
    struct text bytes;
    const struct value *value;
};

/* True with *held: the key is now the caller's to fetch, and has to be given or
 * released. True without it: *out is what is there. False: reported. */
bool store_take(struct call *c, struct chart_store *s, const char *key, bool *held,
                struct stored *out);
/* Keeps a copy, which *out is. */
void store_give(struct chart_store *s, const char *key, const struct stored *what,
                struct stored *out);
/* It could not be fetched: whoever waits next tries. */
void store_release(struct chart_store *s, const char *key);

/* The endpoint of an origin ("https://charts.example.com:443"), made once for each
 * set of CAs; ca_pem may be "". False: reported at `at`. */
bool store_endpoint(struct call *c, struct chart_store *s, const char *origin, const char *ca_pem,
                    const struct path *at, const struct http_endpoint **out);

#endif
