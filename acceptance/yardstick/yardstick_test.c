/* Our engine against real Helm: every case of cases/, and every fixture chart with every
 * values file of charts/, as record.py recorded them. YARDSTICK=<topic or chart> runs
 * those alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acceptance/yardstick/case_file.h"
#include "codec/yml.h"
#include "helm/manifest.h"
#include "helm/render.h"
#include "helm/values.h"

#define HERE "acceptance/yardstick/"

/* What one render is asked for, and what it gave. */
struct attempt {
    struct call *call;
    const struct value *values; /* of the user */
    struct render_options options;
    bool with_crds;
    struct rendered rendered;
};

struct score {
    size_t run, failed;
};

/* --- options of `helm template` ------------------------------------------------- */

static void add_api_version(struct attempt *at, struct text name)
{
    struct arena *a = at->call->arena;
    struct capabilities *capabilities = &at->options.capabilities;

    capabilities->api_versions =
        value_append(a, capabilities->api_versions, value_string_of(a, name));
}

static const char *set_type(struct text option)
{
    static const struct {
        const char *option, *type;
    } types[] = {
        {"--set", "auto"},
        {"--set-string", "string"},
        {"--set-json", "json"},
        {"--set-literal", "literal"},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (text_is(option, types[i].option))
            return types[i].type;
    return NULL;
}

static bool apply_option(struct attempt *at, struct text option, struct text argument)
{
    struct arena *a = at->call->arena;

    if (text_is(option, "--namespace"))
        at->options.namespace = text_z(a, argument);
    else if (text_is(option, "--kube-version"))
        return capabilities_kube_version(a, text_z(a, argument), &at->options.capabilities);
    else if (text_is(option, "--api-versions"))
        add_api_version(at, argument);
    else if (text_is(option, "--is-upgrade"))
        at->options.is_upgrade = true;
    else if (text_is(option, "--include-crds"))
        at->with_crds = true;
    else if (text_is(option, "--skip-schema-validation"))
        at->options.skip_schema = true;
    else if (!set_type(option))
        fail_msg("no such option: %s", text_z(a, option));
    return true;
}

/* The options but for --set and its like, which come after all values files. */
static bool apply_options(struct attempt *at, struct text lines)
{
    struct text line, option;

    while (text_split(&lines, '\n', &line))
        if (line.len > 0 && text_split(&line, ' ', &option) && !apply_option(at, option, line))
            return false;
    return true;
}

/* Helm takes all options of one kind before those of the next, in this order. */
static bool apply_sets(struct attempt *at, struct text all)
{
    static const char *const order[] = {"json", "auto", "string", "literal"};

    for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
        struct text lines = all, line, option;

        while (text_split(&lines, '\n', &line)) {
            if (line.len == 0 || !text_split(&line, ' ', &option) || !set_type(option) ||
                strcmp(set_type(option), order[i]) != 0)
                continue;
            if (!values_set(at->call, line, order[i], NULL, at->values, &at->values))
                return false;
        }
    }
    return true;
}

static bool read_values(struct attempt *at, struct text yaml, const struct value **documents)
{
    const struct value *document = &value_null;

    if (!yml_read_lenient(at->call->arena, yaml, "values", NULL, at->call->diags, &document))
        return false;
    if (value_is_null(document))
        document = &value_empty_map;
    *documents = value_append(at->call->arena, *documents, document);
    return true;
}

/* --- a chart -------------------------------------------------------------------- */

static void make_folders(struct arena *a, const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/'))
        mkdir(text_z(a, (struct text){path, (size_t)(slash - path)}), 0700);
}

static void write_file(struct arena *a, const char *folder, struct text name, struct text data)
{
    const char *path = text_f(a, "%s/%s", folder, text_z(a, name));
    FILE *file;

    make_folders(a, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data.at, 1, data.len, file), data.len);
    assert_int_equal(fclose(file), 0);
}

/* The file's path when a part is one of the chart, else an empty text. */
static struct text part_file(const struct case_part *part)
{
    static const char *const starts[] = {"chart ", "quoted chart "};

    for (size_t i = 0; i < 2; i++)
        if (text_starts_with(part->what, starts[i]))
            return (struct text){part->what.at + strlen(starts[i]),
                                 part->what.len - strlen(starts[i])};
    return (struct text){NULL, 0};
}

static void write_chart(struct arena *a, const struct case_entry *entry, const char *folder)
{
    write_file(a, folder, TEXT("Chart.yaml"),
               TEXT("apiVersion: v2\nname: case\nversion: 1.2.3\nappVersion: 4.5.6\n"));
    for (size_t i = 0; i < entry->part_count; i++) {
        const struct case_part *part = &entry->parts[i];
        struct text name = part_file(part), body;

        if (!name.len)
            continue;
        body = case_part_text(a, part);
        if (!text_starts_with(part->what, "quoted "))
            body = text_of(text_f(a, "%.*s\n", (int)body.len, body.at));
        write_file(a, folder, name, body);
    }
    if (entry->has_template)
        write_file(a, folder, TEXT("templates/NOTES.txt"), entry->template);
}

static struct text part_named(const struct case_entry *entry, const char *what)
{
    for (size_t i = 0; i < entry->part_count; i++)
        if (text_is(entry->parts[i].what, what))
            return entry->parts[i].body;
    return (struct text){NULL, 0};
}

static void start_attempt(struct attempt *at, struct call *c)
{
    *at = (struct attempt){
        .call = c,
        .values = &value_empty_map,
        .options = {.name = "rel", .namespace = "apart", .revision = 1},
    };
    capabilities_offline(c->arena, &at->options.capabilities);
}

static bool render(struct attempt *at, const char *path, const struct value *documents,
                   struct text options)
{
    struct chart *chart;

    return values_of_user(at->call, documents, &value_empty_list, NULL, NULL, &at->values) &&
           apply_options(at, options) && apply_sets(at, options) &&
           chart_read_path(at->call, path, NULL, &chart) &&
           render_chart(at->call, chart, at->values, &at->options, &at->rendered);
}

static bool render_case(struct attempt *at, const struct case_entry *entry, const char *folder)
{
    const struct value *documents = &value_empty_list;

    write_chart(at->call->arena, entry, folder);
    for (size_t i = 0; i < entry->part_count; i++)
        if (text_is(entry->parts[i].what, "values") &&
            !read_values(at, entry->parts[i].body, &documents))
            return false;
    return render(at, folder, documents, part_named(entry, "flags"));
}

/* --- comparing ------------------------------------------------------------------ */

static struct text without_end(struct text t)
{
    while (t.len > 0 && t.at[t.len - 1] == '\n')
        t.len--;
    return t;
}

/* As `helm template` prints it: an empty line stands for no documents at all. */
static struct text manifest_of(const struct attempt *at)
{
    struct arena *a = at->call->arena;
    struct chart_files crds = {NULL, 0};
    struct text_builder b;
    struct text objects;

    if (at->with_crds)
        crds = render_crd_files(a, at->rendered.chart);
    text_builder_init(&b, a, 64 << 20);
    for (size_t i = 0; i < crds.count; i++)
        text_add_f(&b, "---\n# Source: %s\n%.*s\n", crds.all[i].name, (int)crds.all[i].data.len,
                   crds.all[i].data.at);
    text_add(&b, render_manifest(a, &at->rendered));
    objects = manifest_trim(text_built(&b));
    text_builder_init(&b, a, 64 << 20);
    text_add(&b, objects);
    text_add_char(&b, '\n');
    text_add(&b, render_hooks(a, &at->rendered));
    return without_end(text_built(&b));
}

/* "summary detail" of all errors, one line each. */
static const char *errors_of(const struct call *c)
{
    struct text_builder b;

    text_builder_init(&b, c->arena, 1 << 20);
    for (const struct diag *d = c->diags->first; d; d = d->next)
        if (d->severity == DIAG_ERROR)
            text_add_f(&b, "%s: %s\n", d->summary, d->detail);
    return text_built(&b).at;
}

static const char *outcome_text(struct arena *a, const struct answer *answer)
{
    switch (answer->outcome) {
    case OUTCOME_TEXT:
    case OUTCOME_MANIFEST:
        return text_z(a, answer->text);
    case OUTCOME_ERROR:
        return text_f(a, "an error with %s", yml_write(a, answer->errors).at);
    default:
        return "a refusal";
    }
}

static bool errors_match(const char *errors, const struct value *needles)
{
    for (size_t i = 0; i < value_count(needles); i++)
        if (!strstr(errors, value_z(value_item(needles, i))))
            return false;
    return true;
}

static bool matches(const struct answer *answer, bool rendered, struct text ours,
                    const char *errors)
{
    switch (answer->outcome) {
    case OUTCOME_TEXT:
    case OUTCOME_MANIFEST:
        return rendered && text_equal(ours, answer->text);
    case OUTCOME_ERROR:
        return !rendered && errors_match(errors, answer->errors);
    default:
        return !rendered;
    }
}

static void judge(struct score *score, const char *name, const struct answer *answer, bool rendered,
                  const struct attempt *at)
{
    struct arena *a = at->call->arena;
    const char *errors = errors_of(at->call);
    struct text ours = {errors, strlen(errors)};

    if (rendered)
        ours = answer->outcome == OUTCOME_MANIFEST ? manifest_of(at) : at->rendered.notes;
    score->run++;
    if (matches(answer, rendered, ours, errors))
        return;
    score->failed++;
    /* print_message() would cut long texts off. */
    printf("DIFFERENT %s\n  ours: %s\n  Helm: %s\n", name, text_z(a, ours),
           outcome_text(a, answer));
    fflush(stdout);
}

/* --- all of them ---------------------------------------------------------------- */

static bool is_wanted(const char *name)
{
    const char *only = getenv("YARDSTICK");

    return !only || !*only || strcmp(only, name) == 0;
}

static void remove_folder(struct arena *a, const char *folder)
{
    assert_int_equal(system(text_f(a, "rm -rf '%s'", folder)), 0); /* NOLINT(cert-env33-c) */
}

/* Each in an arena of its own: two thousand renders would not fit in one. */
static void run_case(const struct case_entry *entry, const char *work, struct score *score)
{
    struct arena *a = arena_new();
    const char *folder = text_f(a, "%s/%zu/case", work, score->run);
    struct attempt at;
    struct diags diags;
    struct call call;

    diags_init(&diags, a);
    call_init(&call, a, &diags, NULL, NULL);
    start_attempt(&at, &call);
    judge(score, entry->name, &entry->answer, render_case(&at, entry, folder), &at);
    arena_free(a);
}

static void report(const struct score *score, const char *what)
{
    print_message("%zu %s compared with Helm, %zu differ\n", score->run, what, score->failed);
    if (score->failed > 0)
        fail_msg("%zu of %zu %s differ from Helm", score->failed, score->run, what);
}

TEST(cases_are_as_helm_renders_them)
{
    const char *const *names = test_files(a, HERE "cases", ".cases");
    char *work = text_f(a, "%s/yardstick-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    struct score score = {0, 0};

    assert_non_null(mkdtemp(work));
    for (; *names; names++) {
        const char *topic = text_z(a, (struct text){*names, strlen(*names) - strlen(".cases")});
        struct case_file file;

        if (!is_wanted(topic))
            continue;
        case_file_read(a, topic, test_file(a, text_f(a, HERE "cases/%s", *names)), &file);
        for (size_t i = 0; i < file.count; i++)
            run_case(&file.cases[i], work, &score);
    }
    remove_folder(a, work);
    report(&score, "cases");
}

/* A recorded chart is a manifest, or says in its first line what kind of failure it is. */
static struct answer answer_of_chart(struct arena *a, struct text recorded)
{
    struct answer answer = {OUTCOME_MANIFEST, without_end(recorded), &value_empty_list};
    struct text rest = answer.text, line;
    struct value_builder errors;

    text_split(&rest, '\n', &line);
    if (text_is(line, "# refused"))
        answer.outcome = OUTCOME_REFUSED;
    if (!text_is(line, "# error"))
        return answer;
    answer.outcome = OUTCOME_ERROR;
    value_builder_init(&errors, a);
    while (text_split(&rest, '\n', &line))
        value_builder_add(&errors, value_string_of(a, line));
    answer.errors = value_builder_list(&errors);
    return answer;
}

/* "# options: --set a=b --is-upgrade" as lines; an option's argument has no blank. */
static struct text chart_options(struct arena *a, struct text values)
{
    struct text line = values;
    struct text_builder b;

    text_builder_init(&b, a, 4096);
    if (!text_split(&values, '\n', &line) || !text_starts_with(line, "# options: "))
        return (struct text){NULL, 0};
    line = (struct text){line.at + strlen("# options: "), line.len - strlen("# options: ")};
    for (struct text word; text_split(&line, ' ', &word);) {
        text_add_z(&b, text_starts_with(word, "--") ? "\n" : " ");
        text_add(&b, word);
    }
    return text_built(&b);
}

static void run_chart(const char *chart, const char *values_name, struct score *score)
{
    struct arena *a = arena_new();
    const char *base = text_f(a, HERE "charts/%s/%.*s", chart,
                              (int)(strlen(values_name) - strlen(".values.yaml")), values_name);
    struct text values = test_file(a, text_f(a, "%s.values.yaml", base));
    struct answer answer = answer_of_chart(a, test_file(a, text_f(a, "%s.rendered.yaml", base)));
    const struct value *documents = &value_empty_list;
    struct attempt at;
    struct diags diags;
    struct call call;
    bool rendered;

    diags_init(&diags, a);
    call_init(&call, a, &diags, NULL, NULL);
    start_attempt(&at, &call);
    rendered =
        read_values(&at, values, &documents) &&
        render(&at, text_f(a, "acceptance/charts/%s", chart), documents, chart_options(a, values));
    judge(score, base, &answer, rendered, &at);
    arena_free(a);
}

TEST(fixture_charts_are_as_helm_renders_them)
{
    const char *const *charts = test_files(a, HERE "charts", "");
    struct score score = {0, 0};

    for (; *charts; charts++) {
        if ((*charts)[0] == '.' || !is_wanted(*charts))
            continue;
        for (const char *const *names =
                 test_files(a, text_f(a, HERE "charts/%s", *charts), ".values.yaml");
             *names; names++)
            run_chart(*charts, *names, &score);
    }
    report(&score, "chart renders");
}
