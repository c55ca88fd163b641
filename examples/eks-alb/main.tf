# Two EKS clusters in the subnets of one VPC, multi-primary on two networks. Callers from
# outside come through an ALB that ends TLS in front of a node port; the other cluster
# comes through a gateway of its own, since mesh TLS must not be ended on the way.

provider "istio" {
  charts = {
    repository = var.chart_repository
  }
}

locals {
  clusters = toset(["cluster1", "cluster2"])
  pairs    = { cluster1 = "cluster2", cluster2 = "cluster1" }
}

resource "istio_vpc" "this" {
  name               = var.name
  region             = var.region
  cidr_block         = var.cidr_block
  availability_zones = 2
  cluster_names      = [for cluster in local.clusters : "${var.name}-${cluster}"]
}

resource "istio_cluster" "this" {
  for_each = local.clusters
  name     = each.key
  network  = each.key
  eks = {
    cluster_name = "${var.name}-${each.key}"
    region       = var.region
    version      = var.kubernetes_version
    subnet_ids   = istio_vpc.this.private_subnet_ids
    node_groups  = { default = var.nodes }
  }
}

resource "istio_root_ca" "mesh" {
  common_name = "mesh root"
  storage = {
    secret = { cluster = istio_cluster.this["cluster1"].connection }
  }
}

resource "istio_cacerts" "this" {
  for_each = local.clusters
  cluster  = istio_cluster.this[each.key].connection
  root     = istio_root_ca.mesh.signer
}

resource "istio_load_balancer_controller" "this" {
  for_each = local.clusters
  cluster  = istio_cluster.this[each.key].connection
}

# What the autoscalers of istiod and the gateways read.
resource "istio_chart" "metrics_server" {
  for_each  = var.metrics_server ? local.clusters : []
  cluster   = istio_cluster.this[each.key].connection
  name      = "metrics-server"
  namespace = "kube-system"
  chart = {
    repository = "https://kubernetes-sigs.github.io/metrics-server"
    name       = "metrics-server"
  }
}

resource "istio_control_plane" "this" {
  for_each  = local.clusters
  cluster   = istio_cluster.this[each.key].connection
  version   = var.istio_version
  mesh_id   = "mesh1"
  cacerts   = istio_cacerts.this[each.key].id
  keep_crds = false
}

# A node port, and an Ingress of which the controller makes an ALB.
resource "istio_gateway" "ingress" {
  for_each      = local.clusters
  cluster       = istio_cluster.this[each.key].connection
  name          = "istio-ingressgateway"
  control_plane = istio_control_plane.this[each.key].id
  exposure      = "external"
  load_balancer = {
    type             = "alb"
    certificate_arns = var.certificate_arns
    security_groups  = var.security_groups
    source_ranges    = var.source_ranges
    tags             = { Environment = "test" }
    controller       = istio_load_balancer_controller.this[each.key].id
  }
}

# Where the other cluster's calls come in: TCP all the way, so an NLB.
resource "istio_gateway" "cross_network" {
  for_each        = local.clusters
  cluster         = istio_cluster.this[each.key].connection
  name            = "istio-crossnetworkgateway"
  control_plane   = istio_control_plane.this[each.key].id
  direction       = "east-west"
  expose_services = ["*.local"]
  load_balancer = {
    type       = "nlb"
    controller = istio_load_balancer_controller.this[each.key].id
  }
}

# Answers do not tell what the server is.
resource "istio_manifest" "server_name" {
  for_each = local.clusters
  cluster  = istio_cluster.this[each.key].connection
  manifest = {
    apiVersion = "networking.istio.io/v1alpha3"
    kind       = "EnvoyFilter"
    metadata   = { name = "server-name", namespace = "istio-system" }
    spec = {
      workloadSelector = { labels = { istio = "ingressgateway" } }
      configPatches = [{
        applyTo = "NETWORK_FILTER"
        match = {
          context  = "GATEWAY"
          listener = { filterChain = { filter = { name = "envoy.filters.network.http_connection_manager" } } }
        }
        patch = {
          operation = "MERGE"
          value = {
            typed_config = {
              "@type"     = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
              server_name = var.server_name
            }
          }
        }
      }]
    }
  }
  depends_on = [istio_control_plane.this]
}

resource "istio_remote_secret" "this" {
  for_each   = local.pairs
  cluster    = istio_cluster.this[each.key].connection
  remote     = istio_cluster.this[each.value].connection
  depends_on = [istio_control_plane.this]
}

data "istio_trust" "mesh" {
  clusters   = { for name, cluster in istio_cluster.this : name => cluster.connection }
  depends_on = [istio_cacerts.this, istio_control_plane.this]
}
