/* json_write - a datum as encoding/json writes it: keys in byte order, numbers in
 * JSON's plain form up to 1e21, bytes as base64, invalid UTF-8 as U+FFFD. */
#ifndef TEMPLATE_JSON_WRITE_H
#define TEMPLATE_JSON_WRITE_H
#include "template/datum.h"

enum json_write_flags {
    JSON_WRITE_HTML_SAFE = 1 << 0, /* <, > and & become \u003c ... */
    JSON_WRITE_PRETTY = 1 << 1,    /* two blanks per level */
};

/* Deeper ones are cycles (a map that was set into itself). */
enum { JSON_WRITE_DEPTH_MAX = 1000 };

/* NULL, or Go's words for what JSON cannot say. */
const char *json_write_datum(struct text_builder *b, const struct datum *d, unsigned flags);
/* An object (time, version, files) as what its JSON is made of: a map, list or string;
 * other kinds as they are. */
const struct datum *json_plain(struct arena *a, const struct datum *d);
void json_write_text(struct text_builder *b, struct text t, unsigned flags);
/* The number of bytes of the UTF-8 character at *at; 0 when it is none. */
size_t json_rune(struct text t, unsigned *rune);

#endif
