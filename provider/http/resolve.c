#include "http/resolve.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>

struct lookup {
    struct call *call;
    const struct value *addresses;
};

static bool holds(const struct value *list, const char *address)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), address) == 0)
            return true;
    return false;
}

/* Called for each address that curl would connect to; no socket is made for any. */
static curl_socket_t note(void *data, curlsocktype purpose, struct curl_sockaddr *at)
{
    struct lookup *l = data;
    char text[INET6_ADDRSTRLEN] = "";
    const void *address = at->family == AF_INET6
                              ? (const void *)&((struct sockaddr_in6 *)&at->addr)->sin6_addr
                              : (const void *)&((struct sockaddr_in *)&at->addr)->sin_addr;

    (void)purpose;
    if (inet_ntop(at->family, address, text, sizeof(text)) &&
        value_count(l->addresses) < RESOLVE_ADDRESSES_MAX && !holds(l->addresses, text))
        l->addresses =
            value_append(l->call->arena, l->addresses, value_string(l->call->arena, text));
    return CURL_SOCKET_BAD;
}

/* Not 0 ends it; called about once a second. */
static int is_cancelled(void *data, curl_off_t a, curl_off_t b, curl_off_t d, curl_off_t e)
{
    const struct lookup *l = data;

    (void)a;
    (void)b;
    (void)d;
    (void)e;
    return l->call->cancel && cancel_fired(l->call->cancel);
}

static CURLcode look(struct lookup *l, const char *url, long ms)
{
    CURL *easy = curl_easy_init();
    CURLcode code;

    if (!easy)
        return CURLE_FAILED_INIT;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a resolver that hangs is left behind */
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, ms);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, note);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, l);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, is_cancelled);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, l);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    return code;
}

bool resolve_name(struct call *c, const char *name, const struct value **addresses,
                  const char **why)
{
    struct lookup l = {.call = c, .addresses = &value_empty_list};
    int64_t left = call_left_ms(c);
    /* 0 would be no limit at all */
    long ms = (long)(left < 1 ? 1 : left < RESOLVE_MS_MAX ? left : RESOLVE_MS_MAX);
    bool brackets = strchr(name, ':') && name[0] != '[';
    CURLcode code = look(
        &l, text_f(c->arena, "http://%s%s%s/", brackets ? "[" : "", name, brackets ? "]" : ""), ms);

    *addresses = l.addresses;
    *why = "";
    if (is_cancelled(&l, 0, 0, 0, 0))
        return diag_error(c->diags, NULL, "Interrupted",
                          "Terraform was stopped while the name %s was looked up.", name);
    if (value_count(l.addresses) == 0)
        *why = code == CURLE_OPERATION_TIMEDOUT
                   ? text_f(c->arena, "no name server told the address of %s in time", name)
                   : text_f(c->arena, "the name %s has no address", name);
    return true;
}
