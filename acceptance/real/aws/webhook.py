"""The way from an API server into its cluster, where nothing runs: an HTTP CONNECT proxy on a Unix
socket (the server's egress selector). It answers for one Service, the webhooks of the AWS Load
Balancer Controller, with the certificate that its chart made; whatever else is called is refused
at once instead of after a time-out.
"""

import base64
import http.server
import json
import socketserver
import ssl
import sys
import tempfile
import threading

LABEL = "app.kubernetes.io/name=aws-load-balancer-controller"
DEPLOYMENTS = f"/apis/apps/v1/deployments?labelSelector={LABEL.replace('=', '%3D')}"
SERVICE, SECRET = "aws-load-balancer-webhook-service", "aws-load-balancer-tls"
CLASS = "service.k8s.aws/nlb"
TYPE = "service.beta.kubernetes.io/aws-load-balancer-type"
REQUEST_SECONDS = 10


def is_available(server):
    """Does the controller run there?"""
    return any(one.get("status", {}).get("availableReplicas") for one in server.items(DEPLOYMENTS))


def mutate_service(service):
    """A new Service of type LoadBalancer that says nothing else is the controller's."""
    spec, annotations = service["spec"], service["metadata"].get("annotations", {})
    if spec.get("type") != "LoadBalancer" or spec.get("loadBalancerClass") or TYPE in annotations:
        return []
    return [{"op": "add", "path": "/spec/loadBalancerClass", "value": CLASS}]


def review(path, body):
    """The AdmissionReview with its response."""
    asked = body["request"]
    patch = mutate_service(asked["object"]) if path.startswith("/mutate-v1-service") else []
    response = {"uid": asked["uid"], "allowed": True}
    if patch:
        encoded = base64.b64encode(json.dumps(patch).encode()).decode()
        response.update(patchType="JSONPatch", patch=encoded)
    return {"apiVersion": body["apiVersion"], "kind": body["kind"], "response": response}


class Reviewer(http.server.BaseHTTPRequestHandler):
    """Behind the proxy: HTTP over the TLS that the API server wants."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = json.dumps(review(self.path, body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def tls_context(server, namespace):
    """What the chart's Secret holds."""
    secret = server.request("GET", f"/api/v1/namespaces/{namespace}/secrets/{SECRET}")[1]
    pem = b"\n".join(base64.b64decode(secret["data"][name]) for name in ("tls.crt", "tls.key"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


class Tunnel(socketserver.StreamRequestHandler):
    """One CONNECT of the API server."""

    timeout = REQUEST_SECONDS

    def handle(self):
        target = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        namespace = self.namespace_of(target.rpartition(":")[0].strip("[]"))
        if namespace is None:
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        context = tls_context(self.server.api_server, namespace)
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with context.wrap_socket(self.connection, server_side=True) as secured:
            Reviewer(secured, "", self.server)

    def namespace_of(self, address):
        """Of the webhook's Service, when that is meant and the controller runs."""
        server = self.server.api_server
        for service in server.items("/api/v1/services"):
            if service["spec"].get("clusterIP") == address:
                is_webhook = service["metadata"]["name"] == SERVICE and is_available(server)
                return service["metadata"]["namespace"] if is_webhook else None
        return None


class Egress(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path, api_server):
        super().__init__(str(path), Tunnel)
        self.api_server = api_server

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # a client that left is no event
            super().handle_error(request, client_address)


def serve(folder, api_server):
    """From now on, at the path that aws_account.py has told the API server."""
    egress = Egress(folder / f"egress-{api_server.name}.sock", api_server)
    threading.Thread(target=egress.serve_forever, daemon=True).start()
