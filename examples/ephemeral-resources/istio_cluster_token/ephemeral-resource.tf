resource "istio_cluster" "east" {
  name = "east"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-east" }
  }
}

ephemeral "istio_cluster_token" "deployer" {
  cluster         = istio_cluster.east.connection
  service_account = "deployer"
  namespace       = "ci"
  validity        = "30m"
}
