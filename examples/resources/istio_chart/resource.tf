variable "grafana_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

resource "istio_cluster" "east" {
  name = "east"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-east" }
  }
}

# A chart of an HTTP repository. The constraint chooses a version once; it stays until
# the constraint changes.
resource "istio_chart" "metrics_server" {
  cluster   = istio_cluster.east.connection
  name      = "metrics-server"
  namespace = "kube-system"
  chart = {
    repository = "https://kubernetes-sigs.github.io/metrics-server"
    name       = "metrics-server"
    version    = "~3.13.0"
  }
  values = {
    replicas            = 2
    podDisruptionBudget = { enabled = true, minAvailable = 1 }
  }
}

# A password that neither state nor plan holds.
resource "istio_chart" "grafana" {
  cluster   = istio_cluster.east.connection
  name      = "grafana"
  namespace = "monitoring"
  chart = {
    repository = "https://grafana.github.io/helm-charts"
    name       = "grafana"
    version    = "10.1.2"
  }
  values            = { service = { type = "ClusterIP" } }
  values_wo         = { adminPassword = var.grafana_password }
  values_wo_version = 1
}

# A chart of an OCI registry, with values as YAML, such as `file("podinfo.yaml")` gives,
# and one on top.
resource "istio_chart" "podinfo" {
  cluster   = istio_cluster.east.connection
  name      = "podinfo"
  namespace = "podinfo"
  chart = {
    repository = "oci://ghcr.io/stefanprodan/charts"
    name       = "podinfo"
    version    = "6.9.2"
  }
  values_yaml = [<<-YAML
    replicaCount: 2
    ui:
      color: "#34577c"
  YAML
  ]
  set = [{ name = "ui.message", value = "Hello from ${istio_cluster.east.name}", type = "literal" }]
}
