#!/bin/sh
# Makes every file of this folder anew with the openssl program (3.0). Dates are
# fixed, and the tests say what time it is, so nothing here ever runs out. The
# keys protect nothing: they exist for these tests.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -f ./*.pem ./*.der ./*.txt

ec() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:"$2" -out "$1"; }
rsa() { openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:"$2" -out "$1" 2>/dev/null; }

# --- keys
ec key-ec.pem P-256
openssl ecparam -genkey -name prime256v1 -out key-ec-sec1.pem
ec key-p384.pem P-384
ec key-p521.pem P-521
ec key-p224.pem P-224
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
    -pkeyopt ec_param_enc:explicit -out key-explicit.pem
rsa key-rsa.pem 2048
openssl rsa -in key-rsa.pem -traditional -out key-rsa-pkcs1.pem 2>/dev/null
rsa key-rsa-1024.pem 1024
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out key-rsa-pss.pem 2>/dev/null
openssl genpkey -algorithm ED25519 -out key-ed25519.pem
openssl pkcs8 -topk8 -in key-ec.pem -passout pass:secret -out key-encrypted.pem
openssl rsa -in key-rsa.pem -traditional -aes128 -passout pass:secret -out key-encrypted-old.pem \
    2>/dev/null
openssl pkey -in key-ec.pem -pubout -out key-public.pem
openssl req -new -key key-ec.pem -subj /CN=request -out request.pem
for name in ec rsa rsa-1024; do openssl pkey -in key-$name.pem -outform DER -out key-$name.der; done
openssl ec -in key-ec.pem -outform DER -no_public -out key-ec-sec1.der 2>/dev/null
openssl rsa -in key-rsa.pem -traditional -outform DER -out key-rsa-pkcs1.der 2>/dev/null
openssl pkcs8 -topk8 -in key-ec.pem -passout pass:secret -outform DER -out key-encrypted.der
openssl pkey -in key-ec.pem -pubout -outform DER -out key-public.der
cat key-ec.pem key-rsa.pem > key-two.pem

# --- certificates
cat > "$work/ca.conf" <<'CONF'
[ca]
default_ca = here
[here]
policy = any
default_md = sha256
unique_subject = no
[any]
organizationName = optional
commonName = optional
localityName = optional
CONF
touch "$work/index"
echo 1000 > "$work/serial"

usage=digitalSignature,nonRepudiation,keyEncipherment,keyCertSign,cRLSign
ids='subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always'
root_ids='subjectKeyIdentifier=hash'

# issue NAME SUBJECT ISSUER START END EXTENSIONS [DIGEST]: NAME.pem for NAME-key.pem
issue() {
    [ -f "$1-key.pem" ] || ec "$1-key.pem" P-256
    printf '%s\n' "$6" > "$work/extensions"
    openssl req -new -key "$1-key.pem" -subj "$2" -out "$work/request"
    if [ "$3" = "$1" ]; then self=-selfsign; else self="-cert $3.pem"; fi
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "$work/ca.conf" -in "$work/request" -keyfile "$3-key.pem" \
        $self -startdate "$4" -enddate "$5" -extfile "$work/extensions" -md "${7:-sha256}" \
        -rand_serial -outdir "$work" -out "$1.pem" -preserveDN -name here 2> "$work/log" ||
        { cat "$work/log"; exit 1; }
}
sed -i "s|^\[here\]|[here]\ndatabase = $work/index\nserial = $work/serial|" "$work/ca.conf"

old=20150101000000Z new=20450101000000Z
ca_root="basicConstraints=critical,CA:TRUE
keyUsage=critical,$usage
$root_ids"
ca="keyUsage=critical,$usage
$ids
basicConstraints=critical,CA:TRUE"

issue root '/O=Istio/CN=Root CA' root $old $new "$ca_root"
issue intermediate '/O=Istio/CN=Intermediate CA/L=east' root $old $new "$ca,pathlen:0
subjectAltName=DNS:istiod.istio-system.svc"
issue second '/O=Istio/CN=Intermediate CA/L=west' root $old $new "$ca,pathlen:0"
issue below '/O=Istio/CN=Below CA' intermediate $old $new "$ca"
issue upper '/O=Istio/CN=Upper CA' root $old $new "$ca,pathlen:1"
issue lower '/O=Istio/CN=Lower CA' upper $old $new "$ca,pathlen:0"
issue third '/O=Istio/CN=Third CA' lower $old $new "$ca"
issue impostor '/O=Istio/CN=Root CA' impostor $old $new "$ca_root"
issue other-root '/O=Other/CN=Other Root' other-root $old $new "$ca_root"
issue expired '/O=Istio/CN=Expired CA' root 20200101000000Z 20251222000000Z "$ca,pathlen:0"
issue future '/O=Istio/CN=Future CA' root 20260101030000Z $new "$ca,pathlen:0"
issue expired-root '/O=Istio/CN=Expired Root' expired-root 20200101000000Z 20251222000000Z "$ca_root"
issue under-expired '/O=Istio/CN=Under Expired' expired-root $old $new "$ca,pathlen:0"
issue not-ca '/O=Istio/CN=Workload' root $old $new "basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectAltName=DNS:a.example,URI:spiffe://cluster.local/ns/a/sa/b,DNS:b.example
$ids"
issue under-not-ca '/O=Istio/CN=Under Workload' not-ca $old $new "$ca"
issue no-cert-sign '/O=Istio/CN=No Sign CA' root $old $new "basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,digitalSignature
$ids"
issue client-only '/O=Istio/CN=Client CA' root $old $new "$ca,pathlen:0
extendedKeyUsage=clientAuth"
issue server-too '/O=Istio/CN=Server CA' root $old $new "$ca,pathlen:0
extendedKeyUsage=clientAuth,serverAuth"
issue any-purpose '/O=Istio/CN=Any CA' root $old $new "$ca,pathlen:0
extendedKeyUsage=anyExtendedKeyUsage"
issue constrained '/O=Istio/CN=Constrained CA' root $old $new "$ca,pathlen:0
nameConstraints=permitted;URI:other.example"
issue only-example '/O=Istio/CN=Only Example CA' root $old $new "$ca,pathlen:1
nameConstraints=critical,permitted;DNS:example.com"
issue outside '/O=Istio/CN=Outside CA' only-example $old $new "$ca,pathlen:0
subjectAltName=DNS:istiod.istio-system.svc"
issue critical '/O=Istio/CN=Critical CA' root $old $new "$ca,pathlen:0
1.2.3.4.5=critical,DER:0500"
issue bad-extension '/O=Istio/CN=Bad Extension' root $old $new "keyUsage=critical,$usage
2.5.29.19=critical,DER:0500"
issue sha1 '/O=Istio/CN=Old Digest CA' root $old $new "$ca,pathlen:0" sha1
rsa weak-key.pem 1024
issue weak '/O=Istio/CN=Weak CA' root $old $new "$ca,pathlen:0"
rsa rsa-root-key.pem 2048
issue rsa-root '/O=Istio/CN=RSA Root' rsa-root $old $new "$ca_root"
rsa rsa-intermediate-key.pem 2048
issue rsa-intermediate '/O=Istio/CN=RSA CA' rsa-root $old $new "$ca,pathlen:0"
openssl genpkey -algorithm ED25519 -out ed25519-key.pem
issue ed25519 '/O=Istio/CN=Münster' root $old $new "$ca"

# --- other forms
openssl x509 -in root.pem -outform DER -out root.der
{ cat root.der; printf 'rest'; } > root-rest.der
openssl x509 -in root.pem -trustout -addtrust serverAuth -out trusted.pem
openssl x509 -in root.pem -text -out with-text.pem
openssl ca -gencrl -config "$work/ca.conf" -keyfile root-key.pem -cert root.pem -crldays 1 \
    -md sha256 -out crl.pem 2>/dev/null
cat root.pem root-key.pem > certificate-and-key.pem
cat intermediate.pem root.pem > chain.pem
sed '$d' root.pem > cut.pem
sed 's/^/    /' root.pem > indented.pem
tr '\n' ' ' < root.pem > one-line.pem
sed 's/$/\r/' root.pem > crlf.pem
base64 -w0 root.pem > base64.txt
printf 'hello\n' > garbage.txt
printf '/etc/ssl/root.pem' > file-name.txt
for name in below upper lower third impostor other-root expired future expired-root under-expired \
    under-not-ca no-cert-sign client-only server-too any-purpose constrained only-example outside \
    critical bad-extension sha1 weak ed25519 second; do rm -f $name-key.pem; done
