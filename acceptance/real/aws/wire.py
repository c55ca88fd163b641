"""Requests, answers and refusals as AWS's protocols have them on the wire."""

import json
import urllib.parse
import uuid
from xml.sax.saxutils import escape

PROTOCOLS = {
    "ec2": "ec2",
    "eks": "json",
    "secretsmanager": "json",
    "iam": "query",
    "sts": "query",
    "elasticloadbalancing": "query",
    "autoscaling": "query",
    "route53": "query",
}
EC2_XMLNS = "http://ec2.amazonaws.com/doc/2016-11-15/"


class Refusal(Exception):
    """AWS says no: an HTTP status, a code that clients compare, and words for people."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Answer:
    def __init__(self, status, content_type, body, headers=()):
        self.status, self.content_type, self.body = status, content_type, body
        self.headers = list(headers)


class Request:
    """As it came; path and query still encoded, names of headers in lower case."""

    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.path, _, self.query = target.partition("?")
        self.service = self.region = ""
        self.key = None
        self._form = None

    @property
    def form(self):
        """Parameters of a query protocol: the last value of each name."""
        if self._form is None:
            text = self.body.decode() if self.body else self.query
            self._form = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        return self._form

    @property
    def action(self):
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        return target or self.form.get("Action", "")

    def listed(self, name):
        """Values of "Name.1", "Name.member.1" and so on, in order."""
        found = []
        for number in range(1, 1000):
            value = self.form.get(f"{name}.{number}", self.form.get(f"{name}.member.{number}"))
            if value is None:
                return found
            found.append(value)
        return found

    def filters(self):
        """EC2's Filter.1.Name and Filter.1.Value.1 as a map of lists."""
        found = {}
        for number in range(1, 1000):
            name = self.form.get(f"Filter.{number}.Name")
            if name is None:
                return found
            found[name] = self.listed(f"Filter.{number}.Value")
        return found


def json_answer(body, status=200, headers=()):
    return Answer(status, "application/json", json.dumps(body).encode(), headers)


def refusal_answer(service, refusal):
    request_id = str(uuid.uuid4())
    protocol = PROTOCOLS.get(service, "query")
    if protocol == "json":
        headers = [("x-amzn-ErrorType", refusal.code), ("x-amzn-RequestId", request_id)]
        body = {"__type": refusal.code, "message": refusal.message}
        return json_answer(body, refusal.status, headers)
    code, message = escape(refusal.code), escape(refusal.message)
    if protocol == "ec2":
        text = (f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>"
                f"</Errors><RequestID>{request_id}</RequestID></Response>")  # fmt: skip
    else:
        kind = "Sender" if refusal.status < 500 else "Receiver"
        text = (f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code>"
                f"<Message>{message}</Message></Error><RequestId>{request_id}</RequestId>"
                f"</ErrorResponse>")  # fmt: skip
    return Answer(refusal.status, "text/xml", text.encode())


def ec2_done(action):
    """What EC2 answers to a call that has nothing to tell."""
    text = (f'<{action}Response xmlns="{EC2_XMLNS}"><requestId>{uuid.uuid4()}</requestId>'
            f"<return>true</return></{action}Response>")  # fmt: skip
    return Answer(200, "text/xml", text.encode())
