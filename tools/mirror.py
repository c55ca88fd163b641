#!/usr/bin/env python3
"""Puts a plugin into a filesystem mirror, where `terraform init` finds it.

Usage: mirror PLUGIN FOLDER      unpacked, from a binary that answers -version
       mirror PACKAGE.zip FOLDER packed, as a release is published

The provider's full address depends on the program (Terraform and OpenTofu have
different default registries), so the program itself is asked for it.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

CONFIG = 'terraform {\n  required_providers {\n    istio = {\n      source = "multicluster/istio"\n    }\n  }\n}\n'


def program():
    for name in (os.environ.get("TF_CLI", ""), "terraform", "tofu"):
        if name and shutil.which(name):
            return shutil.which(name)
    raise SystemExit("Neither terraform nor tofu is on the PATH (or set TF_CLI).")


def address():
    """host/namespace/type, as the program completes multicluster/istio."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "main.tf"), "w", encoding="utf-8") as file:
            file.write(CONFIG)
        text = subprocess.run([program(), "providers"], cwd=folder, text=True, check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
    return re.search(r"provider\[([^\]]+)\]", text).group(1)


def architecture():
    return {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]


def put(plugin, mirror):
    """The file in the mirror."""
    place = os.path.join(mirror, address())
    if plugin.endswith(".zip"):
        os.makedirs(place, exist_ok=True)
        return shutil.copy(plugin, place)
    version = subprocess.run([plugin, "-version"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.split()[-1].lstrip("v")
    place = os.path.join(place, version, "linux_" + architecture())
    os.makedirs(place, exist_ok=True)
    target = os.path.join(place, "terraform-provider-istio_v" + version)
    shutil.copy(plugin, target)
    os.chmod(target, 0o755)
    return target


def cli_config(mirror, path):
    """A CLI configuration that installs from this mirror alone."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n'
                   '  }\n}\n')
    return path


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    print(put(sys.argv[1], os.path.expanduser(sys.argv[2])))
