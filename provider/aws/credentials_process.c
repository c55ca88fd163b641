/* credentials_process - what a profile's credential_process prints. The person named the
 * command, and the shell reads it, as in AWS's own tools. */
#include "aws/credentials_parts.h"
#include "base/log.h"
#include "base/program.h"
#include "codec/json.h"

static bool failed(struct search *s, const char *profile, const char *reason, const char *said)
{
    return diag_error(s->c->diags, NULL,
                      text_f(s->c->arena, "The credential_process of profile %s failed", profile),
                      "Its command: %s%s%s", reason, *said ? "\n\nIt said:\n" : "", said);
}

bool credentials_process(struct search *s, const char *profile, const char *command,
                         struct aws_credentials *out)
{
    struct arena *a = s->c->arena;
    char *const arguments[] = {arena_strdup(a, "/bin/sh"), arena_strdup(a, "-c"),
                               arena_strdup(a, command), NULL};
    const struct program program = {
        .arguments = arguments, .cancel = s->c->cancel, .deadline_ms = s->c->deadline_ms};
    const struct value *json;
    struct program_end end;

    log_event(LOG_DEBUG, "aws", "starts a credential_process", "profile", profile, NULL);
    if (!program_run(a, &program, &end))
        return failed(s, profile, end.trouble, end.said);
    /* The parser's own message could show a piece of the secret. */
    if (json_try(a, end.output, &json))
        return failed(s, profile, "it printed no JSON.", end.said);
    if (value_integer_at(json, "Version") != 1)
        return failed(s, profile, "it printed no credentials of Version 1.", end.said);
    return credentials_document(s, json, text_f(a, "the credential_process of profile %s", profile),
                                out);
}
