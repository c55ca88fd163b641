variable "password" {
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

resource "istio_manifest" "settings" {
  cluster = istio_cluster.east.connection
  manifest = {
    apiVersion = "v1"
    kind       = "ConfigMap"
    metadata   = { name = "settings", namespace = "shop" }
    data       = { size = "large" }
  }
}

# Several objects at once: a namespace goes before what lives in it.
resource "istio_manifest" "shop" {
  cluster = istio_cluster.east.connection
  yaml    = <<-EOT
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: cart
      namespace: shop
    ---
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels:
        istio-injection: enabled
  EOT
  wait    = { ready = true }
}

# A Secret: neither state nor plan holds its data.
resource "istio_manifest" "login" {
  cluster = istio_cluster.east.connection
  manifest_wo = {
    apiVersion = "v1"
    kind       = "Secret"
    metadata   = { name = "login", namespace = "shop" }
    stringData = { password = var.password }
  }
  manifest_wo_version = 1
}
