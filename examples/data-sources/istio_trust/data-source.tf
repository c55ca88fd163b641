resource "istio_cluster" "east" {
  name    = "east"
  network = "network1"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-east" }
  }
}

resource "istio_cluster" "west" {
  name    = "west"
  network = "network2"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-west" }
  }
}

data "istio_trust" "mesh" {
  clusters = {
    east = istio_cluster.east.connection
    west = istio_cluster.west.connection
  }
}

check "one_trust" {
  assert {
    condition     = data.istio_trust.mesh.consistent
    error_message = join("\n", data.istio_trust.mesh.problems)
  }
}
