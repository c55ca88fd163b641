# From nothing to one mesh over two EKS clusters in two regions: networks, clusters, one
# root and an intermediate for each istiod, istiod, gateways behind network load balancers,
# and a remote secret each way.

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

resource "istio_vpc" "this" {
  for_each   = var.clusters
  name       = each.key
  region     = each.value.region
  cidr_block = each.value.cidr_block
}

resource "istio_cluster" "this" {
  for_each = var.clusters
  name     = each.key
  network  = each.value.network
  eks = {
    region      = each.value.region
    version     = var.kubernetes_version
    subnet_ids  = istio_vpc.this[each.key].private_subnet_ids
    node_groups = { default = var.nodes }
  }
}

resource "istio_root_ca" "mesh" {
  common_name   = "mesh root"
  key_algorithm = var.key_algorithm
  storage = {
    secret = { cluster = istio_cluster.this[local.root_cluster].connection }
  }
}

resource "istio_cacerts" "this" {
  for_each      = var.clusters
  cluster       = istio_cluster.this[each.key].connection
  root          = istio_root_ca.mesh.signer
  key_algorithm = var.key_algorithm
}

resource "istio_load_balancer_controller" "this" {
  for_each = var.clusters
  cluster  = istio_cluster.this[each.key].connection
}

resource "istio_control_plane" "this" {
  for_each  = var.clusters
  cluster   = istio_cluster.this[each.key].connection
  version   = var.istio_version
  mesh_id   = "mesh1"
  cacerts   = istio_cacerts.this[each.key].id
  keep_crds = false
}

# The entry of each network for the other cluster.
resource "istio_gateway" "east_west" {
  for_each        = var.clusters
  cluster         = istio_cluster.this[each.key].connection
  name            = "istio-eastwestgateway"
  control_plane   = istio_control_plane.this[each.key].id
  direction       = "east-west"
  exposure        = "external"
  expose_services = ["*.local"]
  load_balancer = {
    type       = "nlb"
    controller = istio_load_balancer_controller.this[each.key].id
  }
}

# The entry for callers outside of the mesh.
resource "istio_gateway" "ingress" {
  for_each      = var.clusters
  cluster       = istio_cluster.this[each.key].connection
  name          = "istio-ingressgateway"
  control_plane = istio_control_plane.this[each.key].id
  exposure      = "external"
  load_balancer = {
    type       = "nlb"
    controller = istio_load_balancer_controller.this[each.key].id
  }
}

resource "istio_remote_secret" "this" {
  for_each = local.pairs
  cluster  = istio_cluster.this[each.value[0]].connection
  remote   = istio_cluster.this[each.value[1]].connection

  # Before istiod there is nobody to read it, and the account's rights come with its chart.
  depends_on = [istio_control_plane.this]
}
