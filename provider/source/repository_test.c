#include "source/repository.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "source/test_charts.h"

/* What a case gives: "1.0.1 alpha-1.0.1.tgz", or what was said. */
static const char *get(struct charts_fixture *f, const struct wanted *w)
{
    struct call *c = charts_call(f);
    struct package package = {.version = ""};

    if (!repository_get(c, f->clients.charts, w, &package))
        return charts_said(f);
    assert_int_equal(f->diags.count, 0);
    assert_true(package.archive.len > 100);
    return text_f(f->arena, "%s %s", package.version, package.file);
}

static void expect(struct charts_fixture *f, const struct wanted *w, const char *wanted)
{
    const char *got = get(f, w);

    wanted = charts_fill(f, wanted);
    if (!strstr(got, wanted))
        fail_msg("%s %s of %s gives\n%sinstead of\n%s", w->name, w->version, w->repository, got,
                 wanted);
}

TEST(chooses_versions)
{
    static const struct {
        const char *name, *version, *gives;
    } cases[] = {
        {"alpha", "", "1.2.0+build.5 alpha-1.2.0+build.5.tgz"},
        {"alpha", "1.0.0", "1.0.0 alpha-1.0.0.tgz"},
        {"alpha", "v1.0.0", "1.0.0 "},
        {"alpha", "~1.0.0", "1.0.1 "},
        {"alpha", "1", "1.2.0+build.5 "},
        {"alpha", "<1.2", "1.1.0 "},
        {"alpha", ">=1.0.0-0", "2.0.0-rc.1 "},
        {"alpha", "2.0.0-rc.1", "2.0.0-rc.1 alpha-2.0.0-rc.1.tgz"},
        {"alpha", "3.0.0",
         "No version \"3.0.0\" of chart alpha in @plain@/charts: The newest are 2.0.0-rc.1, "
         "1.2.0+build.5, 1.1.0, 1.0.1, 1.0.0. A constraint without"},
        {"alpha", "=>", "Malformed version: \"=>\" is neither"},
        {"beta", "", "No version of chart beta in @plain@/charts: There is only 0.1.0-alpha. Pre-"},
        {"beta", "0.1.0-alpha", "0.1.0-alpha beta-0.1.0-alpha.tgz"},
        {"alhpa", "", "No chart \"alhpa\" in @plain@/charts: It has: alpha, beta."},
        {"", "", "Which chart?: Give the name of the chart in the repository @plain@/charts."},
    };
    struct charts_fixture *f = charts_fixture_new(a);
    const char *url = charts_fill(f, "@plain@/charts");

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct wanted w = charts_wanted(url, cases[i].name, cases[i].version);

        expect(f, &w, cases[i].gives);
    }
}

TEST(meets_repositories_of_every_kind)
{
    static const struct {
        const char *repository, *gives;
    } cases[] = {
        {"@plain@/relative?team=mesh", "1.0.0 alpha-1.0.0.tgz"},
        {"@plain@/redirected", "1.0.0 alpha-1.0.0.tgz"},
        {"@plain@/pointing", "1.0.0 alpha-1.0.0.tgz"},
        {"@plain@/private",
         "The chart repository refuses: @plain@/private/index.yaml: It answered with status 401, "
         "and no credentials were given. Give them in the provider block: charts = { "
         "registry_auth = { \"127.0.0.1\" = "},
        {"@plain@/html",
         "No chart repository at @plain@/html: @plain@/html/index.yaml is a web page, not an "
         "index. It begins with: <!DOCTYPE html> Give the address"},
        {"@plain@/pages", "Cannot fetch chart alpha 1.0.0: The index names "
                          "@plain@/pages/alpha-1.0.0.tgz, which is a web page"},
        {"@plain@/nothing", "No chart repository at @plain@/nothing: @plain@/nothing/index.yaml "
                            "answered with status 404. It begins with: 404 not found A repository"},
        {"@plain@/broken", "@plain@/broken/index.yaml"},
        {"@plain@/forged", "Chart alpha 1.0.0 has a wrong digest: The repository says "
                           "sha256:00000000000000000000000000000000000000000000000000000000000000"
                           "00, but what was downloaded has sha256:"},
        {"@plain@/truncated", "Chart alpha 1.0.0 has a wrong digest"},
        {"http://charts.example.com", "Charts are not fetched over plain HTTP"},
        {"https://me:secret@charts.example.com", "Malformed address: The address of "
                                                 "charts.example.com carries a user name"},
        {"ftp://charts.example.com", "Malformed address: \"ftp://charts.example.com\" is not"},
        {"@tls@/charts", "Cannot reach @tls@"},
    };
    struct charts_fixture *f = charts_fixture_new(a);

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct wanted w = charts_wanted(charts_fill(f, cases[i].repository), "alpha", "1.0.0");

        expect(f, &w, cases[i].gives);
        charts_restart(f);
    }
}

TEST(verifies_tls_and_never_leaves_it)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct wanted w = charts_wanted(charts_fill(f, "@tls@/charts"), "alpha", "1.0.0");

    w.ca_pem = charts_ca_pem(f->server);
    expect(f, &w, "1.0.0 alpha-1.0.0.tgz");
    w.repository = charts_fill(f, "@tls@/redirected");
    charts_restart(f);
    expect(f, &w, "1.0.0 alpha-1.0.0.tgz");
    w.repository = charts_fill(f, "@tls@/downgrade");
    charts_restart(f);
    expect(f, &w,
           "A redirect leads away from HTTPS: @tls@/downgrade/alpha-1.0.0.tgz leads to "
           "@plain@/charts/alpha-1.0.0.tgz, which is not followed.");
}

/* The redirected part answers 400 to foreign credentials. */
TEST(keeps_credentials_at_home)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct wanted w = charts_wanted(charts_fill(f, "@plain@/private"), "alpha", "1.0.0");

    w.username = CHARTS_USERNAME;
    w.password = "wrong";
    expect(f, &w, "It answered with status 401 to the user name \"reader\". Check username");
    assert_null(strstr(charts_said(f), "wrong"));
    w.password = CHARTS_PASSWORD;
    expect(f, &w, "1.0.0 alpha-1.0.0.tgz");
    w.repository = charts_fill(f, "@plain@/redirected");
    charts_restart(f);
    expect(f, &w, "1.0.0 alpha-1.0.0.tgz");
}

TEST(asks_once)
{
    struct charts_fixture *f = charts_fixture_new(a);
    const char *url = charts_fill(f, "@plain@/charts");
    struct wanted w = charts_wanted(url, "alpha", "1.0.0");

    expect(f, &w, "1.0.0 ");
    expect(f, &w, "1.0.0 ");
    w.version = "1.1.0";
    expect(f, &w, "1.1.0 ");
    assert_string_equal(charts_asked(f), "GET /charts/index.yaml 200\n"
                                         "GET /charts/alpha-1.0.0.tgz 200\n"
                                         "GET /charts/alpha-1.1.0.tgz 200\n");
    /* Another way to the same archive: its digest is known. */
    w.repository = charts_fill(f, "@plain@/redirected");
    expect(f, &w, "1.1.0 ");
    assert_string_equal(charts_asked(f), "GET /redirected/index.yaml 200\n");
}

TEST(wants_the_digest_that_was_pinned)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct wanted w = charts_wanted(charts_fill(f, "@plain@/charts"), "alpha", "1.0.0");
    struct call *c = charts_call(f);
    struct package package;

    assert_true(repository_get(c, f->clients.charts, &w, &package));
    w.digest = package.digest;
    expect(f, &w, "1.0.0 ");
    w.version = "1.0.1";
    expect(f, &w, "Chart alpha 1.0.1 has a wrong digest: digest says sha256:");
}

TEST(says_when_nothing_is_signed)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct wanted w = charts_wanted(charts_fill(f, "@plain@/charts"), "alpha", "1.0.0");

    w.provenance = true;
    expect(f, &w,
           "Chart alpha 1.0.0 is not signed: A keyring is given, so that a provenance file "
           "is needed, but @plain@/charts/alpha-1.0.0.tgz.prov answered with status 404.");
}

/* --- the cache folder ---------------------------------------------------------------- */

static char *only_file(struct arena *a, const char *folder)
{
    DIR *dir = opendir(folder);
    char *found = NULL;
    struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2) {
            assert_null(found);
            found = text_f(a, "%s/%s", folder, entry->d_name);
        }
    closedir(dir);
    assert_non_null(found);
    return found;
}

TEST(keeps_archives_between_processes)
{
    struct charts_fixture *f = charts_fixture_new(a);
    char *folder = text_f(a, "%s/charts-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    struct wanted w = charts_wanted(charts_fill(f, "@plain@/charts"), "alpha", "1.0.0");
    const char *kept;
    FILE *file;

    assert_non_null(mkdtemp(folder));
    w.cache_dir = text_f(a, "%s/below", folder);
    expect(f, &w, "1.0.0 ");
    kept = only_file(a, w.cache_dir);
    charts_restart(f);
    charts_asked(f);
    expect(f, &w, "1.0.0 ");
    assert_string_equal(charts_asked(f), "GET /charts/index.yaml 200\n");

    file = fopen(kept, "ab"); /* damaged: fetched and replaced */
    fputs("x", file);
    fclose(file);
    for (int i = 0; i < 2; i++) {
        charts_restart(f);
        expect(f, &w, "1.0.0 ");
        assert_string_equal(charts_asked(f), i ? "GET /charts/index.yaml 200\n"
                                               : "GET /charts/index.yaml 200\n"
                                                 "GET /charts/alpha-1.0.0.tgz 200\n");
    }
    assert_int_equal(remove(kept), 0);
    assert_int_equal(rmdir(w.cache_dir), 0);
    assert_int_equal(rmdir(folder), 0);
}

TEST(goes_on_without_the_cache_folder)
{
    struct charts_fixture *f = charts_fixture_new(a);
    struct wanted w = charts_wanted(charts_fill(f, "@plain@/charts"), "alpha", "1.0.0");
    struct package package;

    w.cache_dir = "/dev/null/charts";
    assert_true(repository_get(charts_call(f), f->clients.charts, &w, &package));
    assert_int_equal(f->diags.count, 1);
    assert_false(f->diags.failed);
    assert_string_equal(f->diags.first->summary, "A chart could not be kept in the cache folder");
}

/* --- indexes ---------------------------------------------------------------------------- */

TEST(reads_indexes)
{
    static const struct {
        const char *index, *gives;
    } cases[] = {
        {"apiVersion: v1\nentries:\n  a:\n  - {version: 1.0.0, urls: [a.tgz], digest: ABC}\n",
         "{\"a\":[{\"version\":\"1.0.0\",\"url\":\"a.tgz\",\"digest\":\"\"}]}"},
        {"{\"apiVersion\":\"v1\",\"entries\":{\"a\":[{\"version\":\"1.0.0\",\"urls\":[\"x\"]}]}}",
         "{\"a\":[{\"version\":\"1.0.0\",\"url\":\"x\",\"digest\":\"\"}]}"},
        {"apiVersion: v1\nentries:\n  a:\n"
         "  - {version: 1.0.0, urls: [1]}\n"
         "  - {version: 1.10.0, urls: [x, y]}\n"
         "  - {version: not.one, urls: [x]}\n"
         "  - {version: 1.9.0-rc.1, urls: [x]}\n"
         "  - {version: 1.9.0, urls: []}\n"
         "  - {urls: [x]}\n"
         "  - 7\n  -\n",
         "{\"a\":[{\"version\":\"1.10.0\",\"url\":\"x\",\"digest\":\"\"},"
         "{\"version\":\"1.9.0-rc.1\",\"url\":\"x\",\"digest\":\"\"}]}"},
        {"apiVersion: v1\nentries: {}\n", "{}"},
        {"apiVersion: v1\n", "{}"},
        {"entries: {}\n", "the index is not an index of charts: It has no apiVersion."},
        {"apiVersion: v1\nentries: []\n", "the index is not an index of charts: An index is a map"},
        {"Not found\n", "the index is not an index of charts: An index is a map with apiVersion "
                        "and entries. It begins with: Not found"},
        {"", "the index is not an index of charts"},
        {"{\"apiVersion\":", "the index"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *index;
        struct diags diags;
        struct call c = {.arena = a, .diags = &diags};
        const char *got;

        diags_init(&diags, a);
        if (repository_read_index(&c, text_of(cases[i].index), "the index", NULL, &index))
            got = json_write(a, index).at;
        else
            got = text_f(a, "%s: %s", diags.first->summary, diags.first->detail);
        if (!strstr(got, cases[i].gives))
            fail_msg("%s gives\n%s\ninstead of\n%s", cases[i].index, got, cases[i].gives);
    }
}
