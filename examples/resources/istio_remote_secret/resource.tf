variable "kubeconfig" {
  type    = string
  default = "~/.kube/config"
}

resource "istio_cluster" "east" {
  name     = "east"
  network  = "network1"
  existing = { kubeconfig = { path = var.kubeconfig, context = "east" } }
}

resource "istio_cluster" "west" {
  name     = "west"
  network  = "network2"
  existing = { kubeconfig = { path = var.kubeconfig, context = "west" } }
}

# istiod of east watches west, with a token that does not expire ...
resource "istio_remote_secret" "east_sees_west" {
  cluster = istio_cluster.east.connection
  remote  = istio_cluster.west.connection
}

# ... and istiod of west watches east, with one that a plan renews in its last 30 days.
resource "istio_remote_secret" "west_sees_east" {
  cluster = istio_cluster.west.connection
  remote  = istio_cluster.east.connection
  token = {
    type         = "bound"
    validity     = "2160h"
    renew_before = "720h"
  }
}
