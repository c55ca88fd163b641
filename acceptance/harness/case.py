"""The case format: one text file per case, steps in order.

A step starts with a line "== NAME ARGUMENTS" and its body runs to the next one.
Before the first step stands what the case is about. Words like @ns@ are filled
in everywhere: @ns@ (a namespace of this case's own), @kubeconfig1@, @host1@,
@ca1@ (PEM, indented for a heredoc), @bundle1@ (the same in base64), @token1@ (administrator), @nobody1@ (a user
without rights), and the same with 2; @chartfolder@ (the stand-in charts as
folders), @charts@ and @registry@ (the same over HTTP and as oci://), @chartserver@ (what other repositories are below, see
sandbox/charts.h; its host alone is @chartshost@), @chartstls@ and @chartstlshost@ (the
same with TLS), @chartsca@ (its CA). Of the AWS account, with needs-aws: @awskey@ and
@awssecret@, @awsurl@ (of all services), @awsregion@ (what AWS_REGION says).

N below is 1 or 2, or with needs-aws an EKS cluster: REGION/NAME, or its NAME in @awsregion@.

== config               the whole configuration from here on (HCL)
== example NAME         the files of examples/NAME in its place; the body are its
                        variables (terraform.tfvars)
== apply                plans and applies; lines of expectation:
                          add N change N destroy N | error TEXT | warning TEXT | any warning |
                          then changes (else a second plan must be empty)
== plan                 plans only; the same lines, and: empty | replace ADDRESS |
                        update ADDRESS | create ADDRESS | delete ADDRESS |
                        shows TEXT (in the printed plan)
== validate             terraform validate; error TEXT lines, or none for valid
== apply-target ADDRESS terraform apply -target
== interrupt SIGNAL N PATH  applies, and as soon as the object at PATH exists, sends INT to
                        terraform, as Ctrl-C does, or KILL to the plugin; error lines
== interrupt SIGNAL aws REQUEST  the same at the first AWS request of this apply whose line
                        contains the text, such as ec2.eu-west-1/CreateVpc; KILL comes
                        before it is carried out
== import ADDRESS ID    terraform import (ID is the rest of the line, ${…} as of aws); error
                        lines
== destroy              terraform destroy; error lines
== forget ADDRESS       terraform state rm
== put N PATH           JSON body, or "< FILE" beside the case: create or replace behind
                        the provider's back; a definition (CRD) is served afterwards
== patch N PATH         JSON merge patch behind the provider's back
== apply-as MANAGER N PATH   server-side apply as another field manager (JSON, by force)
== status N PATH        JSON merge patch of the status, as a controller writes it
== delete N PATH        delete behind the provider's back; a namespace until it is gone
== object N PATH        lines: FIELD = JSON | FIELD ~ REGEX | FIELD absent | absent
== save N PATH FIELD FILE   a field into a file of the case's folder
== output NAME          one line: = JSON | ~ REGEX
== shell                a bash script in the case's folder; fails the case if it fails
== clock SECONDS        the provider's clock is this much ahead from here on
== secret TEXT          must never show in state, plan or log
== needs-aws [N]        servers with an AWS account, which terraform's environment leads to; N:
                        more than two clusters exist in it at a time. At the end it has to
                        hold what it held before
== environment NAME [VALUE]  terraform's environment from here on; without a value not set
== aws REGION SERVICE OPERATION  behind the provider's back: a JSON object (or nothing), then
                        lines as of object, error CODE, in time (asked until the lines hold),
                        or call it NAME, so that ${NAME.FIELD} is of its answer.
                        Parameters by their names on the wire
                        ({"Filter": [{"Name": "vpc-id", "Value": ["${vpc}"]}]}); eks:
                        OPERATION is METHOD /path. ${NAME.FIELD} is a terraform output
== aws-inventory        lines N REGEX: so many lines "region kind id" of what exists match
== aws-nothing          nothing more exists than before the case
== aws-fault            JSON as POST /sandbox/faults takes it; without: no more faults
== istiod               from here on the account's EKS clusters have what a running istiod
                        writes: its CA in its webhooks
== needs-helm           real Helm (@helm@) takes part: for real servers only
== state-may-hold-secrets   this case asks for keys in state; only logs are scanned
"""
import re

STEPS = {"config", "example", "apply", "interrupt", "plan", "validate", "apply-target", "import", "destroy", "forget",
         "put", "patch", "apply-as", "status", "delete", "object", "save", "output", "shell", "clock", "secret",
         "state-may-hold-secrets", "needs-helm", "needs-aws", "environment", "aws", "aws-inventory",
         "aws-nothing", "istiod", "aws-fault"}


class Step:
    def __init__(self, name, arguments, line):
        self.name, self.arguments, self.line, self.body = name, arguments, line, ""

    def lines(self):
        return lines_of(self.body)

    def __str__(self):
        return f"line {self.line}: == {self.name} {self.arguments}".rstrip()


def lines_of(text):
    return [line.strip() for line in text.splitlines()
            if line.strip() and not line.strip().startswith("#")]


def read(path, words):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    unknown = set(re.findall(r"@([a-z]+\d?)@", text)) - set(words)
    if unknown:
        raise ValueError(f"{path}: unknown words {sorted(unknown)}")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    steps = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("== "):
            name, _, arguments = line[3:].strip().partition(" ")
            if name not in STEPS:
                raise ValueError(f"{path}:{number}: unknown step {name}")
            steps.append(Step(name, arguments.strip(), number))
        elif steps:
            steps[-1].body += line + "\n"
    if not steps:
        raise ValueError(f"{path}: no steps")
    return steps
