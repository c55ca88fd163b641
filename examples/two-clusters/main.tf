# Two clusters that exist already become one mesh on two networks: one root, an
# intermediate for each cluster's istiod, istiod itself, an east-west gateway through
# which the other cluster calls, and a remote secret each way.

provider "istio" {
  charts = {
    repository = var.chart_repository
  }
}

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

resource "istio_control_plane" "this" {
  for_each  = var.clusters
  cluster   = istio_cluster.this[each.key].connection
  version   = var.istio_version
  mesh_id   = "mesh1"
  cacerts   = istio_cacerts.this[each.key].id
  keep_crds = var.keep_crds
}

resource "istio_gateway" "east_west" {
  for_each        = var.clusters
  cluster         = istio_cluster.this[each.key].connection
  name            = "istio-eastwestgateway"
  control_plane   = istio_control_plane.this[each.key].id
  direction       = "east-west"
  expose_services = ["*.local"]
}

resource "istio_remote_secret" "this" {
  for_each = local.pairs
  cluster  = istio_cluster.this[each.value[0]].connection
  remote   = istio_cluster.this[each.value[1]].connection

  # Before istiod there is nobody to read it, and the account's rights come with its chart.
  depends_on = [istio_control_plane.this]
}

data "istio_trust" "mesh" {
  clusters   = { for name, cluster in istio_cluster.this : name => cluster.connection }
  depends_on = [istio_cacerts.this]
}
