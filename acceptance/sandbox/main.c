/* istio-sandbox - stand-in Kubernetes API servers for trying and testing.
 *
 * Starts one server per name, writes a kubeconfig for each, and either serves
 * until it is told to stop or runs a command among them. Charts, from a repository
 * and a registry, and an AWS account are served beside them or alone. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "acceptance/sandbox/aws/cloud.h"
#include "acceptance/sandbox/charts.h"
#include "acceptance/sandbox/sandbox.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"

enum { CLUSTERS_MAX = 100, FILE_BYTES_MAX = 1 << 20, TIMEOUT_STATUS = 124 };

static const char usage[] =
    "usage: istio-sandbox --clusters NAME,NAME,... [options] [-- COMMAND ...]\n"
    "       istio-sandbox --charts DIR [options] [-- COMMAND ...]\n"
    "       istio-sandbox --aws [options] [-- COMMAND ...]\n"
    "\n"
    "Serves stand-in Kubernetes API servers on 127.0.0.1. They are no clusters: nothing runs.\n"
    "\n"
    "  --clusters east,west  one server per name\n"
    "  --dir DIR             where NAME.kubeconfig and sandbox.env go (default: a new folder)\n"
    "  --port N              port of the first server, the others follow (default: free ones)\n"
    "  --version v1.33.4     the Kubernetes version to claim\n"
    "  --settle-ms N         how long Deployments, load balancers and the like take (default 0)\n"
    "  --charts DIR          also serves the charts of this folder: a chart repository and an\n"
    "                        OCI registry\n"
    "  --aws                 also serves an AWS account: EC2, EKS, IAM, load balancers, … in five\n"
    "                        regions. It is no AWS: nothing is made, nothing costs\n"
    "  --aws-port N          its port (default: a free one)\n"
    "  --aws-speed N         how many times faster than AWS (default 500: a NAT gateway takes\n"
    "                        200 ms); 0: at once\n"
    "  --aws-eventual yes    what was just made is not found for a moment\n"
    "  --aws-throttle N      at most so many requests in a second\n"
    "  --aws-addresses N     Elastic IPs in each region (default 5); --aws-vpcs N likewise\n"
    "  --istiod yes          does to objects what a running istiod would\n"
    "  --lifetime SECONDS    ends by itself (default: never)\n"
    "  -- COMMAND ...        runs the command and exits with its status; without one, serves\n"
    "                        until Ctrl-C\n"
    "\n"
    "COMMAND, and whoever sources DIR/sandbox.env, finds ISTIO_ACC_BACKEND=sandbox,\n"
    "ISTIO_ACC_CLUSTERS, ISTIO_ACC_DIR, and for N = 1, 2, ...: ISTIO_ACC_NAME_N,\n"
    "ISTIO_ACC_URL_N, ISTIO_ACC_KUBECONFIG_N, ISTIO_ACC_TOKEN_N, ISTIO_ACC_NOBODY_TOKEN_N.\n"
    "With --charts also ISTIO_ACC_CHARTS and ISTIO_ACC_CHARTS_TLS (\"http://127.0.0.1:…\", the\n"
    "repository is below at /charts, the registry at oci://127.0.0.1:…/charts) and\n"
    "ISTIO_ACC_CHARTS_CA (a file). With --aws also what AWS clients read: AWS_ENDPOINT_URL,\n"
    "AWS_CA_BUNDLE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; and ISTIO_ACC_AWS_TOKEN for\n"
    "its control interface below /sandbox/. Without --clusters it serves these alone.\n";

struct options {
    const char *names[CLUSTERS_MAX];
    size_t count;
    const char *dir, *version, *charts;
    int port;
    bool istiod, aws;
    struct cloud_options cloud;
    int64_t settle_ms, lifetime_seconds;
    char **command; /* NULL: serve */
};

struct running {
    struct sandbox *servers[CLUSTERS_MAX];
    size_t count;
    struct charts *charts; /* NULL = none */
    struct cloud *cloud;   /* NULL = none */
};

static _Noreturn void die(const char *why, const char *what)
{
    fprintf(stderr, "istio-sandbox: %s%s%s\n", why, *what ? ": " : "", what);
    exit(2);
}

/* --- options --------------------------------------------------------------------------------- */
static int64_t read_number(const char *text)
{
    char *end;
    long long n = strtoll(text, &end, 10);

    if (!*text || *end || n < 0)
        die("not a number", text);
    return n;
}

static void read_names(struct arena *a, const char *list, struct options *o)
{
    struct text rest = text_of(list), piece;

    while (text_split(&rest, ',', &piece)) {
        if (piece.len == 0 || o->count == CLUSTERS_MAX)
            die("bad list of names", list);
        o->names[o->count++] = text_z(a, piece);
    }
}

/* False: no option of the AWS account. */
static bool read_aws_option(const char *name, const char *argument, struct cloud_options *o)
{
    if (strcmp(name, "--aws-port") == 0)
        o->port = (int)read_number(argument);
    else if (strcmp(name, "--aws-speed") == 0)
        o->speed = read_number(argument);
    else if (strcmp(name, "--aws-eventual") == 0)
        o->eventual = strcmp(argument, "yes") == 0;
    else if (strcmp(name, "--aws-throttle") == 0)
        o->throttle = read_number(argument);
    else if (strcmp(name, "--aws-addresses") == 0)
        o->addresses_max = (size_t)read_number(argument);
    else if (strcmp(name, "--aws-vpcs") == 0)
        o->vpcs_max = (size_t)read_number(argument);
    else
        return false;
    return true;
}

static void read_option(struct arena *a, const char *name, const char *argument, struct options *o)
{
    if (strcmp(name, "--clusters") == 0)
        read_names(a, argument, o);
    else if (strcmp(name, "--dir") == 0)
        o->dir = argument;
    else if (strcmp(name, "--version") == 0)
        o->version = argument;
    else if (strcmp(name, "--charts") == 0)
        o->charts = argument;
    else if (strcmp(name, "--port") == 0)
        o->port = (int)read_number(argument);
    else if (strcmp(name, "--settle-ms") == 0)
        o->settle_ms = read_number(argument);
    else if (strcmp(name, "--istiod") == 0)
        o->istiod = strcmp(argument, "yes") == 0;
    else if (strcmp(name, "--lifetime") == 0)
        o->lifetime_seconds = read_number(argument);
    else if (!read_aws_option(name, argument, &o->cloud))
        die("unknown option", name);
}

static void read_options(struct arena *a, int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            exit(0);
        }
        if (strcmp(argv[i], "--") == 0) {
            o->command = argv[i + 1] ? &argv[i + 1] : NULL;
            break;
        }
        if (strcmp(argv[i], "--aws") == 0) {
            o->aws = true;
            i--; /* alone without a value */
            continue;
        }
        if (i + 1 == argc)
            die("needs a value", argv[i]);
        read_option(a, argv[i], argv[i + 1], o);
    }
    if (o->count == 0 && !o->charts && !o->aws) {
        fputs(usage, stderr);
        exit(2);
    }
}

/* --- files and environment
 * ------------------------------------------------------------------------ */
static void write_file(const char *path, struct text content)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (file < 0 || write(file, content.at, content.len) != (ssize_t)content.len)
        die("cannot write", path);
    close(file);
}

static const char *make_dir(struct arena *a, const char *wanted)
{
    const char *base = getenv("TMPDIR");
    char here[4096], *made;

    if (wanted) {
        if (mkdir(wanted, 0700) != 0 && errno != EEXIST)
            die("cannot make the folder", wanted);
        if (*wanted == '/' || !getcwd(here, sizeof(here)))
            return wanted;
        return text_f(a, "%s/%s", here, wanted);
    }
    made = text_f(a, "%s/istio-sandbox-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(made))
        die("cannot make a folder", made);
    return made;
}

/* One variable: for the command, and for who sources the file. */
static void export(struct text_builder *file, const char *name, const char *text)
{
    setenv(name, text, 1);
    text_add_f(file, "export %s='%s'\n", name, text);
}

static void write_charts(struct arena *a, const struct charts *charts, const char *dir,
                         struct text_builder *file)
{
    const char *ca = text_f(a, "%s/charts.pem", dir);

    write_file(ca, text_of(charts_ca_pem(charts)));
    export(file, "ISTIO_ACC_CHARTS", charts_url(charts));
    export(file, "ISTIO_ACC_CHARTS_TLS", charts_tls_url(charts));
    export(file, "ISTIO_ACC_CHARTS_CA", ca);
    fprintf(stderr, "istio-sandbox: stand-in charts at %s/charts and oci://%s/charts\n",
            charts_url(charts), strstr(charts_url(charts), "://") + 3);
}

/* What AWS clients read; what would lead them elsewhere is emptied. */
static void write_aws(struct arena *a, const struct cloud *cloud, const char *dir,
                      struct text_builder *file)
{
    const char *ca = text_f(a, "%s/aws.pem", dir);

    write_file(ca, text_of(cloud_ca_pem(cloud)));
    export(file, "AWS_ENDPOINT_URL", cloud_url(cloud));
    export(file, "AWS_CA_BUNDLE", ca);
    export(file, "AWS_ACCESS_KEY_ID", cloud_key_id(cloud));
    export(file, "AWS_SECRET_ACCESS_KEY", cloud_secret(cloud));
    export(file, "AWS_SESSION_TOKEN", "");
    export(file, "AWS_PROFILE", "");
    export(file, "AWS_EC2_METADATA_DISABLED", "true");
    export(file, "ISTIO_ACC_AWS_TOKEN", cloud_control_token(cloud));
    fprintf(stderr,
            "istio-sandbox: stand-in AWS account %s at %s, CA %s\n"
            "istio-sandbox: access key %s, secret %s, regions %s\n",
            cloud_account(cloud), cloud_url(cloud), ca, cloud_key_id(cloud), cloud_secret(cloud),
            cloud_regions(a));
}

static void write_files(struct arena *a, const struct options *o, const struct running *r,
                        const char *dir)
{
    struct text_builder b;

    text_builder_init(&b, a, FILE_BYTES_MAX);
    if (r->charts)
        write_charts(a, r->charts, dir, &b);
    if (r->cloud)
        write_aws(a, r->cloud, dir, &b);
    if (r->count > 0) {
        export(&b, "ISTIO_ACC_BACKEND", "sandbox");
        export(&b, "ISTIO_ACC_DIR", dir);
        export(&b, "ISTIO_ACC_CLUSTERS", text_f(a, "%zu", r->count));
    }
    for (size_t i = 0; i < r->count; i++) {
        const char *path = text_f(a, "%s/%s.kubeconfig", dir, o->names[i]);

        write_file(path, text_of(sandbox_kubeconfig(r->servers[i])));
        export(&b, text_f(a, "ISTIO_ACC_NAME_%zu", i + 1), o->names[i]);
        export(&b, text_f(a, "ISTIO_ACC_URL_%zu", i + 1), sandbox_url(r->servers[i]));
        export(&b, text_f(a, "ISTIO_ACC_KUBECONFIG_%zu", i + 1), path);
        export(&b, text_f(a, "ISTIO_ACC_TOKEN_%zu", i + 1), sandbox_admin_token(r->servers[i]));
        export(&b, text_f(a, "ISTIO_ACC_NOBODY_TOKEN_%zu", i + 1),
               sandbox_nobody_token(r->servers[i]));
        fprintf(stderr, "istio-sandbox: stand-in API server \"%s\" at %s, %s\n", o->names[i],
                sandbox_url(r->servers[i]), path);
    }
    write_file(text_f(a, "%s/sandbox.env", dir), text_built(&b));
    fprintf(stderr,
            "istio-sandbox: these are stand-ins, neither Kubernetes nor AWS; variables in "
            "%s/sandbox.env\n",
            dir);
}

/* --- running
 * ---------------------------------------------------------------------------------------- */
static pid_t start(char **command, const sigset_t *plain)
{
    pid_t child = fork();

    if (child == 0) {
        sigprocmask(SIG_SETMASK, plain, NULL);
        execvp(command[0], command);
        fprintf(stderr, "istio-sandbox: cannot run %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    if (child < 0)
        die("cannot run", command[0]);
    return child;
}

static int status_of(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Until the child ends, a signal comes or the lifetime is over. */
static int wait_for_end(const sigset_t *signals, pid_t child, int64_t lifetime_seconds)
{
    int64_t ends_at_ms = clock_monotonic_ms() + lifetime_seconds * 1000;
    int signal_number, status;

    for (;;) {
        int64_t left_ms = lifetime_seconds ? ends_at_ms - clock_monotonic_ms() : 1000;
        struct timespec wait = {left_ms > 1000 ? 1 : left_ms / 1000, left_ms % 1000 * 1000000L};

        if (left_ms <= 0)
            signal_number = SIGALRM;
        else
            signal_number = sigtimedwait(signals, NULL, &wait);
        if (child && waitpid(child, &status, WNOHANG) == child)
            return status_of(status);
        if (signal_number <= 0 || signal_number == SIGCHLD)
            continue;
        if (!child)
            return 0;
        kill(child, SIGTERM);
        waitpid(child, &status, 0);
        return signal_number == SIGALRM ? TIMEOUT_STATUS : status_of(status);
    }
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new();
    struct options o = {.cloud.speed = CLOUD_SPEED};
    struct running r = {.count = 0};
    sigset_t signals, plain;
    pid_t child;
    int status;

    read_options(a, argc, argv, &o);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &plain); /* before any thread: they all inherit it */
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < o.count; i++) {
        struct sandbox_options server = {
            o.names[i], o.port ? o.port + (int)i : 0, o.version, o.settle_ms, o.istiod, false};

        r.servers[r.count++] = sandbox_start(&server);
    }
    if (o.charts)
        r.charts = charts_start(o.charts);
    o.cloud.settle_ms = o.settle_ms;
    o.cloud.istiod = o.istiod;
    if (o.aws)
        r.cloud = cloud_start(&o.cloud);
    write_files(a, &o, &r, make_dir(a, o.dir));
    child = o.command ? start(o.command, &plain) : 0;
    status = wait_for_end(&signals, child, o.lifetime_seconds);
    for (size_t i = 0; i < r.count; i++)
        sandbox_stop(r.servers[i]);
    charts_stop(r.charts);
    cloud_stop(r.cloud);
    arena_free(a);
    return status;
}
