resource "istio_cluster" "mgmt" {
  name = "mgmt"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-mgmt" }
  }
}

resource "mesh_workspace_settings" "bookinfo" {
  provider = istio

  cluster   = istio_cluster.mgmt.connection
  name      = "bookinfo"
  namespace = "bookinfo-frontends"

  import_from = [{
    workspaces = [{ name = "gateways" }]
  }]
  export_to = [{
    workspaces = [{ name = "gateways" }]
    resources  = [{ kind = "SERVICE", labels = { app = "productpage" } }, { kind = "ROUTE_TABLE" }]
  }]

  options = {
    service_isolation = { enabled = true, trim_proxy_config = true }
    federation        = { enabled = true, service_selector = [{ labels = { app = "reviews" } }] }
    east_west_gateways = [{
      selector = { labels = { istio = "eastwestgateway" } }
    }]
    virtual_dest_client_mode = "auto"
  }
}
