/* set - templates by name. For files of template/ only. */
#ifndef TEMPLATE_SET_H
#define TEMPLATE_SET_H
#include "template/parser.h"
#include "template/run.h"

enum { SET_NAME_BYTES_MAX = 4096 };

struct template_set {
    struct call *call;
    struct arena *arena;
    struct template_hooks hooks;
    struct template_set *parent; /* a text of tpl sees what was there before it */
    struct template **slots;
    size_t count, capacity;
    struct text_builder out; /* scratch: all text is built in it */
    size_t arena_bytes;      /* before anything was done */
    const char *error;
    bool unstable;
};

/* NULL: there is none. */
struct template *set_find(struct template_set *s, struct text name);
/* Adds what a source holds: a blank body never replaces another, else the later wins. */
void set_add(struct template_set *s, struct template *templates);

#endif
