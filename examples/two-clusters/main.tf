# Two clusters that exist already learn to trust and to see each other: one root,
# an intermediate for each cluster's istiod, and a remote secret each way.

locals {
  pairs = {
    for pair in setproduct(keys(var.clusters), keys(var.clusters)) :
    "${pair[0]}-sees-${pair[1]}" => pair if pair[0] != pair[1]
  }
  root_cluster = sort(keys(var.clusters))[0]
}

resource "istio_cluster" "this" {
  for_each = var.clusters
  name     = each.key
  network  = each.value.network
  existing = {
    kubeconfig = { path = each.value.kubeconfig, context = each.value.context }
  }
}

resource "istio_root_ca" "mesh" {
  common_name   = "mesh root"
  key_algorithm = "ECDSA-P256"
  storage = {
    secret = { cluster = istio_cluster.this[local.root_cluster].connection }
  }
}

resource "istio_cacerts" "this" {
  for_each      = var.clusters
  cluster       = istio_cluster.this[each.key].connection
  root          = istio_root_ca.mesh.signer
  key_algorithm = "ECDSA-P256"
}

resource "istio_remote_secret" "this" {
  for_each = local.pairs
  cluster  = istio_cluster.this[each.value[0]].connection
  remote   = istio_cluster.this[each.value[1]].connection
}

data "istio_trust" "mesh" {
  clusters   = { for name, cluster in istio_cluster.this : name => cluster.connection }
  depends_on = [istio_cacerts.this]
}
