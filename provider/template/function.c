#include "template/function.h"

#include <pthread.h>
#include <string.h>

enum { SLOTS = 1024 }; /* over three times the functions that there are */

static const struct function *const tables[] = {
    functions_builtin,  functions_helm,        functions_string, functions_case,
    functions_layout,   functions_random,      functions_list,   functions_dict,
    functions_merge,    functions_number,      functions_type,   functions_regex,
    functions_version,  functions_encoding,    functions_time,   functions_crypto,
    functions_password, functions_certificate, functions_path,
};

const struct datum *function_fail(struct function_call *f, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    f->error = text_fv(f->arena, format, arguments);
    va_end(arguments);
    return NULL;
}

const struct datum *function_argument(const struct function_call *f, size_t i)
{
    return i < f->count ? f->arguments[i] : &datum_nil;
}

struct text function_text(const struct function_call *f, size_t i)
{
    const struct datum *d = function_argument(f, i);

    return d->kind == DATUM_STRING || d->kind == DATUM_BYTES ? d->text : (struct text){"", 0};
}

int64_t function_integer(const struct function_call *f, size_t i)
{
    const struct datum *d = function_argument(f, i);

    return d->kind == DATUM_INT || d->kind == DATUM_INT64 || d->kind == DATUM_UINT8 ? d->integer
                                                                                    : 0;
}

double function_real(const struct function_call *f, size_t i)
{
    const struct datum *d = function_argument(f, i);

    return d->kind == DATUM_FLOAT64 ? d->real : 0;
}

/* Charts name functions thousands of times: the tables are hashed once. */
static const struct function *slots[SLOTS];
static pthread_once_t slots_once = PTHREAD_ONCE_INIT;

static size_t slot_of(struct text name)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
    return hash % SLOTS;
}

static void fill_slots(void)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(struct function *); t++)
        for (const struct function *f = tables[t]; f->name; f++) {
            size_t slot = slot_of(text_of(f->name));

            while (slots[slot] && strcmp(slots[slot]->name, f->name) != 0)
                slot = (slot + 1) % SLOTS;
            if (!slots[slot]) /* the first table that has a name wins */
                slots[slot] = f;
        }
}

const struct function *function_find(struct text name)
{
    (void)pthread_once(&slots_once, fill_slots);
    for (size_t slot = slot_of(name); slots[slot]; slot = (slot + 1) % SLOTS)
        if (text_is(name, slots[slot]->name))
            return slots[slot];
    return NULL;
}
