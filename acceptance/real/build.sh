#!/bin/sh
# Makes etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok available and prints,
# as the last line, the directory that holds them all.
#
#   build.sh [K8S_VERSION]        such as v1.36.3; else the variable K8S_VERSION
#
# A server is taken from $KUBEBUILDER_ASSETS, then from PATH, else built from its Go module and kept
# in ${XDG_CACHE_HOME:-$HOME/.cache}/terraform-provider-istio/kubernetes/<version>/. A version that
# was asked for is never replaced by another one: a found Kubernetes server counts only when it
# says that it is that version. Progress goes to stderr.
set -eu

default_kubernetes=v1.36.3
etcd_version=v3.6.16
kwok_version=v0.8.0
servers='etcd
kube-apiserver
kube-controller-manager
kube-scheduler
kwok'
IFS='
' # paths may hold spaces: lists are lines

say() { echo "build.sh: $*" >&2; }
die() { say "$*"; exit 1; }

# Prints "vX.Y.Z" for a kube-* program, nothing when it cannot run.
version_of() { "$1" --version 2>/dev/null | sed -n 's/^Kubernetes //p'; }

# Prints each program named $1 that is here already, best first.
find_programs() {
    for found in "${KUBEBUILDER_ASSETS:+$KUBEBUILDER_ASSETS/$1}" "$(command -v "$1" || true)"; do
        if [ -n "$found" ] && [ -x "$found" ]; then
            echo "$found"
        fi
    done
}

# Prints where server $1 already is, if it is one that fits.
find_server() {
    for found in $(find_programs "$1"); do
        case $1 in
        kube-*) [ "$(version_of "$found")" = "$version" ] || continue ;;
        esac
        echo "$found"
        return
    done
}

# Without a version asked for, an API server that is already here decides.
choose_version() {
    for found in $(find_programs kube-apiserver); do
        version_of "$found"
        return
    done
    echo "$default_kubernetes"
}

find_go() {
    command -v go && return
    [ -x /usr/local/go/bin/go ] && echo /usr/local/go/bin/go && return
    die "no Go toolchain: install Go, or set KUBEBUILDER_ASSETS to a folder with the servers"
}

# A server is built in a wrapper module, because "go install" refuses a module that has replacements.
# write_wrapper NAME MODULE VERSION
write_wrapper() {
    gomod=$("$go" mod download -json "$2@$3" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
    [ -n "$gomod" ] || die "cannot download $2@$3"
    mkdir -p "$work/$1"
    {
        echo "module $1-wrapper"
        sed -n '/^go [0-9]/p' "$gomod"
        echo "require $2 $3"
        pin_staging "$3" "$gomod"
    } >"$work/$1/go.mod"
}

# Kubernetes points its k8s.io modules at folders that its own module does not carry. Each of them
# is published as v0.X.Y beside v1.X.Y.
pin_staging() {
    sed -n "s,^[[:space:]]*\(k8s.io/[a-z-]*\) => \./staging/.*,replace \1 => \1 v0.${1#v1.},p" "$2"
}

version_flags() {
    minor=${version#v1.}
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        printf ' -X %s.gitVersion=%s -X %s.gitMajor=1 -X %s.gitMinor=%s -X %s.gitTreeState=archive' \
            "$package" "$version" "$package" "$package" "${minor%%.*}" "$package"
    done
}

# build_package NAME MODULE VERSION PACKAGE [LINKER_FLAGS]
build_package() {
    write_wrapper "$1" "$2" "$3"
    (cd "$work/$1" && "$go" build -mod=mod -trimpath -ldflags "-s -w${5:-}" -o "$1" "$4") >&2
    mv "$work/$1/$1" "$cache/$1"
}

build_server() {
    [ -x "$cache/$1" ] && return
    say "building $1"
    case $1 in
    etcd)
        build_package etcd go.etcd.io/etcd/server/v3 "$etcd_version" go.etcd.io/etcd/server/v3
        ;;
    kwok)
        build_package kwok sigs.k8s.io/kwok "$kwok_version" sigs.k8s.io/kwok/cmd/kwok
        ;;
    *)
        build_package "$1" k8s.io/kubernetes "$version" "k8s.io/kubernetes/cmd/$1" "$(version_flags)"
        ;;
    esac
}

# Servers from several places come together in a folder of links, named after where they are from.
link_together() {
    set -- "$cache/links/$(echo "$places" | cksum | cut -d' ' -f1)"
    mkdir -p "$1"
    for place in $places; do
        ln -sfn "$place" "$1/$(basename "$place")"
    done
    echo "$1"
}

version=${1:-${K8S_VERSION:-$(choose_version)}}
version=v${version#v}
case $version in
v1.[0-9]*.[0-9]*) ;;
*) die "not a Kubernetes version: '$version' (one looks like $default_kubernetes)" ;;
esac
cache=${XDG_CACHE_HOME:-$HOME/.cache}/terraform-provider-istio/kubernetes/$version
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9

places=
missing=
for server in $servers; do
    place=$(find_server "$server")
    [ -n "$place" ] || missing="$missing$server$IFS"
    places="$places${place:-$cache/$server}$IFS"
done
if [ -n "$missing" ]; then
    work=$(mktemp -d "$cache/.build.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' INT TERM
    export GOWORK=off CGO_ENABLED=0
    go=$(find_go)
    for server in $missing; do
        build_server "$server"
    done
fi

folders=$(for place in $places; do dirname "$place"; done | sort -u)
if [ "$(echo "$folders" | wc -l)" -eq 1 ]; then
    echo "$folders"
else
    link_together
fi
