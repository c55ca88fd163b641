/* Passwords: hashed for htpasswd files, and derived from a master password. */
#include <string.h>

#include "crypto/digest.h"
#include "crypto/password.h"
#include "template/convert.h"

/* What went wrong becomes the hash, as in Sprig. */
static const char *bcrypt(struct function_call *f, struct text password)
{
    char *out = arena_alloc(f->arena, PASSWORD_BCRYPT_BYTES + 1);
    struct diags diags;

    diags_init(&diags, f->arena);
    if (password.len > PASSWORD_BCRYPT_INPUT_BYTES_MAX)
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
    if (password_bcrypt(&diags, password, out))
        return out;
    return text_f(f->arena, "failed to encrypt string with bcrypt: %s: %s", diags.first->summary,
                  diags.first->detail);
}

static const struct datum *run_bcrypt(struct function_call *f)
{
    return datum_string_z(f->arena, bcrypt(f, function_text(f, 0)));
}

static const struct datum *run_htpasswd(struct function_call *f)
{
    struct text user = function_text(f, 0);
    struct text_builder b;

    text_builder_init(&b, f->arena, user.len + 1000);
    if (user.len && memchr(user.at, ':', user.len)) {
        text_add_z(&b, "invalid username: ");
        text_add(&b, user);
    } else {
        text_add(&b, user);
        text_add_f(&b, ":%s", bcrypt(f, function_text(f, 1)));
    }
    return convert_built(f, &b);
}

/* --- the Master Password algorithm, version 0 ------------------------------ */

/* A template's letters stand for classes of characters, of which the seed picks one. */
static const struct {
    const char *type, *templates; /* parted by blanks */
} types[] = {
    {"maximum", "anoxxxxxxxxxxxxxxxxx axxxxxxxxxxxxxxxxxno"},
    {"long", "CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv "
             "CvccCvcvCvcvno CvcvnoCvccCvcv CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc "
             "CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv CvccCvccCvcvno "
             "CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc "
             "CvccCvcvCvccno"},
    {"medium", "CvcnoCvc CvcCvcno"},
    {"short", "Cvcn"},
    {"basic", "aaanaaan aannaaan aaannaaa"},
    {"pin", "nnnn"},
};

static const char *class_of(char letter)
{
    switch (letter) {
    case 'C':
        return "BCDFGHJKLMNPQRSTVWXYZ";
    case 'v':
        return "aeiou";
    case 'c':
        return "bcdfghjklmnpqrstvwxyz";
    case 'a':
        return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    case 'n':
        return "0123456789";
    case 'o':
        return "@&%?,=[]_:-+*$#!'^~;()/.";
    default: /* x */
        return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()";
    }
}

static const char *templates_of(struct text type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (text_is(type, types[i].type))
            return types[i].templates;
    return NULL;
}

static struct text template_at(const char *templates, size_t pick)
{
    struct text rest = text_of(templates), one = {0};
    size_t count = 1;

    for (const char *at = templates; *at; at++)
        count += *at == ' ';
    for (size_t i = 0; i <= pick % count; i++)
        (void)text_split(&rest, ' ', &one);
    return one;
}

static void add_number(struct text_builder *b, uint64_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        text_add_char(b, (char)(number >> shift & 255));
}

/* The algorithm's name, then what is counted and what belongs to it. */
static struct text salted(struct function_call *f, struct text name, const int64_t *counter)
{
    struct text_builder b;

    text_builder_init(&b, f->arena, name.len + 64);
    text_add_z(&b, "com.lyndir.masterpassword");
    add_number(&b, name.len);
    text_add(&b, name);
    if (counter)
        add_number(&b, (uint64_t)*counter);
    return text_built(&b);
}

static bool seed_of(struct function_call *f, unsigned char seed[static SHA256_BYTES])
{
    static const struct password_cost cost = {32768, 8, 2};
    int64_t counter = function_integer(f, 0);
    unsigned char key[64];
    struct diags diags;

    diags_init(&diags, f->arena);
    if (password_scrypt(&diags, function_text(f, 2), salted(f, function_text(f, 3), NULL), cost,
                        key, sizeof(key)) &&
        digest_hmac_sha256(&diags, (struct text){(const char *)key, sizeof(key)},
                           salted(f, function_text(f, 4), &counter), seed))
        return true;
    function_fail(f, "%s: %s", diags.first->summary, diags.first->detail);
    return false;
}

static const struct datum *run_derive_password(struct function_call *f)
{
    struct text type = function_text(f, 1), shape;
    const char *templates = templates_of(type);
    unsigned char seed[SHA256_BYTES];
    struct text_builder b;

    text_builder_init(&b, f->arena, type.len + 100);
    if (!templates) {
        text_add_z(&b, "cannot find password template ");
        text_add(&b, type);
        return convert_built(f, &b);
    }
    if (!seed_of(f, seed))
        return NULL;
    shape = template_at(templates, seed[0]);
    for (size_t i = 0; i < shape.len; i++) {
        const char *class = class_of(shape.at[i]);

        text_add_char(&b, class[seed[i + 1] % strlen(class)]);
    }
    return convert_built(f, &b);
}

const struct function functions_password[] = {
    {"bcrypt", "s", run_bcrypt, FUNCTION_UNSTABLE | FUNCTION_SLOW},
    {"htpasswd", "ss", run_htpasswd, FUNCTION_UNSTABLE | FUNCTION_SLOW},
    {"derivePassword", "Ussss", run_derive_password, FUNCTION_SLOW},
    {0},
};
