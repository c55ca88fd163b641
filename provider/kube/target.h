/* target - a connection made plain: where the server is and what proves who we
 * are, with every file that is named in it read.
 *
 * For files in kube/ only. Everything lives in the arena of the call, until
 * target_copy() takes it into the client's own. Credentials must never reach a
 * log or a diagnostic. */
#ifndef KUBE_TARGET_H
#define KUBE_TARGET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "schema/call.h"

enum {
    KUBECONFIG_BYTES_MAX = 4 << 20,
    KUBECONFIG_FILES_MAX = 64,
    CREDENTIAL_FILE_BYTES_MAX = 1 << 20,
};

/* A credential plugin: `command` is found along PATH when it has no slash. */
struct kube_exec {
    const char *command;
    const struct value *args; /* list of strings */
    const struct value *env;  /* map of strings, added to our own environment */
    const char *api_version;
    const char *install_hint;         /* "" = none */
    const struct value *cluster_info; /* spec.cluster of its input; NULL = not asked for */
};

struct kube_credentials {
    const char *token;      /* NULL = none; this and those below alike */
    const char *token_file; /* read again when it grows old and after a 401 */
    struct text client_certificate_pem, client_key_pem; /* len 0 = none */
    const struct kube_exec *exec;
    const struct value *eks;
};

/* A file as it was when it was read: another inode, size or time is another
 * content. */
struct kube_file {
    const char *path;
    int64_t modified_s, modified_ns, bytes;
    uint64_t inode;
    bool exists;
    struct kube_file *next;
};

struct kube_target {
    const char *host;                        /* "https://…", no slash at the end */
    const char *tls_server_name, *proxy_url; /* NULL = none */
    struct text ca_pem;                      /* len 0 = the system's */
    struct kube_credentials credentials;
    struct kube_file *files;
};

/* The target of a connection object; `at` is the attribute it came from. Asks
 * no server. host is NULL when only an EKS cluster's name is known. */
bool target_of(struct call *c, const struct value *connection, const struct path *at,
               struct kube_target *out);
struct kube_target target_copy(struct arena *a, const struct kube_target *t);
/* None of the files has changed. */
bool target_is_current(const struct kube_target *t);
/* Reads a whole regular file and remembers its stamp in t (may be NULL). `what`
 * begins the message: "Kubeconfig". With missing_ok a file that does not exist
 * gives out->at NULL. */
bool target_file(struct call *c, struct kube_target *t, const char *path, size_t bytes_max,
                 const struct path *at, const char *what, bool missing_ok, struct text *out);
/* Refuses what is not https://host[:port][/path] and cuts the slash at the end. */
bool target_host(struct call *c, const char *url, const struct path *at, const char **out);
/* A PEM text, or a message that tells how base64 becomes one. */
bool target_pem(struct call *c, const char *what, struct text pem, const struct path *at);

/* Adds what the kubeconfig argument ({path | raw, context}) says to *out. */
bool kubeconfig_target(struct call *c, const struct value *kubeconfig, const struct path *at,
                       struct kube_target *out);

#endif
