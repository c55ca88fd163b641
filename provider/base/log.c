#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"

enum { LINE_BYTES_MAX = 60 * 1024, VALUE_BYTES_MAX = 8 * 1024 };

static enum log_level threshold = LOG_OFF;
static const char *const names[] = {"trace", "debug", "info", "warn", "error", "off"};

void log_init(void)
{
    const char *wanted = getenv("TF_LOG_PROVIDER");

    if (!wanted || !*wanted)
        wanted = getenv("TF_LOG");
    if (!wanted || !*wanted)
        return;
    threshold = LOG_TRACE; /* "JSON" and unknown words mean everything */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(wanted, names[i]) == 0)
            threshold = (enum log_level)i;
}

bool log_enabled(enum log_level level)
{
    return level >= threshold;
}

static void add_json_string(struct text_builder *line, struct text value)
{
    text_add_char(line, '"');
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];

        if (c == '"' || c == '\\') {
            text_add_char(line, '\\');
            text_add_char(line, (char)c);
        } else if (c == '\n' || c == '\t') { /* no others are printable */
            text_add_z(line, c == '\n' ? "\\n" : "\\t");
        } else {
            text_add_char(line, (char)c);
        }
    }
    text_add_char(line, '"');
}

static void add_pair(struct text_builder *line, const char *key, const char *value)
{
    const char *clean = text_printable(line->arena, text_of(value), VALUE_BYTES_MAX);

    if (line->len + strlen(clean) * 2 > LINE_BYTES_MAX)
        return;
    text_add_char(line, line->len ? ',' : '{');
    add_json_string(line, text_of(key));
    text_add_char(line, ':');
    add_json_string(line, text_of(clean));
}

/* hclog wants exactly six fraction digits. */
static const char *timestamp(struct arena *a)
{
    struct timespec now;
    struct tm date;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &date);
    return text_f(a, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ", date.tm_year + 1900, date.tm_mon + 1,
                  date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec, now.tv_nsec / 1000);
}

static void write_whole(struct text line)
{
    while (line.len) {
        ssize_t written = write(STDERR_FILENO, line.at, line.len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* nobody is listening any more */
        line = (struct text){line.at + written, line.len - (size_t)written};
    }
}

void log_event(enum log_level level, const char *system, const char *message, ...)
{
    struct arena *arena;
    struct text_builder line;
    const char *key;
    va_list pairs;

    if (!log_enabled(level) || level >= LOG_OFF)
        return;
    arena = arena_new();
    text_builder_init(&line, arena, (size_t)2 * LINE_BYTES_MAX);
    add_pair(&line, "@level", names[level]);
    add_pair(&line, "@message", message);
    add_pair(&line, "@timestamp", timestamp(arena));
    add_pair(&line, "@module", text_f(arena, "provider.%s", system));
    va_start(pairs, message);
    while ((key = va_arg(pairs, const char *)))
        add_pair(&line, key, va_arg(pairs, const char *));
    va_end(pairs);
    text_add_z(&line, "}\n");
    write_whole(text_built(&line));
    arena_free(arena);
}
