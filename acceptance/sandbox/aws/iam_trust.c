/* Whom a role lets in: its trust policy, judged for one caller. */
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "acceptance/sandbox/aws/cloud_iam.h"
#include "codec/json.h"

static const struct value *as_list(struct arena *a, const struct value *one_or_many)
{
    return one_or_many->kind == VALUE_LIST ? one_or_many : value_list_of(a, one_or_many);
}

/* "arn:aws:iam::111122223333:role/x" of the account that has the role. */
static const char *account_of(struct arena *a, const struct record *role)
{
    struct text rest = text_of(record_text(role, "Arn")), piece = rest;

    for (int i = 0; i < 5; i++)
        text_split(&rest, ':', &piece);
    return text_z(a, piece);
}

/* --- conditions ---------------------------------------------------------------------------------
 */
enum { EXACT, PATTERN, NO_CASE };
static const struct {
    const char *name;
    int compare;
    bool negates;
} operators[] = {
    {"StringEquals", EXACT, false},
    {"StringLike", PATTERN, false},
    {"StringNotEquals", EXACT, true},
    {"StringNotLike", PATTERN, true},
    {"ArnEquals", PATTERN, false},
    {"ArnLike", PATTERN, false},
    {"ArnNotEquals", PATTERN, true},
    {"ArnNotLike", PATTERN, true},
    {"StringEqualsIgnoreCase", NO_CASE, false},
};

static bool matches(int compare, const char *pattern, const char *text)
{
    if (compare == PATTERN)
        return fnmatch(pattern, text, 0) == 0;
    return (compare == EXACT ? strcmp(pattern, text) : strcasecmp(pattern, text)) == 0;
}

/* One key of one operator. What the request does not say fits none but "…IfExists" and "Not". */
static bool key_fits(struct arena *a, size_t op, bool if_exists, const struct value *given,
                     const struct value *patterns)
{
    bool found = false;

    if (!value_is_set(given))
        return if_exists || operators[op].negates;
    patterns = as_list(a, patterns);
    for (size_t i = 0; i < value_count(patterns); i++)
        found = found ||
                matches(operators[op].compare, value_z(value_item(patterns, i)), value_z(given));
    return found != operators[op].negates;
}

/* Nobody here has what other operators ask for: a second factor, a network. */
static bool operator_fits(struct arena *a, const char *name, const struct value *conditions,
                          const struct value *context)
{
    for (size_t op = 0; op < sizeof(operators) / sizeof(*operators); op++) {
        size_t len = strlen(operators[op].name);
        bool if_exists = strcmp(name + strnlen(name, len), "IfExists") == 0, fits = true;

        if (strncmp(name, operators[op].name, len) != 0 || (name[len] && !if_exists))
            continue;
        for (size_t i = 0; i < value_count(conditions); i++) {
            const struct value_entry *one = &conditions->map.entries[i];

            fits = fits && key_fits(a, op, if_exists, value_at(context, one->key), one->value);
        }
        return fits;
    }
    return false;
}

static bool conditions_fit(struct arena *a, const struct value *conditions,
                           const struct value *context)
{
    for (size_t i = 0; i < value_count(conditions); i++)
        if (!operator_fits(a, conditions->map.entries[i].key, conditions->map.entries[i].value,
                           context))
            return false;
    return true;
}

/* --- statements ----------------------------------------------------------------------------------
 */
static bool is_named(struct arena *a, const struct record *role, const struct cloud_iam_caller *who,
                     const char *principal)
{
    const char *account = account_of(a, role);

    if (strcmp(principal, "*") == 0 || strcmp(principal, who->principal) == 0 ||
        strcmp(principal, who->session) == 0)
        return true;
    return strcmp(who->type, "AWS") == 0 &&
           (strcmp(principal, account) == 0 ||
            strcmp(principal, text_f(a, "arn:aws:iam::%s:root", account)) == 0);
}

static bool statement_fits(struct arena *a, const struct record *role,
                           const struct cloud_iam_caller *who, const char *action,
                           const struct value *statement)
{
    const struct value *principal = value_at(statement, "Principal");
    const struct value *actions = as_list(a, value_at(statement, "Action"));
    const struct value *names =
        as_list(a, principal->kind == VALUE_STRING ? principal : value_at(principal, who->type));
    bool acts = false, named = false;

    for (size_t i = 0; i < value_count(actions); i++)
        acts = acts || fnmatch(value_z(value_item(actions, i)), action, 0) == 0;
    for (size_t i = 0; i < value_count(names); i++)
        named = named || is_named(a, role, who, value_z(value_item(names, i)));
    return acts && named && conditions_fit(a, value_at(statement, "Condition"), who->context);
}

bool cloud_iam_lets_in(struct arena *a, const struct record *role,
                       const struct cloud_iam_caller *who, const char *action)
{
    const struct value *document, *statements;
    bool allowed = false;

    if (json_try(a, text_of(record_text(role, "AssumeRolePolicyDocument")), &document))
        return false;
    statements = as_list(a, value_at(document, "Statement"));
    for (size_t i = 0; i < value_count(statements); i++) {
        const struct value *statement = value_item(statements, i);

        if (!statement_fits(a, role, who, action, statement))
            continue;
        if (strcmp(value_text(statement, "Effect"), "Deny") == 0)
            return false;
        allowed = true;
    }
    return allowed;
}

bool cloud_iam_role_trusts(struct arena *a, const struct record *role, const char *service)
{
    const struct value *account = value_string(a, account_of(a, role));
    const struct cloud_iam_caller who = {.type = "Service",
                                         .principal = service,
                                         .session = service,
                                         .context =
                                             value_map_of(a, {"aws:SourceAccount", account})};

    return cloud_iam_lets_in(a, role, &who, "sts:AssumeRole");
}
