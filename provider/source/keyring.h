/* keyring - which keys of an OpenPGP keyring may sign now. Pure.
 *
 * A key counts by what it says of itself with good signatures; whatever looks like its
 * revocation revokes it. */
#ifndef SOURCE_KEYRING_H
#define SOURCE_KEYRING_H
#include "source/openpgp.h"

enum { KEYRING_KEYS_MAX = 1000 };

struct keyring_key {
    struct openpgp_key key;
    const char *user;  /* "Jane <jane@example.com>", "" when unknown */
    const char *fault; /* why it may not sign: "it has expired on 2026-…"; NULL = it may */
};
struct keyring {
    struct keyring_key *keys; /* main keys, each before its subkeys */
    size_t count;
};

/* Packets, as openpgp_dearmor() gives them. NULL, or why they are no keyring. */
const char *keyring_read(struct arena *a, struct diags *diags, struct text packets, int64_t now,
                         struct keyring *out);

#endif
