#!/bin/sh
# Makes the program that charts are measured with available and prints its path: Helm of the
# pinned version, built from its Go module and kept outside the tree, in
# ${XDG_CACHE_HOME:-$HOME/.cache}/terraform-provider-istio/helm/<version>/helm.
#
#   build_helm.sh                 the pinned version
#
# Progress goes to stderr.
set -eu

version=v3.21.4 # the line that provider/helm imitates; a new one means `make yardstick-record`

say() { echo "build_helm.sh: $*" >&2; }
die() { say "$*"; exit 1; }

find_go() {
    command -v go && return
    [ -x /usr/local/go/bin/go ] && echo /usr/local/go/bin/go && return
    die "no Go toolchain: install Go"
}

# "go install" refuses a module that has replacements, and writes where the user's programs are:
# a wrapper module avoids both. Helm says its version and what a server offers by linker flags.
build_helm() {
    module=helm.sh/helm/v3
    gomod=$("$go" mod download -json "$module@$version" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
    [ -n "$gomod" ] || die "cannot download $module@$version"
    client=$(sed -n 's,^[[:space:]]*k8s.io/client-go v0\.\([0-9]*\)\..*,\1,p' "$gomod")
    [ -n "$client" ] || die "$module@$version names no Kubernetes version"
    {
        echo "module helm-wrapper"
        sed -n '/^go [0-9]/p' "$gomod"
        echo "require $module $version"
    } >"$work/go.mod"
    internal=$module/internal/version
    flags="-s -w -X $internal.version=$version -X $internal.gitTreeState=archive"
    for package in $module/pkg/lint/rules $module/pkg/chartutil; do
        flags="$flags -X $package.k8sVersionMajor=1 -X $package.k8sVersionMinor=$client"
    done
    (cd "$work" && "$go" build -mod=mod -trimpath -ldflags "$flags" -o helm "$module/cmd/helm") >&2
    mv "$work/helm" "$cache/helm"
}

cache=${XDG_CACHE_HOME:-$HOME/.cache}/terraform-provider-istio/helm/$version
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9

if [ ! -x "$cache/helm" ]; then
    work=$(mktemp -d "$cache/.build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' INT TERM
    export GOWORK=off CGO_ENABLED=0
    go=$(find_go)
    say "building Helm $version"
    build_helm
fi
echo "$cache/helm"
