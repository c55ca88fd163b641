#include "helm/archive.h"

#include "helm/test_pure.h"
#include "helm/test_tar.h"

/* "name=bytes" of each file, or what was said. */
static const char *read(struct arena *a, struct text packed)
{
    struct call *c = pure_call(a);
    struct chart_files files;
    struct text_builder b;
    struct loader l;

    loader_init(&l, c, NULL);
    if (!archive_read(&l, packed, "x.tgz", &files)) {
        assert_int_equal(c->diags->count, 1);
        return pure_said(c);
    }
    assert_int_equal(c->diags->count, 0);
    text_builder_init(&b, a, 1 << 20);
    for (size_t i = 0; i < files.count; i++)
        text_add_f(&b, "%s%s=%zu", i ? " " : "", files.all[i].name, files.all[i].data.len);
    return b.at;
}

TEST(plain_files_are_taken)
{
    struct tar t;

    tar_init(&t, a);
    tar_entry(&t, "chart/", '5', TEXT(""));
    tar_file(&t, "chart/Chart.yaml", "name: x\n");
    tar_file(&t, "chart/empty", "");
    tar_file(&t, "chart/./templates//a.yaml", "\xEF\xBB\xBFkind: A\n");
    tar_file(&t, "chart/caf\xC3\xA9", "1");
    tar_entry(&t, "chart/old", '\0', TEXT("of an older kind of tar"));
    assert_string_equal(read(a, tar_packed(&t)),
                        "Chart.yaml=8 empty=0 templates/a.yaml=8 caf\xC3\xA9=1 old=23");
}

/* A name of more than a hundred bytes comes in an entry of its own. */
TEST(long_names_are_taken)
{
    const char *name = "chart/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/"
                       "0123456789/0123456789/0123456789/a.yaml";
    struct tar t;

    tar_init(&t, a);
    tar_entry(&t, "././@LongLink", 'L', (struct text){name, strlen(name) + 1});
    tar_file(&t, name, "a: 1");
    assert_string_equal(read(a, tar_packed(&t)), text_f(a, "%s=4", name + strlen("chart/")));
}

TEST(anything_else_is_refused)
{
    static const struct {
        const char *name;
        char type;
        const char *says;
    } cases[] = {
        {"chart/link", '2', "holds \"chart/link\": a link. Only plain files below one folder"},
        {"chart/hard", '1', "holds \"chart/hard\": a link."},
        {"chart/tty", '3', "holds \"chart/tty\": a device, socket or pipe."},
        {"chart/disk", '4', "holds \"chart/disk\": a device, socket or pipe."},
        {"chart/pipe", '6', "holds \"chart/pipe\": a device, socket or pipe."},
        {"chart/../../etc/passwd", '0', "a name with \"..\""},
        {"chart/..", '0', "a name with \"..\""},
        {"../chart/a", '0', "a name with \"..\""},
        {"chart\\..\\a", '0', "a name with \"..\""},
        {"/etc/passwd", '0', "an absolute path"},
        {"\\etc\\passwd", '0', "an absolute path"},
        {"C:/a", '0', "a drive path"},
        {"chart/c:/a", '0', "a drive path"},
        {"other/a", '0', "a second top folder beside \"chart\""},
        {"beside", '0', "a file outside the chart's folder"},
        {"chart/\xFF\xFE", '0', "a name that is no UTF-8"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct tar t;
        const char *said;

        tar_init(&t, a);
        tar_file(&t, "chart/Chart.yaml", "name: x\n");
        tar_entry(&t, cases[i].name, cases[i].type, TEXT(""));
        said = read(a, tar_packed(&t));
        if (!text_starts_with(text_of(said), "The chart cannot be read: x.tgz holds") ||
            !strstr(said, cases[i].says))
            fail_msg("%s: %s", cases[i].name, said);
    }
}

TEST(what_is_no_archive_is_told)
{
    struct tar t;
    struct text packed;

    assert_string_equal(read(a, TEXT("<!DOCTYPE html>\n<html>")),
                        "The chart cannot be read: x.tgz is no gzipped archive: it begins with "
                        "\"<!DOCTYPE html>\n<html>\".");
    assert_non_null(strstr(read(a, TEXT("")), "is no gzipped archive"));
    assert_non_null(strstr(read(a, gzip_write(a, TEXT("plain"))), "is no complete gzipped tar"));
    tar_init(&t, a);
    assert_string_equal(read(a, tar_packed(&t)), "The chart cannot be read: x.tgz holds no files.");
    tar_init(&t, a);
    tar_file(&t, "chart/Chart.yaml", "name: x\n");
    packed = tar_packed(&t);
    for (size_t len = packed.len / 4; len < packed.len - 9; len += 7)
        if (!strstr(read(a, (struct text){packed.at, len}), "The chart cannot be read"))
            fail_msg("%zu of %zu bytes are taken for a chart", len, packed.len);
}

/* Zeros, which cost nothing to pack. */
static struct text zeros(struct arena *a, size_t len)
{
    return (struct text){arena_alloc(a, len), len};
}

TEST(a_large_file_is_refused)
{
    struct tar t;

    tar_init(&t, a);
    tar_entry(&t, "chart/most", '0', zeros(a, ARCHIVE_FILE_BYTES_MAX));
    assert_string_equal(read(a, tar_packed(&t)), "most=5242880");
    tar_init(&t, a);
    tar_entry(&t, "chart/more", '0', zeros(a, ARCHIVE_FILE_BYTES_MAX + 1));
    assert_string_equal(read(a, tar_packed(&t)),
                        "The chart cannot be read: In x.tgz, the file more is larger than 5 MiB.");
}

TEST(many_large_files_are_refused)
{
    struct text data = zeros(a, ARCHIVE_FILE_BYTES_MAX), packed;
    struct tar t;

    tar_init(&t, a);
    for (int i = 0; i < ARCHIVE_BYTES_MAX / ARCHIVE_FILE_BYTES_MAX; i++)
        tar_entry(&t, text_f(a, "chart/%d", i), '0', data);
    tar_file(&t, "chart/last", "1");
    packed = tar_packed(&t);
    assert_true(packed.len < 1 << 20);
    assert_string_equal(read(a, packed), "The chart cannot be read: x.tgz is larger than 100 MiB "
                                         "when unpacked (reached at last).");
}

static struct text many(struct arena *a, int count, char type)
{
    struct tar t;

    tar_init(&t, a);
    tar_file(&t, "chart/Chart.yaml", "name: x\n");
    for (int i = 1; i < count; i++)
        tar_entry(&t, text_f(a, "chart/%d", i), type, TEXT(""));
    return tar_packed(&t);
}

TEST(many_files_are_refused)
{
    static const char says[] =
        "The chart cannot be read: x.tgz holds more than 20000 files and folders.";

    assert_non_null(strstr(read(a, many(a, ARCHIVE_FILES_MAX, '0')), " 19999=0"));
    assert_string_equal(read(a, many(a, ARCHIVE_FILES_MAX + 1, '0')), says);
    assert_string_equal(read(a, many(a, ARCHIVE_FILES_MAX + 1, '5')), says);
}
