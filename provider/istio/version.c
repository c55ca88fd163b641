#include "istio/version.h"

#include "codec/semver.h"

/* What `istioctl x precheck` of each line asks for. */
static const struct {
    int minor, kubernetes;
} kubernetes_lines[] = {
    {13, 19}, {16, 22}, {20, 25}, {24, 28}, {28, 30}, {30, 32},
};

bool version_check(struct call *c, const struct path *at, const struct value *v)
{
    struct semver read;

    if (!semver_read_strict(value_string_text(v), &read))
        return diag_error(c->diags, at, "Not a version of Istio",
                          "\"%s\" is not a whole version, such as 1.27.3.", value_z(v));
    if (read.major == 1 && read.minor >= VERSION_MINOR_MIN)
        return true;
    return diag_error(c->diags, at, "This version of Istio is not supported",
                      "%s was asked for; 1.%d.0 is the oldest whose charts are known.", value_z(v),
                      VERSION_MINOR_MIN);
}

int version_minor(const char *version)
{
    struct semver read;

    return semver_read(text_of(version), &read) && read.minor < 1000 ? (int)read.minor : 0;
}

int version_kubernetes_minor(int minor)
{
    int lowest = kubernetes_lines[0].kubernetes;

    for (size_t i = 0; i < sizeof(kubernetes_lines) / sizeof(*kubernetes_lines); i++)
        if (minor >= kubernetes_lines[i].minor)
            lowest = kubernetes_lines[i].kubernetes;
    return lowest;
}

bool version_refuses_own_values(const char *version)
{
    int minor = version_minor(version);

    return minor >= 21 && minor <= 24;
}

void version_warn_of_step(struct call *c, const struct path *at, const char *from, const char *to)
{
    int was = version_minor(from), is = version_minor(to);

    if (!was || !is || (is >= was && is <= was + 1))
        return;
    if (is < was)
        diag_warning(c->diags, at, "Istio goes back to an older line",
                     "From %s to %s. CRDs and settings of the newer line may be unknown to the "
                     "older one; Istio is tried with steps forward only.",
                     from, to);
    else
        diag_warning(c->diags, at, "The upgrade leaves out lines of Istio",
                     "From %s to %s. In place, Istio is upgraded one minor version at a time; two "
                     "at most as a canary: a second istio_control_plane with a revision.",
                     from, to);
}
