# What an IstioOperator says for the workload clusters of Gloo Mesh, as resources: istiod with
# its mesh configuration, and the two gateways that stand below components.ingressGateways.

provider "istio" {
  charts = {
    repository = var.chart_repository
  }
}

locals {
  agent = "gloo-mesh-agent.gloo-mesh:9977"

  # spec.hub and spec.tag
  images = var.image == null ? {} : { global = var.image }

  health_check = { name = "status-port", port = 15021 } # an ELB looks at the first port
  passthrough  = { name = "tls", port = 15443 }         # the name that Gloo Mesh looks for
}

resource "istio_cluster" "this" {
  for_each = var.clusters
  name     = each.key # values.global.multiCluster.clusterName
  network  = each.key # values.global.network
  existing = {
    kubeconfig = { path = each.value.kubeconfig, context = each.value.context }
  }
}

resource "istio_control_plane" "this" {
  for_each     = var.clusters
  cluster      = istio_cluster.this[each.key].connection
  version      = var.istio_version
  profile      = "minimal"
  trust_domain = each.key # meshConfig.trustDomain

  # meshConfig
  mesh_config = {
    accessLogFile = "/dev/stdout"
    defaultConfig = {
      holdApplicationUntilProxyStarts = true
      envoyMetricsService             = { address = local.agent }
      envoyAccessLogService           = { address = local.agent }
      proxyMetadata = {
        ISTIO_META_DNS_CAPTURE       = "true"
        ISTIO_META_DNS_AUTO_ALLOCATE = "true"
        GLOO_MESH_CLUSTER_NAME       = each.key
      }
    }
    outboundTrafficPolicy = { mode = "ALLOW_ANY" }
  }

  # components.pilot.k8s.env
  pilot_env = { PILOT_SKIP_VALIDATE_TRUST_DOMAIN = "true" }

  # values
  values = local.images
}

resource "istio_gateway" "ingress" {
  for_each      = var.clusters
  cluster       = istio_cluster.this[each.key].connection
  name          = "istio-ingressgateway"
  namespace     = "istio-system"
  control_plane = istio_control_plane.this[each.key].id

  ports = [
    local.health_check,
    { name = "http2", port = 80, target_port = 8080 },
    { name = "https", port = 443, target_port = 8443 },
    local.passthrough,
  ]
}

resource "istio_gateway" "east_west" {
  for_each      = var.clusters
  cluster       = istio_cluster.this[each.key].connection
  name          = "istio-eastwestgateway" # label istio=eastwestgateway, and selector, follow
  namespace     = "istio-system"
  control_plane = istio_control_plane.this[each.key].id
  direction     = "east-west"

  env   = { ISTIO_META_ROUTER_MODE = "sni-dnat" }
  ports = [local.health_check, local.passthrough]
}
