resource "istio_cluster" "east" {
  name    = "east"
  network = "network1"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-east" }
  }
}

# Namespaces with the label istio.io/rev=prod follow the tag wherever it points.
resource "istio_revision_tag" "prod" {
  cluster  = istio_cluster.east.connection
  tag      = "prod"
  revision = "1-27-3"
}
