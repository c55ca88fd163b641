data "istio_cluster" "west" {
  name    = "west"
  network = "network2"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-west" }
  }
}
