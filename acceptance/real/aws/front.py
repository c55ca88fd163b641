#!/usr/bin/env python3
"""An AWS account on loopback for the acceptance tests: one port with TLS for all services and
regions. Verifies every signature itself, keeps the rules that moto lacks, serves EKS itself, and
leaves the rest to moto. Nothing behind it is real.

    front.py --dir FOLDER --certificate FILE --key FILE

writes FOLDER/account.json (url, access_key_id, secret_access_key, token of /sandbox/…) as soon as
it listens, and reads FOLDER/servers.json, the API servers for EKS clusters, when one is wanted:
[{"name", "url", "ca_pem", "token"}, …]. Ends with its parent, as servers.py arranges.

    POST   /authenticate/NAME  what the API server NAME asks about bearer tokens
    POST   /sandbox/reset      an empty account again (all of these need its token as bearer)
    GET    /sandbox/inventory  what there is, a line "region kind id" each
    GET    /sandbox/requests   what was asked for, a line each; DELETE: from here on
    POST   /sandbox/faults, /sandbox/kill, DELETE /sandbox/faults: see faults.py
"""

import argparse
import http.server
import json
import pathlib
import ssl
import sys
import traceback

sys.dont_write_bytecode = True

import botocore.session  # noqa: E402
import webhook  # noqa: E402
from account import Account  # noqa: E402
from authenticator import review  # noqa: E402
from eks import Eks  # noqa: E402
from faults import Faults  # noqa: E402
from load_balancers import Controller  # noqa: E402
from rules import Rules  # noqa: E402
from servers_pool import ServersPool  # noqa: E402
from signature import FAULTS, Claim, Verifier  # noqa: E402
from wire import PROTOCOLS, Answer, Refusal, Request, json_answer, refusal_answer  # noqa: E402

BODY_BYTES_MAX = 1 << 20
UNSIGNED = {"AssumeRoleWithWebIdentity"}
REGIONS = set(botocore.session.get_session().get_available_regions("ec2"))


class Front:
    """All that is behind the port."""

    def __init__(self, folder):
        self.account = Account()
        self.verifier = Verifier()
        self.servers = ServersPool(folder / "servers.json",
                                   lambda server: webhook.serve(folder, server))  # fmt: skip
        self.faults = Faults()
        self.start()
        self.controller = Controller(self.account, self.servers, lambda: self.eks)

    def start(self):
        self.verifier.keys.clear()
        self.verifier.add(self.account.key())
        self.rules = Rules(self.account, self.verifier)
        self.eks = Eks(self.account, self.servers)

    def reset(self):
        self.eks.release_all()
        self.account.reset()
        self.start()
        self.faults.clear()
        self.faults.forget()

    def serve(self, request):
        """The answer to a request for AWS; None: the connection is to be closed without one."""
        claim = Claim(request)
        service = claim.service or ("sts" if request.action in UNSIGNED else "")
        request.service, request.region = service, claim.region or "us-east-1"

        def answer(refusal):
            try:
                if refusal:
                    raise refusal
                self.check(request, claim)
                with self.account.lock:
                    return (self.eks if service == "eks" else self.rules).serve(request)
            except Refusal as refused:
                return refusal_answer(service, refused)

        return self.faults.around(f"{request.method} {target_of(request)}", service, answer)

    def check(self, request, claim):
        if not (request.service == "sts" and request.action in UNSIGNED):
            request.key = self.verifier.verify(request, claim)
        if request.service not in PROTOCOLS:
            raise Refusal(400, "UnknownService", f"There is no service {request.service} here.")
        if request.region not in REGIONS:
            status, code = FAULTS[PROTOCOLS[request.service]]["unknown key"]
            raise Refusal(status, code, f'There is no region "{request.region}".')

    def control(self, request):
        if request.headers.get("authorization") != f"Bearer {self.account.control_token}":
            return text_answer(["the control interface wants its token"], 403)
        paths = {
            ("POST", "/sandbox/reset"): self.reset,
            ("GET", "/sandbox/inventory"): self.inventory,
            ("GET", "/sandbox/requests"): self.faults.log,
            ("DELETE", "/sandbox/requests"): self.faults.forget,
            ("POST", "/sandbox/faults"): lambda: self.faults.add(request.body),
            ("POST", "/sandbox/kill"): lambda: self.faults.add(request.body, True),
            ("DELETE", "/sandbox/faults"): self.faults.clear,
        }
        do = paths.get((request.method, request.path))
        try:
            with self.account.lock:
                return text_answer(do() or []) if do else text_answer(["no such path"], 404)
        except ValueError as wrong:
            return text_answer([str(wrong)], 400)

    def inventory(self):
        """What is due has happened before the rest is looked at."""
        return self.eks.inventory() + self.rules.inventory()

    def authenticate(self, request):
        body = json.loads(request.body)
        server = request.path.rpartition("/")[2]
        with self.account.lock:
            return json_answer(review(body, self.eks.cluster_on(server), self.eks, self.account,
                                      self.verifier))  # fmt: skip


def target_of(request):
    """What faults and record call it: "ec2.eu-west-1/CreateVpc", "eks.eu-west-1/clusters"."""
    name = f"/{request.action}" if request.service != "eks" and request.action else request.path
    query = f"?{request.query}" if request.service == "eks" and request.query else ""
    return f"{request.service or '-'}.{request.region}{name}{query}"


def text_answer(lines, status=200):
    return Answer(status, "text/plain", "".join(line + "\n" for line in lines).encode())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "acceptance-aws-fake"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 300

    def answer(self):
        request = Request(self.command, self.path, self.lowered(), self.read_body())
        front = self.server.front
        try:
            if request.path.startswith("/authenticate/"):
                reply = front.authenticate(request)
            elif request.path.startswith("/sandbox/"):
                reply = front.control(request)
            else:
                reply = front.serve(request)
        except Exception:  # the fake is wrong: the client shall see that, and so shall the log
            text = traceback.format_exc()
            print(f"{self.command} {self.path} {request.body!r}\n{text}", file=sys.stderr, flush=True)
            reply = Answer(500, "text/plain", text.encode())
        self.send(reply)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = answer

    def lowered(self):
        found = {}
        for name, value in self.headers.items():
            name = name.lower()
            found[name] = f"{found[name]},{value}" if name in found else value
        return found

    def read_body(self):
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(min(length, BODY_BYTES_MAX))

    def send(self, reply):
        if reply is None:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self._headers_buffer += [b"\r\n", reply.body]  # one write, one packet
        self.flush_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, front, certificate, key):
        super().__init__(("127.0.0.1", 0), Handler)
        self.front = front
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake is done by the thread of the connection, when it first reads.
        self.socket = context.wrap_socket(self.socket, server_side=True,
                                          do_handshake_on_connect=False)  # fmt: skip

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # a client that left is no event
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--dir", type=pathlib.Path, required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    front = Front(options.dir)
    server = Server(front, options.certificate, options.key)
    front.controller.start()
    description = {
        "url": f"https://127.0.0.1:{server.server_address[1]}",
        "access_key_id": front.account.key_id,
        "secret_access_key": front.account.secret,
        "token": front.account.control_token,
    }
    written = options.dir / "account.json.tmp"
    written.write_text(json.dumps(description))
    written.rename(options.dir / "account.json")
    server.serve_forever()


if __name__ == "__main__":
    main()
