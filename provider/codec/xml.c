#include "codec/xml.h"

#include <stdlib.h>
#include <string.h>

#include <expat.h>

struct building {
    struct xml_element element;
    struct xml_element *last; /* child */
    struct text_builder text;
    struct building *outer;
};

struct reader {
    struct arena *a;
    XML_Parser parser;
    struct building *open; /* innermost */
    const struct xml_element *root;
    const char *reason; /* first refusal of our own */
    size_t elements;
    int depth;
};

static void *allocate(size_t size)
{
    return memory_new(1, size);
}

static void parser_close(void *parser)
{
    XML_ParserFree(parser);
}

static void refuse(struct reader *r, const char *reason)
{
    if (!r->reason)
        r->reason = reason;
    XML_StopParser(r->parser, XML_FALSE);
}

/* Behind the prefix. */
static const char *local_name(struct arena *a, const char *name)
{
    const char *colon = strrchr(name, ':');

    return arena_strdup(a, colon ? colon + 1 : name);
}

static void XMLCALL start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *r = data;
    struct building *b = arena_alloc(r->a, sizeof(*b));

    (void)attributes;
    if (++r->depth > XML_DEPTH_MAX || ++r->elements > XML_ELEMENTS_MAX) {
        refuse(r,
               r->depth > XML_DEPTH_MAX ? "it is nested too deeply" : "it has too many elements");
        return;
    }
    b->element.name = local_name(r->a, name);
    b->outer = r->open;
    text_builder_init(&b->text, r->a, XML_BYTES_MAX);
    r->open = b;
}

/* The list of children is built in order; `parent` is known once it is closed. */
static void XMLCALL end(void *data, const XML_Char *name)
{
    struct reader *r = data;
    struct building *b = r->open, *outer = b->outer;

    (void)name;
    b->element.text = text_built(&b->text);
    r->open = outer;
    r->depth--;
    if (!outer) {
        r->root = &b->element;
        return;
    }
    b->element.parent = &outer->element;
    if (outer->last)
        outer->last->next = &b->element;
    else
        outer->element.first = &b->element;
    outer->last = &b->element;
}

static void XMLCALL characters(void *data, const XML_Char *at, int len)
{
    struct reader *r = data;

    if (r->open)
        text_add(&r->open->text, (struct text){at, (size_t)len});
}

static void XMLCALL doctype(void *data, const XML_Char *name, const XML_Char *system,
                            const XML_Char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    refuse(data, "it has a document type declaration");
}

static bool fail(struct reader *r, struct diags *diags, const char *what)
{
    const char *reason = r->reason ? r->reason : XML_ErrorString(XML_GetErrorCode(r->parser));

    return diag_error(diags, NULL, text_f(r->a, "Cannot read XML: %s", what),
                      "Line %lu, column %lu: %s.",
                      (unsigned long)XML_GetCurrentLineNumber(r->parser),
                      (unsigned long)XML_GetCurrentColumnNumber(r->parser) + 1, reason);
}

bool xml_read(struct arena *a, struct text xml, const char *what, struct diags *diags,
              const struct xml_element **root)
{
    static const XML_Memory_Handling_Suite memory = {allocate, memory_resize, memory_free};
    struct reader r = {.a = a};

    *root = NULL;
    if (xml.len > XML_BYTES_MAX)
        return diag_error(diags, NULL, text_f(a, "Cannot read XML: %s", what),
                          "It is larger than %d bytes.", XML_BYTES_MAX);
    r.parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
    arena_defer(a, parser_close, r.parser);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, start, end);
    XML_SetCharacterDataHandler(r.parser, characters);
    XML_SetStartDoctypeDeclHandler(r.parser, doctype);
    if (XML_Parse(r.parser, xml.at, (int)xml.len, XML_TRUE) != XML_STATUS_OK || r.reason)
        return fail(&r, diags, what);
    *root = r.root;
    return true;
}

const struct xml_element *xml_child(const struct xml_element *element, const char *name)
{
    const struct xml_element *child = element ? element->first : NULL;

    while (child && strcmp(child->name, name) != 0)
        child = child->next;
    return child;
}

const char *xml_text(struct arena *a, const struct xml_element *element, const char *name)
{
    const struct xml_element *child = xml_child(element, name);

    return child ? text_z(a, text_trim(child->text)) : "";
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    default:
        return NULL;
    }
}

const char *xml_escape(struct arena *a, struct text t)
{
    struct text_builder b;

    text_builder_init(&b, a, XML_BYTES_MAX);
    for (size_t i = 0; i < t.len; i++) {
        const char *name = entity(t.at[i]);
        unsigned char c = (unsigned char)t.at[i];

        if (name)
            text_add_z(&b, name);
        else if (c >= ' ' || c == '\t' || c == '\n' || c == '\r')
            text_add_char(&b, t.at[i]);
    }
    return text_built(&b).at;
}
