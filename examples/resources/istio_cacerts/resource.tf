resource "istio_cluster" "east" {
  name    = "east"
  network = "network1"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-east" }
  }
}

resource "istio_root_ca" "mesh" {
  common_name = "mesh root"
  storage = {
    secret = { cluster = istio_cluster.east.connection }
  }
}

resource "istio_cacerts" "east" {
  cluster      = istio_cluster.east.connection
  root         = istio_root_ca.mesh.signer
  validity     = "8760h"
  renew_before = "720h"
}
