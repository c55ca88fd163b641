#!/bin/bash
# Makes the keys and signed texts beside it with GnuPG: run it in this folder. The
# secret keys are thrown away; nothing of it is ever used but by tests.
set -euo pipefail
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT

quiet() { gpg --batch --quiet --yes --passphrase '' --pinentry-mode loopback "$@" 2>/dev/null; }
mail() { echo "<$1@example.com>"; }
key() { quiet --quick-gen-key "$1 $(mail "$1")" "$2" "$3" "$4"; }
export_key() { quiet --armor --export "$(mail "$1")" > "$1.asc"; }
sign() { quiet --local-user "$1" --digest-algo "${3:-SHA512}" --clear-sign -o "$2" message.txt; }

printf '%s\n' 'apiVersion: v2' 'name: signed' 'description: "- dashes, and trailing blanks"  ' \
	'version: 1.0.0' 'keywords:' '- dash' '' '...' 'files:' \
	"  signed-1.0.0.tgz: sha256:$(sha256sum signed-1.0.0.tgz | cut -d' ' -f1)" > message.txt

key rsa rsa3072 sign never
key ed ed25519 cert never
fingerprint=$(quiet --list-keys --with-colons "$(mail ed)" | awk -F: '/^fpr/{print $10; exit}')
quiet --quick-add-key "$fingerprint" ed25519 sign never
key other rsa2048 sign never
key weak rsa1024 sign never
key revoked rsa2048 sign never
key encrypting ed25519 cert never
faketime=$(date -d '2 years ago' +%s)
quiet --faked-system-time "$faketime" --quick-gen-key "expired $(mail expired)" rsa2048 sign 1y
quiet --faked-system-time "$faketime" --local-user "$(mail expired)" --digest-algo SHA256 \
	--clear-sign -o expired.prov message.txt

sign "$(mail rsa)" rsa.prov
sign "$(mail rsa)" rsa256.prov SHA256
sign "$(mail rsa)" sha1.prov SHA1 || true
sign "$(mail ed)" ed.prov
sign "$(mail other)" other.prov
sign "$(mail revoked)" revoked.prov
revocation=$(quiet --list-keys --with-colons "$(mail revoked)" | awk -F: '/^fpr/{print $10; exit}')
sed 's/^:---/---/' "$GNUPGHOME/openpgp-revocs.d/$revocation.rev" | quiet --import
quiet --default-sig-expire 1d --ask-cert-level --local-user "$(mail rsa)" --digest-algo SHA256 \
	--clear-sign -o short.prov message.txt || true
for name in rsa ed other revoked expired encrypting; do export_key "$name"; done
quiet --export "$(mail rsa)" "$(mail ed)" > both.gpg
sed 's/name: signed/name: forged/' rsa.prov > changed.prov
quiet --local-user "$(mail rsa)" --detach-sign --armor -o detached.prov message.txt
grep -v '^\.\.\.$' message.txt > no-files.txt
quiet --local-user "$(mail rsa)" --clear-sign -o no-files.prov no-files.txt
sed 's/sha256:..../sha256:0000/' message.txt > wrong.txt
quiet --local-user "$(mail rsa)" --clear-sign -o wrong-digest.prov wrong.txt
sed 's/signed-1.0.0.tgz/another-1.0.0.tgz/' message.txt > another.txt
quiet --local-user "$(mail rsa)" --clear-sign -o another-file.prov another.txt
cp rsa.prov signed-1.0.0.tgz.prov
rm -f no-files.txt wrong.txt another.txt message.txt
