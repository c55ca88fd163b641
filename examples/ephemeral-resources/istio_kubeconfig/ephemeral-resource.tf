resource "istio_cluster" "east" {
  name = "east"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-east" }
  }
}

ephemeral "istio_kubeconfig" "deployer" {
  cluster         = istio_cluster.east.connection
  service_account = "deployer"
  namespace       = "ci"
}
