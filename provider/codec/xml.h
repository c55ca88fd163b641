/* xml - XML text to a tree of elements, and text made fit for XML.
 *
 * Over expat. For replies of services: no DTD (a document with one is refused, and
 * with it every entity of its own), names without their namespace, comments and
 * processing instructions dropped. Limits: XML_BYTES_MAX, XML_DEPTH_MAX,
 * XML_ELEMENTS_MAX; a refused text is a diagnostic with line and column. */
#ifndef CODEC_XML_H
#define CODEC_XML_H
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "schema/diag.h"

enum { XML_BYTES_MAX = 64 << 20, XML_DEPTH_MAX = 100, XML_ELEMENTS_MAX = 2 << 20 };

/* Lives in the arena of xml_read(). */
struct xml_element {
    const char *name;                 /* without prefix */
    struct text text;                 /* its own characters, joined, NUL-terminated */
    const struct xml_element *first;  /* child */
    const struct xml_element *next;   /* sibling */
    const struct xml_element *parent; /* NULL for the root */
};

/* `what` names the text in a message: "reply of ec2 to DescribeVpcs". */
bool xml_read(struct arena *a, struct text xml, const char *what, struct diags *diags,
              const struct xml_element **root);
/* The first child of that name; NULL when there is none or element is NULL. */
const struct xml_element *xml_child(const struct xml_element *element, const char *name);
/* Its text, blanks cut from both ends; "" when there is none. */
const char *xml_text(struct arena *a, const struct xml_element *element, const char *name);
/* Character data with & < > " ' escaped; characters that XML 1.0 (section 2.2) cannot
 * hold are left out. */
const char *xml_escape(struct arena *a, struct text t);

#endif
