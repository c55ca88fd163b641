"""Signature Version 4 with Python's standard library, independent of the provider's own.

Source: AWS, "Create a signed AWS API request".
"""
import base64
import datetime
import hashlib
import hmac
import urllib.parse

ALGORITHM = "AWS4-HMAC-SHA256"


def encode(text):
    return urllib.parse.quote(text, safe="-_.~")


def digest(data):
    return hashlib.sha256(data).hexdigest()


def chain(secret, *words):
    key = ("AWS4" + secret).encode()
    for word in words:
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return key


def signature(secret, now, region, service, request):
    """(scope, signature) of a canonical request."""
    words = (now[:8], region, service, "aws4_request")
    scope = "/".join(words)
    text = "\n".join((ALGORITHM, now, scope, digest(request.encode())))
    return scope, hmac.new(chain(secret, *words), text.encode(), hashlib.sha256).hexdigest()


def time_now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def canonical(method, path, query, headers, body):
    """path is as on the wire; query a list of pairs."""
    lines = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    names = ";".join(name for name, _ in lines)
    pairs = "&".join(f"{name}={value}" for name, value in
                     sorted((encode(name), encode(value)) for name, value in query))
    return names, "\n".join((method, urllib.parse.quote(path, safe="/-_.~"), pairs,
                             *(f"{name}:{value}" for name, value in lines), "", names,
                             digest(body)))


def signed_headers(key, region, service, method, url, headers, body):
    """The headers of a request, with Authorization; key = (id, secret)."""
    parts = urllib.parse.urlsplit(url)
    now = time_now()
    headers = dict(headers, host=parts.netloc, **{"x-amz-date": now})
    names, request = canonical(method, parts.path, urllib.parse.parse_qsl(
        parts.query, keep_blank_values=True), headers, body)
    scope, made = signature(key[1], now, region, service, request)
    headers["authorization"] = (f"{ALGORITHM} Credential={key[0]}/{scope}, "
                                f"SignedHeaders={names}, Signature={made}")
    return headers


def eks_token(key, region, cluster):
    """A bearer token: a presigned GetCallerIdentity that names the cluster."""
    now = time_now()
    host = f"sts.{region}.amazonaws.com"
    query = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15"),
             ("X-Amz-Algorithm", ALGORITHM),
             ("X-Amz-Credential", f"{key[0]}/{now[:8]}/{region}/sts/aws4_request"),
             ("X-Amz-Date", now), ("X-Amz-Expires", "60"),
             ("X-Amz-SignedHeaders", "host;x-k8s-aws-id")]
    _, request = canonical("GET", "/", query, {"host": host, "x-k8s-aws-id": cluster}, b"")
    _, made = signature(key[1], now, region, "sts", request)
    url = f"https://{host}/?" + "&".join(
        f"{name}={encode(value)}" for name, value in query + [("X-Amz-Signature", made)])
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
