resource "istio_cluster" "mgmt" {
  name = "mgmt"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-mgmt" }
  }
}

resource "mesh_workspace" "bookinfo" {
  provider = istio

  cluster = istio_cluster.mgmt.connection
  name    = "bookinfo"
  labels  = { team = "books" }

  workload_clusters = [
    {
      name       = "cluster-*"
      namespaces = [{ name = "bookinfo-*" }, { labels = { team = "books" } }]
    },
  ]
}
