/* provenance - is a packed chart the one that somebody signed?
 *
 * A provenance file (<chart>.tgz.prov) is an OpenPGP clear-signed text: Chart.yaml and
 * the SHA-256 of the archive. It has to carry a good signature of a key of the keyring
 * that is neither expired nor revoked, and name the archive with its digest. Whatever
 * cannot be read or decided is a refusal. */
#ifndef SOURCE_PROVENANCE_H
#define SOURCE_PROVENANCE_H
#include "schema/call.h"

struct provenance_claim {
    const char *what;   /* "istiod 1.27.3": for messages */
    const char *file;   /* "istiod-1.27.3.tgz" */
    const char *digest; /* of the archive: "sha256:…" */
    const struct path *at;
};
/* keyring: public keys, armored or binary. False: reported. */
bool provenance_check(struct call *c, struct text provenance, struct text keyring,
                      const struct provenance_claim *claim);

#endif
