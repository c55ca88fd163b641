resource "istio_cluster" "east" {
  name    = "east"
  network = "network1"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-east" }
  }
}

variable "corporate_ca_chain" {
  type = string
}

variable "corporate_ca_key" {
  type      = string
  ephemeral = true
}

# Generated, and kept in a Secret of one cluster.
resource "istio_root_ca" "mesh" {
  common_name = "mesh root"
  storage = {
    secret = { cluster = istio_cluster.east.connection }
  }
  lifecycle {
    prevent_destroy = true
  }
}

# In AWS Secrets Manager: 30 days after a destroy it can still be restored.
resource "istio_root_ca" "aws" {
  common_name = "mesh root"
  storage = {
    secrets_manager = { name = "mesh/root-ca", region = "eu-west-1" }
  }
}

# An own one: the key passes through Terraform without being stored by it.
resource "istio_root_ca" "corporate" {
  certificate            = var.corporate_ca_chain
  private_key_wo         = var.corporate_ca_key
  private_key_wo_version = 1
  storage = {
    secret = {
      cluster   = istio_cluster.east.connection
      namespace = "mesh-pki"
      name      = "corporate-ca"
    }
  }
}
