/* pem - the blocks of a PEM text, before anyone asks what they mean.
 *
 * Text around the blocks is allowed (openssl writes some), but a BEGIN line
 * that opens no readable block is an error: others would skip it silently.
 * Decoded bytes live in the arena and are wiped when it goes; messages never
 * show any of them. For crypto/ alone. */
#ifndef CRYPTO_PEM_H
#define CRYPTO_PEM_H
#include <stdbool.h>

#include "base/text.h"
#include "schema/diag.h"

enum { PEM_BLOCKS_MAX = 64, PEM_TEXT_BYTES_MAX = 1 << 20 };

struct pem_block {
    const char *label;
    bool is_encrypted; /* the old way, with Proc-Type and DEK-Info lines */
    struct text der;
};

struct pem_blocks {
    const struct pem_block *items;
    size_t count;
};

bool pem_has_block(struct text text);
/* What every reader refuses first: nothing at all, or far too much. */
bool pem_check_size(struct diags *diags, const struct path *at, const char *what, struct text text);
bool pem_read_all(struct arena *a, struct diags *diags, const struct path *at, const char *what,
                  struct text text, struct pem_blocks *out);
/* The first block, whatever comes behind it; false = there is none that can be read. */
bool pem_read_first(struct arena *a, struct text text, struct pem_block *block);
/* For text that is neither PEM nor DER: a sentence on the likely mistake. */
const char *pem_hint(struct text text);

#endif
