#include "crypto/pem.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <string.h>

#include "crypto/key.h"
#include "crypto/openssl.h"

static const char opening[] = "-----BEGIN ";

static size_t count_openings(struct text text)
{
    size_t count = 0, len = sizeof(opening) - 1;

    for (size_t i = 0; i + len <= text.len; i++)
        count += text.at[i] == '-' && memcmp(text.at + i, opening, len) == 0;
    return count;
}

bool pem_has_block(struct text text)
{
    return count_openings(text) > 0;
}

bool pem_check_size(struct diags *diags, const struct path *at, const char *what, struct text text)
{
    if (text_trim(text).len == 0)
        return diag_error(diags, at, text_f(diags->arena, "The %s is empty", what),
                          "PEM text is expected. A file is passed as its content: file(\"...\").");
    if (text.len > PEM_TEXT_BYTES_MAX)
        return diag_error(diags, at, text_f(diags->arena, "The %s is too large", what),
                          "It has %zu bytes; at most %d are read.", text.len,
                          (int)PEM_TEXT_BYTES_MAX);
    return true;
}

static bool looks_like_file_name(struct text text)
{
    return !memchr(text.at, '\n', text.len) &&
           (text_starts_with(text, "/") || text_starts_with(text, "./") ||
            text_starts_with(text, "~/") || text_ends_with(text, ".pem") ||
            text_ends_with(text, ".crt") || text_ends_with(text, ".key"));
}

const char *pem_hint(struct text text)
{
    text = text_trim(text);
    if (looks_like_file_name(text))
        return "It looks like a file name: pass the content, file(\"...\").";
    if (text_starts_with(text, "LS0tLS1CRUdJTi"))
        return "It looks like PEM in base64, as Kubernetes stores it: use base64decode(...).";
    return "PEM starts with a line like -----BEGIN CERTIFICATE----- or -----BEGIN PRIVATE "
           "KEY-----.";
}

static bool damaged(struct diags *diags, const struct path *at, const char *what, size_t number)
{
    openssl_reason(); /* speaks of parser details only */
    return diag_error(diags, at, text_f(diags->arena, "The %s is damaged", what),
                      "PEM block %zu cannot be read. Each BEGIN and END line must stand alone, "
                      "start in the first column (in HCL: <<-EOT removes an indentation) and have "
                      "its partner with the same words; between them is nothing but base64. Copy "
                      "the whole file again.",
                      number);
}

/* OpenSSL's own buffers are wiped as well as freed. */
static void block_take(struct arena *a, struct pem_block *block, const char *label,
                       const char *header, const unsigned char *data, long len)
{
    block->label = arena_strdup(a, label);
    block->is_encrypted = strstr(header, "ENCRYPTED") != NULL;
    block->der = (struct text){arena_copy(a, data, (size_t)len), (size_t)len};
    key_wipe_later(a, block->der);
}

static bool block_read(struct arena *a, BIO *input, struct pem_block *block)
{
    char *label = NULL, *header = NULL;
    unsigned char *data = NULL;
    long len = 0;

    if (!PEM_read_bio(input, &label, &header, &data, &len))
        return false;
    block_take(a, block, label, header, data, len);
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, (size_t)len);
    return true;
}

static void close_input(void *handle)
{
    BIO_free(handle);
}

static BIO *input_new(struct arena *a, struct text text)
{
    BIO *input = BIO_new_mem_buf(text.at, (int)text.len);

    if (input)
        arena_defer(a, close_input, input);
    return input;
}

bool pem_read_all(struct arena *a, struct diags *diags, const struct path *at, const char *what,
                  struct text text, struct pem_blocks *out)
{
    size_t count = count_openings(text);
    struct pem_block *blocks;
    BIO *input;

    openssl_start();
    if (count > PEM_BLOCKS_MAX)
        return diag_error(diags, at, text_f(diags->arena, "The %s is too long", what),
                          "It has %zu PEM blocks; at most %d are read.", count,
                          (int)PEM_BLOCKS_MAX);
    blocks = arena_array(a, count, sizeof(*blocks));
    input = input_new(a, text);
    for (size_t i = 0; i < count; i++)
        if (!input || !block_read(a, input, &blocks[i]))
            return damaged(diags, at, what, i + 1);
    *out = (struct pem_blocks){blocks, count};
    return true;
}

bool pem_read_first(struct arena *a, struct text text, struct pem_block *block)
{
    BIO *input;
    bool done;

    openssl_start();
    if (!text.len || text.len > PEM_TEXT_BYTES_MAX)
        return false;
    input = input_new(a, text);
    done = input && block_read(a, input, block);
    (void)openssl_reason();
    return done;
}
