/* charts_server - the inside of the stand-in repository and registry. */
#ifndef SANDBOX_CHARTS_SERVER_H
#define SANDBOX_CHARTS_SERVER_H
#include <pthread.h>

#include "acceptance/sandbox/charts.h"
#include "acceptance/sandbox/identity.h"
#include "acceptance/sandbox/pack.h"
#include "schema/value.h"

enum charts_port { PORT_PLAIN, PORT_PLAIN_OTHER, PORT_TLS, PORT_TLS_OTHER, CHARTS_PORTS };

struct charts_listener {
    struct charts *server;
    enum charts_port port;
    struct MHD_Daemon *daemon;
    const char *url;
};
struct charts {
    struct arena *arena; /* nothing is added once it listens */
    struct offers offers;
    struct identity *identity;
    struct charts_listener listeners[CHARTS_PORTS];
    pthread_mutex_t lock; /* guards the record */
    char *log;
    size_t log_bytes;
};

struct charts_request {
    const struct charts *s;
    const struct charts_listener *at;
    struct arena *a;
    const char *path, *authorization;
    const struct value *query;
    int status;
    const char *type;
    struct text body;
    const char *location, *challenge, *link; /* headers of the reply; NULL = none */
};

/* Both give true, so that answering and leaving is one statement. */
bool charts_answer(struct charts_request *r, int status, const char *type, struct text body);
bool charts_redirect(struct charts_request *r, const char *location);
/* The address of the same scheme's other port. */
const char *charts_other(const struct charts_request *r);
bool charts_is_user(const struct charts_request *r);
/* repository_server.c, registry_server.c: false = not theirs. */
bool repository_handle(struct charts_request *r);
bool registry_handle(struct charts_request *r);

#endif
