#include "istio/signer_aws.h"

#include "aws/secretsmanager.h"
#include "aws/wait.h"
#include "codec/json.h"
#include "crypto/key.h"

static const char cert_file[] = "root-cert.pem", key_file[] = "root-key.pem";

bool signer_aws_open(struct call *c, const struct value *place, const struct path *at,
                     struct signer_aws_place *out)
{
    const struct aws_access access = {.region = value_text(place, "region")};

    out->name = value_text(place, "name");
    return aws_open(c, &access, path_name(c->arena, at, "region"), &out->aws);
}

const char *signer_aws_text(struct arena *a, const struct signer_aws_place *place)
{
    return text_f(a, "secret %s of Secrets Manager in %s", place->name, aws_region(place->aws));
}

/* What is no such object holds nothing that could sign, which the caller finds. */
static void take_apart(struct arena *a, const struct value *version, struct cacerts_signer *out)
{
    struct text content = value_string_text(value_at(version, "SecretString"));
    const struct value *files;

    *out = (struct cacerts_signer){TEXT(""), TEXT("")};
    if (content.len)
        key_wipe_later(a, content);
    if (json_try(a, content, &files))
        return;
    out->certificates = value_string_text(value_at(files, cert_file));
    out->key = value_string_text(value_at(files, key_file));
    if (out->key.len)
        key_wipe_later(a, out->key);
}

bool signer_aws_read(struct call *c, const struct signer_aws_place *place,
                     struct cacerts_signer *out, bool *there)
{
    const struct value *version;

    if (!secretsmanager_get_secret_value(c, place->aws, place->name, &version))
        return false;
    *there = version != NULL;
    take_apart(c->arena, version ? version : &value_null, out);
    return true;
}

bool signer_aws_await(struct call *c, const struct signer_aws_place *place,
                      struct cacerts_signer *out)
{
    const struct value *input = value_map_of(c->arena,
                                             {"SecretId", value_string(c->arena, place->name)}),
                       *version;

    if (!aws_call_until(c, place->aws, &secretsmanager_get_secret_value_new, input, AWS_VISIBLE_MS,
                        &version))
        return false;
    take_apart(c->arena, version, out);
    return true;
}

const struct value *signer_aws_content(struct arena *a, const struct cacerts_signer *signer)
{
    const struct value *key = value_string_of(a, signer->key), *content;
    struct text json = json_write(
        a, value_map_of(a, {cert_file, value_string_of(a, signer->certificates)}, {key_file, key}));

    content = value_string_of(a, json);
    key_wipe_later(a, value_string_text(key));
    key_wipe_later(a, json);
    key_wipe_later(a, value_string_text(content));
    return content;
}
