#!/bin/sh
# Makes moto available and prints, as the last line, the Python that has it.
#
# It is installed from the Python package index, in the versions of requirements.txt, into a
# virtual environment that is kept in
# ${XDG_CACHE_HOME:-$HOME/.cache}/terraform-provider-istio/moto/<hash of the versions>/.
# Progress goes to stderr. AWS_FAKE_PYTHON names another Python (3.10 or newer) to start from.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
python=${AWS_FAKE_PYTHON:-python3}

say() { echo "aws/build.sh: $*" >&2; }
die() { say "$*"; exit 1; }

command -v "$python" >/dev/null || die "no $python: install Python 3.10 or newer"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    die "$("$python" --version) is too old for moto: install Python 3.10 or newer"
versions=$(cat "$here/requirements.txt" - <<END | cksum | cut -d' ' -f1
$("$python" --version)
END
)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/terraform-provider-istio/moto
place=$cache/$versions
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
if [ ! -e "$place/.complete" ]; then
    say "installing moto into $place"
    rm -rf "$place"
    "$python" -m venv "$place" >&2 ||
        die "$python cannot make virtual environments: install python3-venv"
    "$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --requirement "$here/requirements.txt" >&2 ||
        die "pip could not install requirements.txt: is the Python package index within reach?"
    "$place/bin/python" -c 'import boto3, flask, flask_cors, moto' >&2 || die "moto does not import"
    touch "$place/.complete"
fi
echo "$place/bin/python"
