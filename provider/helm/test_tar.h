/* test_tar - makes gzipped tar archives, sound ones and others. For tests only: compiled
 * into them. */
#ifndef HELM_TEST_TAR_H
#define HELM_TEST_TAR_H
#include <stdio.h>
#include <string.h>

#include "base/test.h"
#include "codec/gzip.h"

#define TAR __attribute__((unused)) static

enum { TAR_BLOCK_BYTES = 512, TAR_BYTES_MAX = 256 << 20 };

struct tar {
    struct arena *arena;
    struct text_builder bytes;
};

TAR void tar_init(struct tar *t, struct arena *a)
{
    t->arena = a;
    text_builder_init(&t->bytes, a, TAR_BYTES_MAX);
}

static void tar_pad(struct tar *t)
{
    while (t->bytes.len % TAR_BLOCK_BYTES)
        text_add_char(&t->bytes, '\0');
}

/* type: '0' a file, '1' a hard link, '2' a symbolic link, '3' and '4' devices, '5' a
 * folder, '6' a pipe. */
TAR void tar_entry(struct tar *t, const char *name, char type, struct text data)
{
    char head[TAR_BLOCK_BYTES] = {0};
    unsigned sum = 0;

    memcpy(head, name, strlen(name) < 100 ? strlen(name) : 100);
    snprintf(head + 100, 8, "%07o", 0644U);
    snprintf(head + 108, 8, "%07o", 0U);
    snprintf(head + 116, 8, "%07o", 0U);
    snprintf(head + 124, 12, "%011zo", data.len);
    snprintf(head + 136, 12, "%011o", 0U);
    head[156] = type;
    if (type == '1' || type == '2')
        memcpy(head + 157, "chart/target", 12);
    memcpy(head + 257, "ustar\00000", 8);
    memset(head + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK_BYTES; i++)
        sum += (unsigned char)head[i];
    snprintf(head + 148, 8, "%06o", sum);
    text_add(&t->bytes, (struct text){head, TAR_BLOCK_BYTES});
    text_add(&t->bytes, data);
    tar_pad(t);
}

TAR void tar_file(struct tar *t, const char *name, const char *data)
{
    tar_entry(t, name, '0', text_of(data));
}

/* The archive as it would be packed; two empty blocks end it. */
TAR struct text tar_packed(struct tar *t)
{
    static const char end[2 * TAR_BLOCK_BYTES];

    text_add(&t->bytes, (struct text){end, sizeof(end)});
    return gzip_write(t->arena, text_built(&t->bytes));
}

#endif
