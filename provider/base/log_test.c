#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/test.h"
#include "codec/json.h"

/* What logging sends to the standard error of this process. */
struct capture {
    FILE *file;
    int saved;
};

static struct capture capture_start(const char *level)
{
    struct capture c = {.file = tmpfile(), .saved = dup(STDERR_FILENO)};

    assert_non_null(c.file);
    setenv("TF_LOG_PROVIDER", level, 1);
    log_init();
    unsetenv("TF_LOG_PROVIDER");
    dup2(fileno(c.file), STDERR_FILENO);
    return c;
}

static struct text capture_end(struct arena *a, struct capture *c)
{
    struct text_builder b;
    char part[4096];
    size_t got;

    dup2(c->saved, STDERR_FILENO);
    close(c->saved);
    rewind(c->file);
    text_builder_init(&b, a, 4 << 20);
    while ((got = fread(part, 1, sizeof(part), c->file)) > 0)
        text_add(&b, (struct text){part, got});
    fclose(c->file);
    return text_built(&b);
}

static const struct value *line_value(struct arena *a, struct text line)
{
    const struct value *v;
    struct diags diags;

    diags_init(&diags, a);
    if (!json_read(a, line, "log line", &diags, &v))
        fail_msg("%s: %.300s", diags.first->detail, line.at);
    return v;
}

/* First, because the level stays what was read last. */
TEST(nothing_is_logged_unless_asked)
{
    unsetenv("TF_LOG");
    unsetenv("TF_LOG_PROVIDER");
    log_init();
    assert_false(log_enabled(LOG_ERROR));
    assert_false(log_enabled(LOG_TRACE));
}

TEST(a_line_is_what_hclog_writes)
{
    struct capture c = capture_start("INFO");
    const struct value *v;
    struct text line;

    log_event(LOG_DEBUG, "http", "dropped", NULL);
    log_event(LOG_WARN, "http", "request failed", "url", "https://x/\"y\"", "status", "500",
              "empty", (const char *)NULL, NULL);
    line = capture_end(a, &c);
    assert_true(text_ends_with(line, "}\n"));
    assert_ptr_equal(memchr(line.at, '\n', line.len), line.at + line.len - 1);
    v = line_value(a, line);
    assert_string_equal(value_text(v, "@level"), "warn");
    assert_string_equal(value_text(v, "@message"), "request failed");
    assert_string_equal(value_text(v, "@module"), "provider.http");
    assert_string_equal(value_text(v, "url"), "https://x/\"y\"");
    assert_string_equal(value_text(v, "status"), "500");
    assert_true(value_has(v, "empty"));
    assert_int_equal(strlen(value_text(v, "@timestamp")), strlen("2026-01-31T10:20:30.000000Z"));
}

TEST(levels_are_words_in_any_case)
{
    static const struct {
        const char *word;
        enum log_level lowest;
    } words[] = {{"TRACE", LOG_TRACE}, {"debug", LOG_DEBUG}, {"Info", LOG_INFO},
                 {"WARN", LOG_WARN},   {"error", LOG_ERROR}, {"JSON", LOG_TRACE}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        setenv("TF_LOG", words[i].word, 1);
        log_init();
        for (int level = LOG_TRACE; level <= LOG_ERROR; level++)
            assert_int_equal(log_enabled((enum log_level)level), level >= (int)words[i].lowest);
    }
    setenv("TF_LOG", "off", 1);
    log_init();
    assert_false(log_enabled(LOG_ERROR));
    unsetenv("TF_LOG");
}

TEST(foreign_bytes_make_valid_json)
{
    struct capture c = capture_start("TRACE");
    const struct value *v;

    log_event(LOG_INFO, "kube", "odd \x1b[1m\xff bytes", "key", "a\nb\t\"\\\x01", NULL);
    v = line_value(a, capture_end(a, &c));
    assert_string_equal(value_text(v, "@message"), "odd [1m\xef\xbf\xbd bytes");
    assert_string_equal(value_text(v, "key"), "a\nb\t\"\\");
}

TEST(long_lines_stay_below_64_kib)
{
    struct capture c = capture_start("TRACE");
    static const char fillers[] = "x\n\"\\\t";
    char *plain = arena_alloc(a, 100001), *escaped = arena_alloc(a, 100001);
    struct text lines, line;
    size_t count = 0;

    memset(plain, 'x', 100000);
    for (size_t i = 0; fillers[i]; i++) {
        memset(escaped, fillers[i], 100000);
        log_event(LOG_INFO, "http", "body", "a", plain, "b", plain, "c", plain, "d", plain, "e",
                  escaped, "f", escaped, "g", plain, NULL);
    }
    lines = text_trim(capture_end(a, &c));
    while (text_split(&lines, '\n', &line)) {
        assert_true(line.len < 64 * 1024);
        assert_true(value_has(line_value(a, line), "d"));
        count++;
    }
    assert_int_equal(count, strlen(fillers));
}
