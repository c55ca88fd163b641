/* case_file - cases of one topic: charts, values and what Helm made of them.
 *
 * The form is told in cases.py, which writes these files; this side only reads. All
 * texts are borrowed from the file. A file that is not of the form fails the test. */
#ifndef YARDSTICK_CASE_FILE_H
#define YARDSTICK_CASE_FILE_H
#include "base/test.h"
#include "schema/value.h"

/* What Helm made of a case. */
enum outcome {
    OUTCOME_TEXT,     /* of the one template */
    OUTCOME_MANIFEST, /* of the whole chart */
    OUTCOME_ERROR,    /* with a place in a template, and words */
    OUTCOME_REFUSED,  /* an error without a place; its words are not compared */
};

struct answer {
    enum outcome outcome;
    struct text text;           /* of text and manifest */
    const struct value *errors; /* list of strings that the error has to hold */
};

struct case_part {
    struct text what; /* "values", "chart templates/_a.tpl" */
    struct text body;
};

struct case_entry {
    const char *name; /* "topic: name", of a line of `each` with its number */
    const struct case_part *parts;
    size_t part_count;
    bool has_template;
    struct text template;
    struct answer answer;
};

struct case_file {
    struct case_entry *cases; /* a line of `each` is one of its own */
    size_t count;
};

void case_file_read(struct arena *a, const char *topic, struct text text, struct case_file *out);
/* The body of a part; *quoted parts hold one JSON string. */
struct text case_part_text(struct arena *a, const struct case_part *part);

#endif
