#include "aws/shared_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/test.h"
#include "codec/json.h"

static const char cases_file[] = "provider/aws/testdata/shared_files/cases.json";

static void expect(struct arena *a, const struct value *wanted, const char *key,
                   const struct value *found)
{
    const struct value *expected = value_has(wanted, key) ? value_at(wanted, key) : NULL;

    if (!expected)
        return;
    assert_string_equal(json_write(a, value_sorted(a, found)).at,
                        json_write(a, value_sorted(a, expected)).at);
}

static void check(struct arena *a, const struct value *wanted)
{
    struct shared_files files = {0};
    struct diags diags;
    bool read;

    diags_init(&diags, a);
    read = shared_file_parse(a, &diags, text_of(value_text(wanted, "config")), "config", false,
                             &files) &&
           shared_file_parse(a, &diags, text_of(value_text(wanted, "credentials")), "credentials",
                             true, &files);
    assert_int_equal(read, !value_has(wanted, "error"));
    if (!read) {
        assert_string_equal(diags.first->summary, "A shared file of AWS is malformed");
        assert_string_equal(diags.first->detail, value_text(wanted, "error"));
        return;
    }
    expect(a, wanted, "profiles", files.profiles);
    expect(a, wanted, "sso_sessions", files.sso_sessions);
    expect(a, wanted, "services", files.services);
}

TEST(shared_files_are_read_as_awss_tools_read_them)
{
    const struct value *cases;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_read(a, test_file(a, cases_file), cases_file, &diags, &cases));
    assert_int_equal(value_count(cases), 13);
    for (size_t i = 0; i < value_count(cases); i++)
        check(a, value_item(cases, i));
}

TEST(a_profile_is_named_by_the_argument_or_the_environment)
{
    unsetenv("AWS_PROFILE");
    unsetenv("AWS_DEFAULT_PROFILE");
    assert_string_equal(shared_files_profile_name(""), "default");
    setenv("AWS_DEFAULT_PROFILE", "old", 1);
    assert_string_equal(shared_files_profile_name(""), "old");
    setenv("AWS_PROFILE", "new", 1);
    assert_string_equal(shared_files_profile_name(""), "new");
    assert_string_equal(shared_files_profile_name("mine"), "mine");
    unsetenv("AWS_PROFILE");
    unsetenv("AWS_DEFAULT_PROFILE");
}

TEST(files_come_from_where_the_environment_says)
{
    struct diags diags;
    struct call c = {.arena = a, .diags = &diags};
    struct shared_files files;

    diags_init(&diags, a);
    setenv("AWS_CONFIG_FILE", "provider/aws/testdata/shared_files/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "provider/aws/testdata/shared_files/none", 1);
    assert_true(shared_files_read(&c, &files));
    assert_string_equal(value_text(shared_files_profile(&files, "mesh"), "region"), "eu-north-1");
    assert_null(shared_files_profile(&files, "other"));
    setenv("AWS_CONFIG_FILE", "provider/aws/testdata/shared_files", 1);
    assert_false(shared_files_read(&c, &files));
    assert_string_equal(diags.first->detail,
                        "provider/aws/testdata/shared_files: it is not a file.");
    unsetenv("AWS_CONFIG_FILE");
    unsetenv("AWS_SHARED_CREDENTIALS_FILE");
}
