data "istio_cluster" "west" {
  name    = "west"
  network = "network2"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-west" }
  }
}

# An EKS cluster that is managed elsewhere.
data "istio_cluster" "north" {
  name    = "north"
  network = "network3"
  eks     = { cluster_name = "north", region = "eu-west-1" }
}
