#include "codec/xml.h"

#include <string.h>

#include "base/test.h"

static const struct xml_element *read(struct arena *a, const char *z, struct diags *diags)
{
    const struct xml_element *root;

    diags_init(diags, a);
    return xml_read(a, text_of(z), "reply", diags, &root) ? root : NULL;
}

TEST(elements_keep_order_text_and_parents)
{
    struct diags diags;
    const struct xml_element *root =
        read(a,
             "<?xml version=\"1.0\"?>\n<r xmlns=\"urn:x\" n:a='1' xmlns:n='y'><!-- no -->"
             "<n:one> a&amp;<![CDATA[<b>]]>&#xe9; </n:one><two/><one>second</one></r>",
             &diags);

    assert_string_equal(root->name, "r");
    assert_null(root->parent);
    assert_string_equal(root->first->name, "one");
    assert_ptr_equal(root->first->parent, root);
    assert_string_equal(xml_text(a, root, "one"), "a&<b>\xc3\xa9");
    assert_string_equal(root->first->next->name, "two");
    assert_string_equal(xml_text(a, root, "two"), "");
    assert_string_equal(text_z(a, root->first->next->next->text), "second");
    assert_null(root->first->next->next->next);
    assert_null(xml_child(root, "three"));
    assert_string_equal(xml_text(a, NULL, "x"), "");
}

TEST(bad_xml_is_refused_with_its_place)
{
    static const struct {
        const char *xml, *detail;
    } cases[] = {
        {"", "Line 1, column 1: no element found."},
        {"<a>\n <b></a>", "Line 2, column 7: mismatched tag."},
        {"<html><br></html>", "Line 1, column 13: mismatched tag."},
        {"<a/><b/>", "Line 1, column 5: junk after document element."},
        {"<a>&nbsp;</a>", "Line 1, column 4: undefined entity."},
        {"<a>\xff</a>", "Line 1, column 4: not well-formed (invalid token)."},
        {"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
         "Line 1, column 13: it has a document type declaration."},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diags diags;

        assert_null(read(a, cases[i].xml, &diags));
        assert_string_equal(diags.first->summary, "Cannot read XML: reply");
        assert_string_equal(diags.first->detail, cases[i].detail);
    }
}

TEST(depth_and_number_of_elements_are_bounded)
{
    struct text_builder b;
    struct diags diags;

    text_builder_init(&b, a, XML_BYTES_MAX);
    for (int i = 0; i < XML_DEPTH_MAX; i++)
        text_add_z(&b, "<a>");
    for (int i = 0; i < XML_DEPTH_MAX; i++)
        text_add_z(&b, "</a>");
    assert_non_null(read(a, text_built(&b).at, &diags));
    assert_null(read(a, text_f(a, "<a>%s</a>", text_built(&b).at), &diags));
    assert_string_equal(diags.first->detail, "Line 1, column 304: it is nested too deeply.");
}

TEST(text_is_made_fit_for_xml)
{
    assert_string_equal(xml_escape(a, TEXT("a<b>&\"c'\x01\n\xc3\xa9")),
                        "a&lt;b&gt;&amp;&quot;c&apos;\n\xc3\xa9");
}
