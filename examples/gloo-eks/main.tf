# What Gloo Mesh asks for before it is installed: a management cluster and workload
# clusters in VPCs of their own that reach each other through peerings, Istio in all of
# them, and two gateways each: east-west (private, between VPCs) and north-south.

provider "istio" {
  charts = {
    repository = var.chart_repository
  }
}

locals {
  names = sort(keys(var.clusters))
  # Each pair once.
  links = {
    for pair in setproduct(local.names, local.names) : "${pair[0]}-${pair[1]}" => pair
    if index(local.names, pair[0]) < index(local.names, pair[1])
  }
  others = {
    for name, cluster in var.clusters :
    name => [for other, one in var.clusters : one.cidr_block if other != name]
  }
}

resource "istio_vpc" "this" {
  for_each     = var.clusters
  name         = each.key
  region       = each.value.region
  cidr_block   = each.value.cidr_block
  nat_gateways = var.nat_gateways
}

resource "istio_vpc_peering" "this" {
  for_each = local.links
  requester = {
    vpc_id          = istio_vpc.this[each.value[0]].id
    region          = var.clusters[each.value[0]].region
    cidr_block      = var.clusters[each.value[0]].cidr_block
    route_table_ids = istio_vpc.this[each.value[0]].private_route_table_ids
  }
  accepter = {
    vpc_id          = istio_vpc.this[each.value[1]].id
    region          = var.clusters[each.value[1]].region
    cidr_block      = var.clusters[each.value[1]].cidr_block
    route_table_ids = istio_vpc.this[each.value[1]].private_route_table_ids
  }
}

resource "istio_cluster" "this" {
  for_each = var.clusters
  name     = each.key
  network  = each.key
  eks = {
    region           = each.value.region
    version          = var.kubernetes_version
    subnet_ids       = istio_vpc.this[each.key].private_subnet_ids
    node_groups      = { default = var.nodes }
    mesh_cidr_blocks = local.others[each.key]
  }
}

resource "istio_load_balancer_controller" "this" {
  for_each = var.clusters
  cluster  = istio_cluster.this[each.key].connection
}

resource "istio_root_ca" "mesh" {
  common_name = "mesh root"
  storage = {
    secret = { cluster = istio_cluster.this[var.management_cluster].connection }
  }
}

resource "istio_cacerts" "this" {
  for_each = var.clusters
  cluster  = istio_cluster.this[each.key].connection
  root     = istio_root_ca.mesh.signer
}

resource "istio_control_plane" "this" {
  for_each  = var.clusters
  cluster   = istio_cluster.this[each.key].connection
  version   = var.istio_version
  mesh_id   = "mesh1"
  cacerts   = istio_cacerts.this[each.key].id
  keep_crds = false
}

# Between the VPCs: a private NLB with nodes as targets, which fail over better than pods
# when there are many. Agents of the workload clusters reach the management plane's relay
# through that of the management cluster, by the name that external-dns gives it.
resource "istio_gateway" "east_west" {
  for_each        = var.clusters
  cluster         = istio_cluster.this[each.key].connection
  name            = "istio-ingressgateway-east-west"
  control_plane   = istio_control_plane.this[each.key].id
  direction       = "east-west"
  exposure        = "internal"
  expose_services = ["*.local"]
  load_balancer = {
    type        = "nlb"
    target_type = "instance"
    hostname    = each.key == var.management_cluster ? var.relay_hostname : null
    controller  = istio_load_balancer_controller.this[each.key].id
  }
}

# For callers: of the company's own network at the management cluster, of the world at the
# others.
resource "istio_gateway" "north_south" {
  for_each      = var.clusters
  cluster       = istio_cluster.this[each.key].connection
  name          = "istio-ingressgateway-north-south"
  control_plane = istio_control_plane.this[each.key].id
  direction     = "north-south"
  exposure      = each.key == var.management_cluster ? "internal" : "external"
  load_balancer = {
    type        = "nlb"
    target_type = "instance"
    controller  = istio_load_balancer_controller.this[each.key].id
  }
}
